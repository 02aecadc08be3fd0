from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.syntax import lookup, nodes, pointers
from reconciler.fleet.syntax.nodes import Node, Table
from tests.fleet import trees

TREE = trees.table_of(
    {
        "exporters": {
            "otlp": {"endpoint": "a:1"},
            "otlp/backend": {"endpoint": "b:1", "headers": {"x.team": "y"}},
        },
        "service": {"pipelines": {"traces/a.b": {"receivers": ["otlp", "nop"]}}},
        "filters": [{"name": "one"}, {"name": "two"}],
    }
)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("", ""),
        ("/", ""),
        ("exporters", "/exporters"),
        ("exporters.otlp.endpoint", "/exporters/otlp/endpoint"),
        ("exporters.otlp/backend.endpoint", "/exporters/otlp~1backend/endpoint"),
        ("/exporters/otlp~1backend/endpoint", "/exporters/otlp~1backend/endpoint"),
        ("/exporters/otlp/backend/endpoint", "/exporters/otlp~1backend/endpoint"),
        (
            "exporters.otlp/backend.headers.x.team",
            "/exporters/otlp~1backend/headers/x.team",
        ),
        (
            "service.pipelines.traces/a.b.receivers[1]",
            "/service/pipelines/traces~1a.b/receivers/1",
        ),
        (
            ".service.pipelines.traces/a.b.receivers.0",
            "/service/pipelines/traces~1a.b/receivers/0",
        ),
        ("filters[1].name", "/filters/1/name"),
    ],
)
def test_a_path_is_found_however_it_is_written(text: str, pointer: str) -> None:
    assert [pointers.text(path) for path in lookup.find(TREE, text)] == [pointer]


@pytest.mark.parametrize(
    "text", ["exporter", "exporters.otlp.", "filters[2]", "filters[x]", "a" * 5_000]
)
def test_what_is_not_there_is_not_found(text: str) -> None:
    assert lookup.find(TREE, text) == ()


def test_what_can_mean_two_things_is_both() -> None:
    tree = trees.table_of({"a": {"b": {"c": 1}}, "a.b": {"c": 2}})
    assert lookup.find(tree, "a.b.c") == (("a", "b", "c"), ("a.b", "c"))
    assert lookup.find(tree, "/a/b/c") == (("a", "b", "c"),)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("exporters.otlp.endpont", "/exporters/otlp/endpoint"),
        ("/exporters/otlp~1backend/endpoin", "/exporters/otlp~1backend/endpoint"),
        ("headers", "/exporters/otlp~1backend/headers"),
    ],
)
def test_near_paths_are_suggested(text: str, pointer: str) -> None:
    found = lookup.near([TREE], text)
    assert pointer in found
    assert len(found) <= lookup.MOST_NEAR


def test_nothing_is_suggested_for_what_is_far_from_all() -> None:
    assert lookup.near([TREE], "qqqqqqqqqqqqqqqqq") == ()


def _every(node: Node, above: tuple[str, ...] = ()) -> Any:
    yield above, node
    match node:
        case Table(items):
            for key, (_, value) in items.items():
                yield from _every(value, (*above, key))
        case nodes.Sequence(items):
            for index, item in enumerate(items):
                yield from _every(item, (*above, str(index)))


@given(trees.tables(), st.data())
def test_every_pointer_finds_at_least_its_own_value(
    tree: Table, data: st.DataObject
) -> None:
    path, node = data.draw(st.sampled_from(list(_every(tree))))
    assert lookup.at(tree, path) is node
    text = pointers.text(path)
    if len(text) <= 1_000:
        assert path in lookup.find(tree, text)
