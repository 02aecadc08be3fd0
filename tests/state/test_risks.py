from typing import Any

import pytest

from reconciler.errors import Where
from reconciler.fleet.syntax import differences, yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.state import risks

HERE = Where("a.yaml", 1, 1)


def node(value: Any) -> Node:
    match value:
        case dict():
            return Table({key: (HERE, node(one)) for key, one in value.items()}, HERE)
        case list():
            return Sequence(tuple(map(node, value)), HERE)
        case _:
            return Scalar(value, HERE)


def pipeline(**lists: list[str]) -> dict[str, Any]:
    return {"service": {"pipelines": {"traces": lists}}}


@pytest.mark.parametrize(
    ("old", "new", "notes"),
    [
        ({"exporters": {"a": {}}}, {"exporters": {}}, ["removes the exporter a"]),
        ({"exporters": {"a": {}, "b": {}}}, {}, ["removes the exporter a, b"]),
        ({"receivers": {"a": {}}}, {"receivers": None}, ["removes the receiver a"]),
        (pipeline(), {"service": {}}, ["removes the pipeline traces"]),
        (
            {"exporters": {"otlp": {"endpoint": "a:1"}}},
            {"exporters": {"otlp": {"endpoint": "b:1"}}},
            ["changes an endpoint: exporters.otlp.endpoint"],
        ),
        (
            pipeline(processors=["a", "b"]),
            pipeline(processors=["b", "a"]),
            ["changes the order of processors in traces"],
        ),
        (pipeline(processors=["a"]), pipeline(processors=["a", "b"]), []),
        ({"processors": {"a": {}}}, {"processors": {"b": {}}}, []),
        ({"exporters": {"a": {"timeout": 1}}}, {"exporters": {"a": {}}}, []),
        (
            {"exporters": {key: {} for key in "abcdefg"}},
            {},
            ["removes the exporter a, b, c, d, e and 2 more"],
        ),
    ],
)
def test_what_deserves_a_second_look_is_noted(old: Any, new: Any, notes: Any) -> None:
    found = differences.between(node(old), node(new))
    assert list(risks.of(("", one) for one in found)) == notes


def test_agents_that_lack_a_component_are_counted_for_each() -> None:
    tree = yaml.compose(
        b"exporters:\n  kafka/archive:\n  debug:\nreceivers: {otlp: }\n", "c.yaml"
    )[0]
    has = {"exporters": frozenset({"debug"}), "receivers": frozenset({"otlp"})}
    bare = {"exporters": frozenset({"nop"})}
    assert risks.lacking({"": tree}, [has, bare, None, has]) == (
        "3 agents lack exporter kafka (c.yaml:2:3)",
        "1 agent lacks exporter debug (c.yaml:3:3)",
    )
