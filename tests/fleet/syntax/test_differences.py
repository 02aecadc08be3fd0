from typing import Any

import pytest
from hypothesis import given

from reconciler.errors import Where
from reconciler.fleet.syntax import differences, nodes
from reconciler.fleet.syntax.differences import Difference
from reconciler.fleet.syntax.nodes import Timestamp
from tests.fleet import trees

OLD, NEW = Where("old.yaml", 3, 5), Where("new.yaml", 4, 7)


def between(old: Any, new: Any) -> list[Difference]:
    found = differences.between(trees.node_of(old, OLD), trees.node_of(new, NEW))
    return list(found)


def plainly(found: Difference) -> tuple[str, Any, Any]:
    sides = (found.old, found.new)
    old, new = (nodes.plain(one) if one else None for one in sides)
    return "/".join(found.path), old, new


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a/b", 1, 2)]),
        ({"a": {"b": 1}}, {"a": 1}, [("a", {"b": 1}, 1)]),
        ({"a": 1}, {"b": {"c": 1}}, [("a", 1, None), ("b", None, {"c": 1})]),
        ({"a": ["x", "y"]}, {"a": ["x"]}, [("a", ["x", "y"], ["x"])]),
        ({"a": []}, {"a": ["x"]}, [("a", [], ["x"])]),
        ({"a": []}, {"a": [{}]}, [("a/0", None, {})]),
        (
            {"a": [{"n": 1, "v": 1}, {"n": 2}]},
            {"a": [{"n": 0}, {"n": 1, "v": 1}, {"n": 2}]},
            [("a/0", None, {"n": 0})],
        ),
        (
            {"a": [{"n": 1}, {"n": 2}, {"n": 3}]},
            {"a": [{"n": 1}, {"n": 3}]},
            [("a/1", {"n": 2}, None)],
        ),
        (
            {"a": [{"n": 1, "v": 1}, {"n": 2}]},
            {"a": [{"n": 1, "v": 5}, {"n": 2}]},
            [("a/0/v", 1, 5)],
        ),
    ],
)
def test_values_are_told_apart_one_by_one(old: Any, new: Any, expected: Any) -> None:
    assert [plainly(one) for one in between(old, new)] == expected


def test_a_new_value_stands_where_it_was_written_and_a_lost_one_where_it_was() -> None:
    changed, lost, added = between({"a": 1, "b": 1}, {"a": 2, "c": 1})
    assert (changed.where, lost.where, added.where) == (NEW, OLD, NEW)


def test_the_same_names_in_another_order_are_only_that() -> None:
    [order] = between({"a": ["x", "y", "x"]}, {"a": ["y", "x", "x"]})
    [other] = between({"a": ["x", "y"]}, {"a": ["y", "y"]})
    [plain] = between({"a": 1}, {"a": 2})
    assert (order.is_new_order, other.is_new_order, plain.is_new_order) == (
        True,
        False,
        False,
    )


def test_a_date_is_no_text_however_deep_it_stands() -> None:
    one, other = [{"a": "2001-01-01"}], [{"a": Timestamp("2001-01-01")}]
    assert [found.path for found in between(one, other)] == [("0", "a")]


@given(trees.tables(), trees.tables())
def test_there_is_a_difference_exactly_where_two_trees_are_not_the_same(
    one: nodes.Table, other: nodes.Table
) -> None:
    assert bool(list(differences.between(one, other))) != nodes.same(one, other)
    assert not list(differences.between(one, one))
