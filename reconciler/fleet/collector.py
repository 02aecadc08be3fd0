"""The few rules of a Collector config that hold for every build of the Collector.

Called by `kinds.py` for each fragment and by `render.py` for the finished config. A
broken reference turns the commit red here, before any agent gets it. What only a build
knows (component types, their settings, their signals) is left to the agent: a wrong
error would cost more trust than a late one.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import fields
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.nodes import Node, Scalar, Sequence, Table

UNKNOWN_KEY: Final = "E003"
WRONG_SHAPE: Final = "E004"
UNDEFINED: Final = "E010"
INCOMPLETE: Final = "E011"

COMPONENTS: Final = ("receivers", "processors", "exporters", "connectors", "extensions")
SECTIONS: Final = (*COMPONENTS, "service")
"""The top-level keys the Collector takes; any other stops it."""

_SOURCES: Final = {
    "receivers": ("receivers", "connectors"),
    "processors": ("processors",),
    "exporters": ("exporters", "connectors"),
    "extensions": ("extensions",),
}


def check_fragment(config: Table) -> Iterator[Finding]:
    """What is wrong with a part of a config, whatever it is merged with."""
    for key, (where, section) in config.items.items():
        if key not in SECTIONS:
            hint = fields.did_you_mean(key, SECTIONS)
            yield _error(UNKNOWN_KEY, f"unknown section `{key}`", where, hint)
        elif not _may_be_table(section):
            what = fields.describe(section)
            yield _error(WRONG_SHAPE, f"`{key}` must be a mapping, not {what}", where)


def check(config: Table) -> Iterator[Finding]:
    """What is wrong with a complete config."""
    yield from check_fragment(config)
    service = _table(config, "service")
    pipelines = _table(service, "pipelines")
    if not pipelines.items:
        message = "the config has no pipelines"
        hint = "the Collector needs at least one under `service.pipelines`"
        yield _error(INCOMPLETE, message, pipelines.where, hint)
    for name, (where, pipeline) in pipelines.items.items():
        yield from _check_pipeline(config, name, where, pipeline)
    yield from _references(config, "extensions", service, "service.extensions")


def _check_pipeline(
    config: Table, name: str, where: Where, pipeline: Node
) -> Iterator[Finding]:
    path = f"service.pipelines.{name}"
    if not isinstance(pipeline, Table):
        what = fields.describe(pipeline)
        yield _error(WRONG_SHAPE, f"`{path}` must be a mapping, not {what}", where)
        return
    for side in ("receivers", "processors", "exporters"):
        node = pipeline.items.get(side)
        if side != "processors" and not (node and _ids(node[1])):
            message = f"pipeline `{name}` has no {side}"
            yield _error(INCOMPLETE, message, node[0] if node else where)
        yield from _references(config, side, pipeline, f"{path}.{side}")


def _references(
    config: Table, kind: str, holder: Table, path: str
) -> Iterator[Finding]:
    if kind not in holder.items:
        return
    defined = {
        _trimmed(component)
        for section in _SOURCES[kind]
        for component in _table(config, section).items
    }
    for component, where in _ids(holder.items[kind][1]):
        if _trimmed(component) not in defined:
            message = f"`{path}` names `{component}`, which is not defined"
            hint = _define(component, kind, defined)
            yield _error(UNDEFINED, message, where, hint)


def _define(component: str, kind: str, defined: set[str]) -> str:
    near = fields.did_you_mean(component, defined)
    if near and near.startswith("did"):
        return near
    return f"define it under `{'` or `'.join(_SOURCES[kind])}`"


def _ids(node: Node) -> tuple[tuple[str, Where], ...]:
    """The component IDs of a list; one alone counts, as the Collector takes it so."""
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(
        (item.value, item.where)
        for item in items
        if isinstance(item, Scalar) and isinstance(item.value, str)
    )


def _trimmed(component: str) -> str:
    """The Collector ignores spaces around the slash of `type/name`."""
    return "/".join(part.strip() for part in component.split("/", 1))


def _may_be_table(node: Node) -> bool:
    return isinstance(node, Table) or (isinstance(node, Scalar) and node.value is None)


def _table(holder: Table, key: str) -> Table:
    where, node = holder.items.get(key, (holder.where, None))
    return node if isinstance(node, Table) else Table(_NOTHING, where)


_NOTHING: Final[Mapping[str, tuple[Where, Node]]] = {}


def _error(rule: str, message: str, where: Where, hint: str | None = None) -> Finding:
    return Finding(rule, Severity.ERROR, message, where, hint)
