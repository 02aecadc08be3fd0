import pytest

from reconciler.errors import Where
from reconciler.fleet.rules import ids
from tests.fleet.trees import read

HERE = Where("c.yaml", 1, 1)


def messages(key: str) -> list[str]:
    return [found.message for found in ids.check_id(key, HERE, "receivers")]


@pytest.mark.parametrize(
    "key",
    [
        "otlp",
        "otlp/a",
        "otlp / a",
        " otlp ",
        "a_1/b",
        "otlp/a/b",
        "otlp/a.b-c",
        "o" * 63,
        "otlp/" + "n" * 1024,
        "otlp/ü",
    ],
)
def test_ids_that_the_collector_reads(key: str) -> None:
    assert messages(key) == []


@pytest.mark.parametrize(
    "key", ["", "/a", "_nop", "1otlp", "otlp-x", "ot lp", "ötlp", "o" * 64, "otlp.x"]
)
def test_a_type_is_a_letter_and_then_letters_digits_and_underscores(key: str) -> None:
    assert messages(key) == [f"`{key}` in `receivers` is no id of a component"]
    assert not ids.is_type(key)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("a b", "holds a space"),
        ("a+b", "holds `+`, a symbol or control"),
        ("a\tb", "holds `?`, a symbol or control"),
        ("n" * 1025, "is longer than 1024 characters"),
        ("ü" * 600, "is longer than 1024 characters"),
    ],
)
def test_a_name_has_no_spaces_and_no_symbols(name: str, fault: str) -> None:
    (message,) = messages(f"otlp/{name}")
    shown = message if len(name) < 100 else fault
    assert fault in shown


def test_a_character_that_unicode_has_not_named_yet_may_be_newer_than_our_tables() -> (
    None
):
    assert messages("otlp/a\u0378") == []


def test_spaces_around_the_slash_do_not_make_another_id() -> None:
    (found,) = ids.check(read("otlp/a: \nnop: \n'otlp / a': \n"), "receivers")
    assert found.rule == "E002"
    assert (
        found.message
        == "`receivers` has `otlp/a` twice: spaces around `/` do not count"
    )
    assert found.hint == "the other is on line 1; give one another name"
    assert (found.where.line, found.also) == (3, (Where("tree.yaml", 1, 1),))
