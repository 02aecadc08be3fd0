import pytest

from reconciler.fleet.rules import leaves
from reconciler.fleet.syntax import nodes
from tests.fleet.trees import read

TREE = read("a:\n  b: 1\n  c: [x, {d: null}]\ne: &s text\nf: *s\n", "c.yaml")


def test_every_value_is_walked_in_order_with_its_path_and_place() -> None:
    found = [(one.path, one.value, one.where.line) for one in leaves.walk(TREE)]
    assert found == [
        (("a", "b"), 1, 2),
        (("a", "c", "0"), "x", 3),
        (("a", "c", "1", "d"), None, 3),
        (("e",), "text", 4),
        (("f",), "text", 4),
    ]


def test_a_part_is_walked_under_the_path_where_it_stands() -> None:
    (one,) = leaves.walk(read("b: 1\n"), ("a",))
    assert (one.path, one.name) == (("a", "b"), "a.b")


def test_a_value_of_a_list_goes_by_the_key_of_the_list() -> None:
    assert [one.field for one in leaves.walk(TREE)] == ["b", "c", "d", "e", "f"]
    (one,) = leaves.walk(read("a: [1]\n").items["a"][1])
    assert (one.path, one.field) == (("0",), "")


def test_a_name_is_cut_before_it_fills_a_screen() -> None:
    (one,) = leaves.walk(read(f"{'k' * 900}: 1\n"))
    assert len(one.name) == leaves.LONGEST


def test_only_text_is_text() -> None:
    texts = [text for _, text in leaves.texts(leaves.walk(TREE))]
    assert texts == ["x", "text", "text"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), {"a": {"b": 1, "c": ["x", {"d": None}]}, "e": "text", "f": "text"}),
        (("a", "b"), 1),
        (("a", "c", "0"), "x"),
        (("a", "c", "1", "d"), None),
    ],
    ids=str,
)
def test_a_path_leads_through_mappings_and_lists(
    path: tuple[str, ...], value: object
) -> None:
    node = leaves.at(TREE, path)
    assert node is not None
    assert nodes.plain(node) == value


@pytest.mark.parametrize(
    "path",
    [("b",), ("a", "b", "c"), ("a", "c", "2"), ("a", "c", "x"), ("a", "c", "²")],
    ids=str,
)
def test_a_path_to_nothing_leads_nowhere(path: tuple[str, ...]) -> None:
    assert leaves.at(TREE, path) is None
    assert leaves.at(None, path) is None
