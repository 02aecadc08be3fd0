import pytest
from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.events import StreamEndEvent

from reconciler.errors import Where
from reconciler.fleet.findings import Finding
from reconciler.fleet.syntax import mistakes as syntax


def parse(text: str) -> None:
    parser = CParser(text)
    while not isinstance(parser.get_event(), StreamEndEvent):
        pass


def finding(text: str) -> Finding:
    with pytest.raises(MarkedYAMLError) as raised:
        parse(text)
    return syntax.finding(raised.value, text, "c.yaml")


def place(text: str) -> tuple[int | None, int | None]:
    where = finding(text).where
    assert where is not None
    return where.line, where.column


def test_a_fault_stands_where_the_parser_met_it() -> None:
    found = finding("a: b\nc: 'd' e\n")
    assert (found.rule, found.severity) == ("E001", "error")
    assert found.where == Where("c.yaml", 2, 8)
    assert found.message.startswith("not YAML: while parsing a block mapping")
    assert found.hint is None


@pytest.mark.parametrize("text", ["a: @b\n", "a:\n\tb: 1\n"])
def test_what_may_be_a_tab_or_lack_quotes_comes_with_a_hint(text: str) -> None:
    hint = "quote the text, or indent with spaces if this is a tab"
    assert finding(text).hint == hint


@pytest.mark.parametrize(
    ("text", "where", "name"),
    [
        ("receivers:\u00a0\n  otlp:\n", (1, 11), "U+00A0, a no-break space"),
        ("a: 1\nb:\u3000c\nd: 1\n", (2, 3), "U+3000, an ideographic space"),
        ("a: 'x'\u2007\nb: 1\n", (1, 7), "U+2007, a figure space"),
        ("a: |\u200b\n  x\n", (1, 5), "U+200B, a zero width space"),
        ("a: [b]\u00ad\n", (1, 7), "U+00AD, a soft hyphen"),
        ("a: b\u2028  c: d\n", (1, 5), "U+2028, a line separator"),
        ("a: b\x85  c: d\n", (1, 5), "U+0085, a next line character"),
    ],
)
def test_a_character_that_nobody_sees_is_named_with_its_column(
    text: str, where: tuple[int, int], name: str
) -> None:
    found = finding(text)
    assert found.message.endswith(f"; {name}, stands in column {where[1]} of the line")
    assert place(text) == where
    assert found.hint


def test_without_a_mark_the_whole_file_is_meant() -> None:
    found = syntax.finding(MarkedYAMLError(problem="odd"), "", "c.yaml")
    assert found.where == Where("c.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b: 'c\n  d: 1\n",
        "a:\n  b: 'c\n  d: 'e'\n",
        'a:\n  b: "c\n  d:\n    - 1\n    - "e"\n',
    ],
)
def test_a_quote_without_end_is_shown_where_it_opens(text: str) -> None:
    assert place(text) == (2, 6)
    assert finding(text).hint == "is the quote that opens here closed?"


def test_so_is_one_of_an_item() -> None:
    assert place("a:\n  - 'b\n  - 'c'\n") == (2, 5)


@pytest.mark.parametrize("text", ["a:\n  b: [c\nd: 1\n", "a:\n  b: {c: 1\n  d: 2\n"])
def test_a_bracket_without_end_is_shown_where_it_opens(text: str) -> None:
    assert place(text) == (2, 6)
    assert finding(text).hint == "is the bracket that opens here closed?"


def test_a_comma_missing_among_lines_in_brackets_is_shown_there() -> None:
    assert place("a: [\n  'b'\n  'c'\n]\n") == (3, 3)
    assert place("a: ['b' 'c']\n") == (1, 9)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb c\nd: 2\n",
        "a: 1\nb:c\nd: 2\n",
        "a:\n  x: 1\nb\n  c: 1\n",
        "a: 1\n\nb\n# more\n  c:\n    d: 1\n",
    ],
)
def test_a_key_without_its_colon_is_shown_and_not_the_next_line(text: str) -> None:
    found = finding(text)
    assert found.where is not None
    assert text.splitlines()[(found.where.line or 0) - 1].startswith("b")
    assert found.hint == "is a `:` missing, or the space after it?"


@pytest.mark.parametrize(
    "odd",
    [
        "a:\n  b:\n     c: 1\n    d: 2\n  e:\n    f: 3\n",
        "a:\n  b: 1\n   c: 2\n  d: 3\n",
        "a:\n   b:\n    c: 2\n  d:\n    e: 3\n  f:\n    g: 3\n",
        "a:\n - b: 1\n    c: 2\nd:\n  e:\n    f: 1\n    g: 2\n",
    ],
)
def test_of_lines_that_do_not_fit_the_oddly_indented_one_is_shown(odd: str) -> None:
    found = finding(odd)
    assert found.where is not None
    line = odd.splitlines()[(found.where.line or 0) - 1]
    assert (len(line) - len(line.lstrip())) % 2 == 1


def test_a_key_that_became_an_item_is_shown() -> None:
    text = "protocols:\n  - grpc:\n      endpoint: a\n  http:\n"
    assert place(text) == (2, 3)
    assert finding(text).hint == "is this line an item of a list?"


def test_a_key_that_should_belong_to_an_item_is_shown() -> None:
    assert place("actions:\n  - key: a\n  action: b\n") == (3, 3)
