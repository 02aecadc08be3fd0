import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.findings import Severity
from reconciler.fleet.syntax import blanks


def places(text: str) -> list[tuple[int, int]]:
    found = [one.where for one in blanks.check(text.encode(), "a.yaml")]
    return [(where.line, where.column) for where in found]


@pytest.mark.parametrize("odd", ["\u00a0", "\u3000", "\u200b", "\u2007", "\u00ad"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("receivers:@\n", (1, 11)),
        ("receivers:\n@@otlp:\n", (2, 1)),
        ("receivers:\n @otlp:\n", (2, 2)),
        ("receivers@:\n", (1, 10)),
        ("a: b@\n", (1, 5)),
        ("a: b@ # why\n", (1, 5)),
        ("a: b@# why\n", (1, 5)),
        ("a:@b\n", (1, 3)),
        ("a: x:@b\n", (1, 6)),
        ("-@a\n", (1, 2)),
        ("a: @b\n", (1, 4)),
        ("a: [b@, c]\n", (1, 6)),
        ("a: {b: c, @d: e}\n", (1, 11)),
    ],
)
def test_where_a_space_would_mean_something_one_is_named(
    text: str, place: tuple[int, int], odd: str
) -> None:
    assert places(text.replace("@", odd)) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "a: 10\u00a0000 euros\n",
        "a: 'b\u00a0'\n",
        'a: "\u00a0b\u200b"\n',
        "a: |\n  b\u00a0\n  \u00a0c\n",
        "a: b # c\u00a0\n",
        "# \u00a0c\na: b\n",
        "a: ไทย\u200bไทย\n",
        "a: 👩\u200d🚀 x\n",
        "\ufeffa: b\n",
        "a: é\n",
    ],
)
def test_where_it_may_well_be_meant_none_is(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize("odd", ["\u200b", "\u200d", "\u00ad", "\u202e", "\ufeff"])
def test_one_without_width_in_a_word_of_plain_letters_is_named(odd: str) -> None:
    assert places(f"a: gate{odd}way\n") == [(1, 8)]
    assert places(f"gate{odd}way: a\n") == [(1, 5)]


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029"])
def test_a_line_break_that_most_editors_do_not_show_is_named(odd: str) -> None:
    assert places(f"a: b{odd}c: d\n") == [(1, 5)]
    assert places(f"a: b # c{odd}d: e\n") == [(1, 9)]
    assert places(f"a: b c{odd} d\n") == [(1, 7)]
    assert places(f"a: 'b{odd}c'\n") == []


def test_before_a_fault_of_the_syntax_they_are_named_all_the_same() -> None:
    text = "a:\n  b: 1\n\u2003 c:\n   d: 1\n  e: 1\n"
    assert places(text) == [(3, 1)]


def test_a_finding_says_what_it_is_and_what_to_do_and_no_value() -> None:
    (found,) = blanks.check("a: hunter2\u00a0\n".encode(), "a.yaml")
    assert (found.rule, found.severity) == ("W063", Severity.WARNING)
    assert found.where == Where("a.yaml", 1, 11)
    assert found.message == (
        "U+00A0, a no-break space, is a part of the text here: YAML takes it for a "
        "letter, and no space"
    )
    assert found.hint == "write a plain space, or put the text in quotes if it is meant"


def test_a_copied_page_is_told_of_by_its_first_lines() -> None:
    text = "".join(f"\u00a0a{number}: 1\n" for number in range(100))
    assert len(places(text)) == blanks.MOST


@given(st.text(alphabet="a:- #'\"|\n\u00a0\u200b\u2028\x85\ufeff\x00é[]{},"))
def test_any_text_is_looked_at_and_every_place_holds_one(text: str) -> None:
    for line, column in places(text):
        lines = text.removeprefix("\ufeff").split("\n")
        assert lines[line - 1][column - 1] in "\u00a0\u200b\u2028\x85\ufeff"
