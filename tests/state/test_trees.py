from typing import Any

import pytest

from reconciler.state import trees


@pytest.mark.parametrize(
    ("wanted", "found", "ours", "theirs"),
    [
        ({"a": 1}, {"a": 2, "b": 3}, {"a": 1}, {"a": 2}),
        ({"a": None, "b": 1}, {"b": 1}, {"b": 1}, {"b": 1}),
        ({"a": {}}, {"a": {"b": 1}}, {"a": {}}, {"a": {}}),
        ({"a": 1}, [{"name": "a", "value": 2}], {"a": 1}, {"a": 2}),
        ({"a": 1}, "text", {"a": 1}, "text"),
        ("x", ["x"], "x", "x"),
        ({"a": 1}, [{"a": 1, "b": 2}], {"a": 1}, {"a": 1}),
        ([{"a": 1}, "x"], [{"a": 1, "b": 2}], [{"a": 1}, "x"], [{"a": 1}]),
    ],
)
def test_two_settings_are_brought_into_one_shape(
    wanted: Any, found: Any, ours: Any, theirs: Any
) -> None:
    assert trees.aligned(wanted, found) == (ours, theirs)


def test_a_reported_list_is_not_looked_at_without_end() -> None:
    _, theirs = trees.aligned(["a"], ["a"] * 100_000)
    assert len(theirs) <= 1 + trees.MORE_ITEMS
