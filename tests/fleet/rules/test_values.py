import pytest

from reconciler.fleet.catalogue.model import Shape
from reconciler.fleet.rules import values
from reconciler.fleet.syntax.nodes import Node, Timestamp
from tests.fleet.trees import node_of


@pytest.mark.parametrize(
    "text", ["0", "10s", "1h2m3s", "1.5s", ".5s", "1.s", "-1s", "+1m", "10µs", "3ns"]
)
def test_durations_that_go_reads(text: str) -> None:
    assert values.is_duration(text)


@pytest.mark.parametrize(
    "text", ["", "10", "s", "often", "10 s", "1d", "1s ", "1s2", "-"]
)
def test_durations_that_go_does_not_read(text: str) -> None:
    assert not values.is_duration(text)


@pytest.mark.parametrize(
    ("value", "shape", "word"),
    [
        (None, Shape.INT, "null"),
        (True, Shape.STRING, "bool"),
        (7, Shape.STRING, "number"),
        (-7, Shape.INT, "negative"),
        (-7, Shape.STRING, "number"),
        (1.5, Shape.INT, "float"),
        (2.0, Shape.INT, "number"),
        ([], Shape.INT, "list"),
        ({}, Shape.INT, "map"),
        (Timestamp("2001-01-01"), Shape.STRING, "timestamp"),
        ("7", Shape.INT, "quoted-number"),
        ("0x1F", Shape.FLOAT, "quoted-number"),
        ("7", Shape.LIST, "text"),
        ("true", Shape.BOOL, "quoted-bool"),
        ("yes", Shape.BOOL, "text"),
        ("words", Shape.INT, "text"),
        ("10s", Shape.DURATION, "duration"),
        ("10", Shape.DURATION, "malformed"),
    ],
)
def test_a_value_has_the_word_that_the_catalogue_has_for_it(
    value: object, shape: Shape, word: str
) -> None:
    assert values.word(node_of(value), shape) == word


@pytest.mark.parametrize(
    ("value", "shape", "described", "hint"),
    [
        ("secret", Shape.INT, "text", None),
        ("7", Shape.INT, "a number in quotes", "take the quotes away"),
        ("true", Shape.BOOL, "true or false in quotes", "take the quotes away"),
        (-7, Shape.INT, "a negative number", None),
        (7, Shape.STRING, "a number", "put it in quotes"),
        (True, Shape.STRING, "true or false", "put it in quotes"),
        (Timestamp("2001-01-01"), Shape.STRING, "a date", "put it in quotes"),
        ("often", Shape.DURATION, "text", "write it as `10s` or `1m30s`"),
        ([], Shape.STRING, "a list", None),
    ],
)
def test_a_value_is_described_without_showing_it(
    value: object, shape: Shape, described: str, hint: str | None
) -> None:
    node: Node = node_of(value)
    assert values.described(node, shape) == described
    assert values.hint(node, shape) == hint
