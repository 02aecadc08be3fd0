import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.rules.ottl import grammar


@pytest.mark.parametrize(
    "source",
    [
        'set(attributes["a"], "b")',
        "set(span.status.code, STATUS_CODE_ERROR)",
        'set(attributes["a"], attributes["b"]["c"][0]) where name == nil',
        'set(attributes["a"], -1 + 2 * (3 - x) / 1.5)',
        'set(attributes["a"], 1) where not (IsMatch(name, "a.*") or true) and b != 0',
        'set(attributes["a"], {"x": 1, "y": [1, "z"], "e": {}})',
        'set(a, Substring(Split(body, ",")[0], 0, 1 + 2))',
        'replace_pattern(a, "x", "y", function=SHA256, replacement_format="z")',
        'replace_all_patterns(attributes, "key", "a\\\\d+", "b")',
        "keep_keys(attributes, [])",
        "set(a, 0xab) where (b == 1)",
        "drop()",
        "route() where true",
        'set(a, Concat([b, "c"], SHA1(d)))',
    ],
)
def test_statements(source: str) -> None:
    assert grammar.statement(source) is None


@pytest.mark.parametrize(
    "source",
    [
        'attributes["a"] == "b"',
        "not true",
        'IsMatch(name, "x")',
        "(1 < 2) and (2 >= a or false)",
        "((a == b))",
        "A(1) + 1 == 2 * B()",
        'resource.attributes["k"] != nil or IsMap(body) and body["x"] == 1',
    ],
)
def test_conditions(source: str) -> None:
    assert grammar.condition(source) is None


@pytest.mark.parametrize(
    ("source", "message", "start"),
    [
        ("", "more is expected", 0),
        ("set(a, 1", "more is expected", 8),
        ("set(a, 1) x", "`x` is not expected", 10),
        ("set(a,, 1)", "`,` is not expected", 6),
        ("set a", "more is expected", 5),
        ("set(a, 1) where", "more is expected", 15),
        ("set(a, 1) where b", "more is expected", 17),
        ("set(a, 1) where b = 2", "`=` is not expected", 18),
        ("set(ParseJSON(a).b, 1)", "`.` is not expected", 16),
        ('set(a, 1) "b"', "a text is not expected", 10),
        ("set(a, 1))", "`)` is not expected", 9),
        ("1", "`1` is not expected", 0),
        (r'set(a, "\d")', "a text has an escape that Go does not know", 7),
        (
            'set(log.attribtes["a"], 1)',
            "there is no field `attribtes`",
            8,
        ),
        ("set(a, ParseJson(b))", "there is no function `ParseJson`", 7),
        ("replace_patern(a, b)", "there is no function `replace_patern`", 0),
        (
            "Set(a, 1)",
            "the name of the editor here must begin in lower case",
            0,
        ),
        (
            "set(a, concat(b))",
            "the name of the converter here must begin in upper case",
            7,
        ),
        (
            "set(a, 1) where isMatch(b)",
            "the name of the converter here must begin in upper case",
            16,
        ),
    ],
)
def test_what_is_no_statement(source: str, message: str, start: int) -> None:
    fault = grammar.statement(source)
    assert fault is not None
    assert (fault.message, fault.start) == (message, start)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("set(a, 1)", "the name of the converter here must begin in upper case"),
        ("a == b == c", "`==` is not expected"),
        ("a and", "`and` is not expected"),
        ('a == "b" where c == d', "`where` is not expected"),
    ],
)
def test_what_is_no_condition(source: str, message: str) -> None:
    fault = grammar.condition(source)
    assert fault is not None
    assert fault.message == message


def test_a_text_is_never_shown() -> None:
    fault = grammar.condition('a == b "hunter2"')
    assert fault is not None
    assert "hunter2" not in fault.message


@pytest.mark.parametrize(
    "source",
    [
        "set(a, " + "A(" * 39 + "1" + ") + 1" * 39 + ")",
        "set(a, " + "(" * 5_000 + ")" * 5_000,
        "set(a, " + "[" * 39 + "]" * 39 + ")",
        "set(a, 1) where " + "(" * 38 + "b == 1" + ")" * 38,
        "set(a, " + "1 + " * 2_000 + "1)",
        "x" * 20_000,
    ],
)
def test_what_would_take_too_long_is_not_judged(source: str) -> None:
    started = time.process_time()
    grammar.statement(source)
    assert time.process_time() - started < 1


@given(st.text(alphabet='aA1"\\.,()[]{}=<>+-*/ andortuefilw', max_size=40))
def test_nothing_else_ever_comes_of_a_text(source: str) -> None:
    for judge in (grammar.statement, grammar.condition):
        fault = judge(source)
        assert fault is None or 0 <= fault.start <= len(source)


@pytest.mark.parametrize(
    "source",
    [
        'set(log.attributes["a"], resource.attributes["b"]) where log.body != nil',
        'replace_pattern(log.body, "a", "b", function=SHA256)',
        "set(scope.name, Concat([span.name], SHA1(1)))",
        "limit(log.attributes, 100, [])",
    ],
)
def test_paths_that_begin_with_their_context(source: str) -> None:
    assert grammar.in_context(grammar.statement, source) is None


@pytest.mark.parametrize(
    ("source", "bare", "start"),
    [
        ('set(attributes["a"], 1)', "attributes", 4),
        ("set(log.body, name)", "name", 14),
        ("set(body.string, 1)", "body", 4),
        ("set(log.body, 1) where cache == nil", "cache", 23),
    ],
)
def test_paths_that_do_not(source: str, bare: str, start: int) -> None:
    fault = grammar.in_context(grammar.statement, source)
    assert fault is not None
    assert (fault.message, fault.start) == (f"`{bare}` has no context", start)
    assert fault.hint is not None


def test_what_is_no_ottl_is_told_first() -> None:
    fault = grammar.in_context(grammar.condition, "a =")
    assert fault == grammar.condition("a =")
