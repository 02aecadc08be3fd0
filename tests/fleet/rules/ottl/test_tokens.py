import pytest

from reconciler.fleet.rules.ottl import tokens
from reconciler.fleet.rules.ottl.tokens import NoTokensError


def kinds(source: str) -> list[str]:
    return [token.kind for token in tokens.cut(source)]


def test_a_statement_is_cut_as_the_collector_cuts_it() -> None:
    assert kinds('set(attributes["a"], 1.5) where not IsMatch(name, "b")') == [
        *("lower", "(", "lower", "[", "string", "]", ",", "float", ")", "lower"),
        *("not", "upper", "lower", "upper", "lower", "(", "lower", ",", "string", ")"),
        "end",
    ]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("0xab", "bytes"),
        (".5e-3", "float"),
        ("12", "int"),
        ('"a\\"b"', "string"),
        ("nil", "nil"),
        ("nilly", "lower"),
        ("order", "lower"),
        ("and", "and"),
        (">=", "comparison"),
        ("-", "sign"),
        ("/", "factor"),
        ("true", "boolean"),
        ("=", "equal"),
        ("STATUS_CODE_OK", "upper"),
    ],
)
def test_each_kind_of_token(source: str, kind: str) -> None:
    assert kinds(source) == [kind, "end"]


def test_tokens_know_where_they_begin() -> None:
    assert [token.start for token in tokens.cut("a  == b")] == [0, 3, 6, 7]


@pytest.mark.parametrize("inside", [r"\n\t\\", r"\x41", r"\u0041", r"\101", "ü", ""])
def test_escapes_that_go_knows(inside: str) -> None:
    assert kinds(f'"{inside}"') == ["string", "end"]


@pytest.mark.parametrize("inside", [r"\d+", r"\.", r"\'", r"\x4", r"\u41", "a\nb"])
def test_escapes_that_it_does_not_know_come_with_a_hint(inside: str) -> None:
    with pytest.raises(NoTokensError) as raised:
        tokens.cut(f'set(a, "{inside}")')
    assert raised.value.message == "a text has an escape that Go does not know"
    assert raised.value.start == 7
    assert raised.value.hint is not None


@pytest.mark.parametrize(
    ("source", "message", "start"),
    [
        ('a == "b', "a text has no end in OTTL", 5),
        ("a == 'b'", "a character means nothing in OTTL", 5),
        ("a % b", "a character means nothing in OTTL", 2),
    ],
)
def test_what_begins_no_token(source: str, message: str, start: int) -> None:
    with pytest.raises(NoTokensError) as raised:
        tokens.cut(source)
    assert (raised.value.message, raised.value.start) == (message, start)
