import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.rules import traps
from tests.fleet.trees import read


def found(text: str) -> list[str]:
    tree = read(text, "c.yaml")
    return [str(one) for one in traps.check(tree, {"c.yaml": text.encode()})]


@pytest.mark.parametrize(
    ("text", "own", "other"),
    [
        ("on", "text", "true"),
        ("yes", "text", "true"),
        ("Off", "text", "false"),
        ("NO", "text", "false"),
        ("22:22", "text", "a number to the base of 60"),
        ("1:30:00", "text", "a number to the base of 60"),
        ("0o14", "the number 12", "text"),
        ("1e3", "the number 1000.0", "text"),
        ("2E-3", "the number 0.002", "text"),
    ],
)
@pytest.mark.parametrize(
    "form", ["a: {}\n", "a: [x, {}]\n", "a: &x {}\n", "{{a: {}}}\n"]
)
def test_what_two_readers_read_apart_is_told(
    text: str, own: str, other: str, form: str
) -> None:
    (line,) = found(form.format(text))
    assert line.partition(": ")[2] == (
        f"warning W060: `{text}` is {own} to the Collector, and {other} to YAML 1.1"
    )


@pytest.mark.parametrize("text", ["2026-03-31", "2026-03-31T10:00:00Z"])
def test_a_date_is_told(text: str) -> None:
    (line,) = found(f"a: {text}\n")
    assert line.startswith("c.yaml:1:4: warning W060: `2026-03-31")
    assert "is a time to the Collector" in line


@pytest.mark.parametrize(
    ("text", "value"), [("0750", "octal, so that it is 488"), ("0129", "129.0")]
)
def test_a_leading_zero_is_told_with_what_the_collector_reads(
    text: str, value: str
) -> None:
    (line,) = found(f"a: {text}\n")
    assert line.endswith(f"W062: the Collector reads `{text}` as {value}")


@pytest.mark.parametrize(
    "text",
    [
        "'on'",
        '"22:22"',
        "!!str on",
        "|\n  on",
        ">-\n  on",
        "'2026-03-31'",
        "true",
        "null",
        "~",
        "onward",
        "y",
        "0",
        "-0",
        "0.5",
        "00",
        "10s",
        "1.5e+3",
        "1000",
        "0x1f",
        "localhost:4317",
        "12:345",
    ],
    ids=str,
)
def test_what_all_read_alike_is_left_alone(text: str) -> None:
    assert found(f"a: {text}\n") == []


def test_a_value_that_is_used_twice_is_told_once() -> None:
    assert len(found("a: &x on\nb: *x\n")) == 1


def test_a_value_of_a_file_that_nobody_has_is_passed_over() -> None:
    tree = read("a: on\n", "c.yaml")
    assert list(traps.check(tree, {})) == []
    assert list(traps.check(tree, {"c.yaml": b"\xff"})) == []
    assert list(traps.check(tree, {"c.yaml": b""})) == []


def test_a_hint_shows_both_ways_out() -> None:
    (word,) = traps.check(read("a: on\n", "c.yaml"), {"c.yaml": b"a: on\n"})
    assert word.hint == 'quote it: "on", or write `true`'
    (number,) = traps.check(read("a: 0750\n", "c.yaml"), {"c.yaml": b"a: 0750\n"})
    assert number.hint == 'write 488, or quote it if text is meant: "0750"'


@given(st.text(alphabet="on:0eE-_'\"#&!{}[], \n", max_size=20))
def test_no_source_is_too_odd_to_be_looked_at(text: str) -> None:
    tree = read("a: on\nb: 0750\n", "c.yaml")
    list(traps.check(tree, {"c.yaml": text.encode()}))


def test_the_value_of_a_secret_is_never_quoted() -> None:
    assert found("password: 0750\n") == []
    assert found("headers: {authorization: 22:22}\n") == []
