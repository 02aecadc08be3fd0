import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.rules import expansions


def found(text: str) -> list[tuple[str, str | None, str]]:
    return [(one.text, one.scheme, one.opaque) for one in expansions.find(text)]


@pytest.mark.parametrize(
    ("text", "scheme", "opaque"),
    [
        ("${NAME}", "env", "NAME"),
        ("${env:NAME}", "env", "NAME"),
        ("${env:NAME:-a:b}", "env", "NAME:-a:b"),
        ("${file:/etc/a b}", "file", "/etc/a b"),
        ("${}", "env", ""),
        ("${NAME:-x}", "NAME", "-x"),
        ("${1:x}", None, "x"),
        ("${a:x}", None, "x"),
        ("${:-x}", None, "-x"),
        ("${yaml:[1,\n2]}", "yaml", "[1,\n2]"),
    ],
    ids=str,
)
def test_it_has_a_scheme_and_what_follows(
    text: str, scheme: str | None, opaque: str
) -> None:
    assert found(f"a {text} b") == [(text, scheme, opaque)]


@pytest.mark.parametrize(
    "text", ["", "$NAME", "$1", "${NAME", "NAME}", "$${NAME}", "$$${NAME", "} ${"]
)
def test_other_dollars_are_text(text: str) -> None:
    assert found(text) == []


def test_an_even_run_of_dollars_does_not_escape() -> None:
    assert found("$$${NAME}") == [("${NAME}", "env", "NAME")]
    assert found("$$$${NAME}") == []


def test_several_are_found_in_the_order_of_expanding() -> None:
    assert [text for text, _, _ in found("${A}-${B}")] == ["${A}", "${B}"]
    assert [text for text, _, _ in found("} ${A}")] == ["${A}"]


def test_the_same_twice_is_expanded_once() -> None:
    assert len(found("${A}${A}")) == 1


def test_inner_ones_come_first_and_leave_the_outer_one_unknown() -> None:
    inner, outer = expansions.find("${file:${env:DIR}/x}")
    assert (inner.text, inner.is_known) == ("${env:DIR}", True)
    assert (outer.text, outer.is_known) == ("${file:.../x}", False)


def test_an_escaped_one_ends_the_search_and_leaves_the_rest_as_text() -> None:
    assert [text for text, _, _ in found("${A} $${B} ${C}")] == ["${A}"]
    assert [one.text for one in expansions.left("${A} $${B} ${C}")] == ["${C}"]


@pytest.mark.parametrize("text", ["", "${A}", "$${A}", "${A} $${B}", "$${A} $${B}"])
def test_where_nothing_follows_an_escaped_one_nothing_is_left(text: str) -> None:
    assert list(expansions.left(text)) == []


@given(st.text(alphabet="${}:aA1 -"))
def test_every_one_of_any_text_is_found_in_bounded_time(text: str) -> None:
    ones = list(expansions.find(text))
    assert len(ones) <= min(text.count("}"), expansions.MOST)
    assert all(one.text.startswith("${") and one.text.endswith("}") for one in ones)
