import pytest

from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import goyaml
from reconciler.fleet.syntax.nodes import plain


def read(text: str | bytes) -> object:
    content = text.encode() if isinstance(text, str) else text
    document, _ = goyaml.read(content, "c.yaml")
    return None if document is None else plain(document)


def noticed(text: str) -> list[str]:
    _, found = goyaml.read(text.encode(), "c.yaml")
    return [str(one) for one in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\n", {"a": 1}),
        ('{"a": {"b": [1, true, null]}}', {"a": {"b": [1, True, None]}}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("\ufeffa: 1\n", {"a": 1}),
        ("---\na: 1\n...\n", {"a": 1}),
        (
            "base: &b {x: 1}\na: {<<: *b, y: 2}\n",
            {"base": {"x": 1}, "a": {"x": 1, "y": 2}},
        ),
        ("", None),
        ("# nothing\n", None),
    ],
)
def test_what_a_fleet_repo_takes_is_taken_without_a_word(
    text: str, value: object
) -> None:
    assert read(text) == value
    assert noticed(text) == []


@pytest.mark.parametrize(
    ("text", "value", "warning"),
    [
        ("8080: x\n", {"8080": "x"}, "1:1: warning E001: the key `8080` is not text"),
        ("true: x\n", {"true": "x"}, "1:1: warning E001: the key `true` is not text"),
        (
            "a: !env X\n",
            {"a": "X"},
            "1:4: warning E001: the tag `!env` cannot be used here",
        ),
        (
            "a: !!set {b, c}\n",
            {"a": {"b": None, "c": None}},
            "1:4: warning E001: the tag `!!set` cannot be used here",
        ),
        (
            "a: &k x\n*k : y\n",
            {"a": "x", "x": "y"},
            "2:1: warning E001: a key that is an alias is hard to find",
        ),
        (
            "a: 1\n---\nb: 2\n",
            {"a": 1},
            (
                "2:1: warning E001: the Collector reads the first document of a file; "
                "this one is lost"
            ),
        ),
    ],
)
def test_what_only_a_fleet_repo_refuses_is_taken_with_a_warning(
    text: str, value: object, warning: str
) -> None:
    assert read(text) == value
    assert noticed(text) == [f"c.yaml:{warning}"]


@pytest.mark.parametrize(
    "second", ["b: [\n", "b: 1\nb: 2\n", "\tb: 1\n", "*nobody\n", "b: @\n"]
)
def test_nobody_looks_at_the_faults_of_a_second_document(second: str) -> None:
    assert read(f"a: 1\n---\n{second}") == {"a": 1}


def test_a_byte_order_mark_inside_means_nothing() -> None:
    assert read("a: 1 # \ufeff\nb: 2\n") == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "a: 1\na: 2\n",
            "c.yaml:2:1: error E002: the key `a` was already given on line 1",
        ),
        (
            "? [a]\n: b\n",
            (
                "c.yaml:1:3: error E001: a key must be text, not an alias, a list or a "
                "mapping"
            ),
        ),
        (
            "a: &k [1]\n*k : y\n",
            "c.yaml:2:1: error E001: a key must be text, not a list or a mapping",
        ),
        (
            "a: !!int abc\n",
            "c.yaml:1:4: error E001: this text cannot be read as `!!int`",
        ),
        (
            "a: [http://b/?c=d]\n",
            (
                "c.yaml:1:5: error E001: a text in `[]` or `{}` cannot hold a `?` "
                "without quotes"
            ),
        ),
    ],
)
def test_what_the_collector_refuses_is_refused(text: str, line: str) -> None:
    with pytest.raises(Fault) as raised:
        read(text)
    assert line in [str(one) for one in raised.value.findings]


def test_a_single_quote_may_be_escaped_between_double_quotes() -> None:
    assert read("a: \"it\\'s \\\\'x\\'\"\nb: 'c\\'\n") == {
        "a": "it's \\'x'",
        "b": "c\\",
    }
    with pytest.raises(Fault, match="unknown escape"):
        read('a: "\\q"\n')


def test_escapes_without_end_or_too_deep_are_refused_in_time() -> None:
    with pytest.raises(Fault, match="unknown escape"):
        read('a: "' + "\\'" * 10_000 + '"')
    with pytest.raises(Fault, match="levels of nesting"):
        read("[" * 100_000 + '"\\\'"')


def test_tabs_and_other_bad_syntax_stand_in_their_place() -> None:
    with pytest.raises(Fault) as raised:
        read("a:\n\tb: 1\n")
    assert raised.value.where is not None
    assert raised.value.where.line == 2


def test_large_files_are_read_since_nobody_sends_them_to_a_server() -> None:
    text = "a:\n" + "".join(f"- {number} some words\n" for number in range(60_000))
    document = read(text)
    assert isinstance(document, dict)
    assert len(document["a"]) == 60_000


def test_there_is_an_end_to_it_all_the_same() -> None:
    with pytest.raises(Fault, match="levels of nesting"):
        read("[" * 200 + "]" * 200)
    with pytest.raises(Fault, match="the cap is 16,777,216"):
        read(b"#" * (16 * 1024 * 1024 + 1))
