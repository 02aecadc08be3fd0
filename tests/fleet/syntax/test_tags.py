import pytest
from yaml import parse
from yaml.events import CollectionStartEvent, ScalarEvent

from reconciler.fleet.syntax import tags
from reconciler.fleet.syntax.nodes import ScalarValue


def scalar(text: str) -> ScalarEvent:
    return next(one for one in parse(text) if isinstance(one, ScalarEvent))


def collection(text: str) -> CollectionStartEvent:
    return next(one for one in parse(text) if isinstance(one, CollectionStartEvent))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("'12'", "12"),
        ("! 12", 12),
        ("! '12'", "12"),
        ("!!str 12", "12"),
        ("!!float 1", 1.0),
        ("!!int '3'", 3),
        ("!!null ''", None),
    ],
)
def test_tags_of_yaml_itself_are_followed(text: str, value: ScalarValue) -> None:
    found = tags.resolve(scalar(text))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", ["!env X", "!!binary aGk=", "!!set x"])
def test_tags_of_others_are_disliked(text: str) -> None:
    with pytest.raises(tags.Disliked, match="cannot be used here"):
        tags.resolve(scalar(text))


def test_a_tag_that_does_not_fit_is_worse_than_disliked() -> None:
    with pytest.raises(tags.Refused) as raised:
        tags.resolve(scalar("!!int words"))
    assert not isinstance(raised.value, tags.Disliked)
    assert "words" not in raised.value.message


@pytest.mark.parametrize(("text", "own"), [("[a]", "seq"), ("!!seq [a]", "seq")])
def test_a_list_may_be_tagged_as_one(text: str, own: str) -> None:
    tags.check(collection(text), own)


@pytest.mark.parametrize("text", ["!!set {a}", "!!seq {a: b}", "!mine {a: b}"])
def test_a_mapping_tagged_as_something_else_is_disliked(text: str) -> None:
    with pytest.raises(tags.Disliked):
        tags.check(collection(text), "map")


@pytest.mark.parametrize(
    ("text", "refused"),
    [(r'"a\/b"', True), (r'"a\\/b"', False), ('"a/b"', False), (r"'a\/b'", False)],
)
def test_a_slash_is_not_escaped(text: str, *, refused: bool) -> None:
    if not refused:
        tags.check_escapes(scalar(text), text)
        return
    with pytest.raises(tags.Refused, match="does not know the escape"):
        tags.check_escapes(scalar(text), text)


@pytest.mark.parametrize(
    ("text", "refused"), [("a?b", True), ("'a?b'", False), ("ab", False)]
)
def test_a_question_mark_needs_quotes_in_brackets(text: str, *, refused: bool) -> None:
    if not refused:
        tags.check_question_mark(scalar(text))
        return
    with pytest.raises(tags.Refused, match="without quotes"):
        tags.check_question_mark(scalar(text))
