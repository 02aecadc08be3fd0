import pytest
from hypothesis import given

from reconciler.errors import Where
from reconciler.fleet.syntax import nodes
from reconciler.fleet.syntax.nodes import Scalar, Text, Timestamp, plain, same
from tests.fleet.trees import HERE, node_of, read, tables, values

THERE = Where("elsewhere.yaml", 9, 9)


@pytest.mark.parametrize("empty", [{}, [], ""])
def test_nothing_in_it_is_empty_and_null_is_not(empty: object) -> None:
    assert nodes.is_empty(node_of(empty, HERE))
    assert not nodes.is_empty(node_of([empty], HERE))
    assert not nodes.is_empty(node_of(None, HERE))


def test_a_whole_text_means_what_its_letters_do() -> None:
    text = Scalar(Text("a"), HERE)
    assert same(text, Scalar("a", THERE))
    assert not same(text, Scalar("b", HERE))
    assert not same(
        Scalar(Text("2026-01-01"), HERE), Scalar(Timestamp("2026-01-01"), HERE)
    )
    assert plain(text) == "a"


def test_plain_gives_back_dicts_lists_and_scalars() -> None:
    document = read("a: {b: [1, x, null]}")
    assert plain(document) == {"a": {"b": [1, "x", None]}}


@given(values())
def test_places_do_not_matter_to_meaning(value: object) -> None:
    assert same(node_of(value, HERE), node_of(value, THERE))


def test_key_order_does_not_matter_to_meaning() -> None:
    assert same(read("{a: 1, b: 2}"), read("{b: 2, a: 1}"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, 1.0),
        (1, "1"),
        (None, ""),
        (None, False),
        ("2001-01-01", Timestamp("2001-01-01")),
        ([], {}),
        ([1], [1, 1]),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": None}),
        ({}, None),
    ],
)
def test_values_of_other_type_or_content_differ(one: object, other: object) -> None:
    assert not same(node_of(one), node_of(other))
    assert not same(node_of(other), node_of(one))


def test_not_a_number_equals_itself_here() -> None:
    assert same(Scalar(float("nan"), HERE), Scalar(float("nan"), THERE))


@given(tables())
def test_every_tree_is_the_same_as_itself(tree: object) -> None:
    assert same(tree, tree)  # type: ignore[arg-type] # drawn as any object


def test_keys_and_values_are_counted() -> None:
    tree = read("a: 1\nb: [x, {c: d}]\ne: &e [1]\nf: *e\n", "a.yaml")
    assert nodes.count(tree) == 1 + 4 + 1 + (1 + 1 + 1 + 1 + 1) + 2 + 2
