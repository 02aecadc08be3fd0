"""The few rules of a Collector config that hold for every build of the Collector.

Called by `kinds/` for each fragment and by `render.py` for the finished config. A
broken reference turns the commit red here, before any agent gets it. What only a build
knows (component types, their settings, their signals) is left to the agent: a wrong
error would cost more trust than a late one.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet import fields, findings, spelling
from reconciler.fleet.findings import Finding
from reconciler.fleet.nodes import Node, Scalar, Sequence, Table

UNDEFINED: Final = "E010"
INCOMPLETE: Final = "E011"

COMPONENTS: Final = ("receivers", "processors", "exporters", "connectors", "extensions")
SECTIONS: Final = (*COMPONENTS, "service")
"""The top-level keys the Collector takes; any other stops it."""
SIGNALS: Final = ("traces", "metrics", "logs", "profiles")

_Defined: TypeAlias = Mapping[str, frozenset[str] | None]

_SOURCES: Final = {
    "receivers": ("receivers", "connectors"),
    "processors": ("processors",),
    "exporters": ("exporters", "connectors"),
    "extensions": ("extensions",),
}


MOST_FINDINGS: Final = 100
"""Faults told of one config; more would cost time and help nobody."""


def check_fragment(config: Table) -> Iterable[Finding]:
    """What is wrong with a part of a config, whatever it is merged with."""
    return itertools.islice(_check_sections(config), MOST_FINDINGS)


def check(config: Table) -> Iterable[Finding]:
    """What is wrong with a complete config."""
    return itertools.islice(_check(config), MOST_FINDINGS)


def _check_sections(config: Table) -> Iterator[Finding]:
    for key, (where, section) in config.items.items():
        if key not in SECTIONS:
            hint = spelling.hint(key, SECTIONS)
            yield findings.error(
                fields.UNKNOWN_FIELD, f"unknown section `{key}`", where, hint
            )
        elif _is_no_table(section):
            yield _no_table(key, section)


def _check(config: Table) -> Iterator[Finding]:
    yield from _check_sections(config)
    defined = {kind: _defined(config, kind) for kind in _SOURCES}
    service = _child(config, "service")
    if isinstance(service, Table):
        yield from _references(defined, "extensions", service, "service")
        yield from _check_pipelines(defined, _child(service, "pipelines"))
    elif _is_null(service):
        yield from _check_pipelines(defined, service)


def _check_pipelines(defined: _Defined, pipelines: Node) -> Iterator[Finding]:
    if _is_empty(pipelines):
        message = "the config has no pipelines"
        hint = "the Collector needs at least one under `service.pipelines`"
        yield findings.error(INCOMPLETE, message, pipelines.where, hint)
    elif isinstance(pipelines, Table):
        for name, (where, pipeline) in pipelines.items.items():
            yield from _check_pipeline(defined, name, where, pipeline)
    elif _is_no_table(pipelines):
        yield _no_table("service.pipelines", pipelines)


def _check_pipeline(
    defined: _Defined, name: str, where: Where, pipeline: Node
) -> Iterator[Finding]:
    path = f"service.pipelines.{name}"
    if _trimmed(name).split("/")[0] not in SIGNALS:
        hint = f"a pipeline is one of {', '.join(SIGNALS)}, or one with `/name`"
        yield findings.error(
            INCOMPLETE, f"`{name}` is no kind of pipeline", where, hint
        )
    if _is_no_table(pipeline):
        yield _no_table(path, pipeline)
    if _is_opaque(pipeline):
        return
    sides = pipeline if isinstance(pipeline, Table) else Table({}, where)
    for side in ("receivers", "exporters"):
        if _is_empty(_child(sides, side)):
            place = sides.items[side][0] if side in sides.items else where
            yield findings.error(INCOMPLETE, f"pipeline `{name}` has no {side}", place)
    for side in ("receivers", "processors", "exporters"):
        yield from _references(defined, side, sides, path)


def _references(
    defined: _Defined, kind: str, holder: Table, path: str
) -> Iterator[Finding]:
    names = defined[kind]
    if kind not in holder.items or names is None:
        return
    for component, where in _ids(holder.items[kind][1]):
        if _trimmed(component) not in names:
            message = f"`{path}.{kind}` names `{component}`, which is not defined"
            hint = _define(component, kind, names)
            yield findings.error(UNDEFINED, message, where, hint)


def _defined(config: Table, kind: str) -> frozenset[str] | None:
    """The components a reference may name; None when only the agent can know."""
    sections = [
        config.items[name][1] for name in _SOURCES[kind] if name in config.items
    ]
    if any(_is_opaque(section) for section in sections):
        return None
    tables = [section for section in sections if isinstance(section, Table)]
    return frozenset(_trimmed(one) for table in tables for one in table.items)


def _define(component: str, kind: str, names: frozenset[str]) -> str:
    near = spelling.nearest(component, names)
    if near:
        return f"did you mean `{near}`?"
    return f"define it under `{'` or `'.join(_SOURCES[kind])}`"


def _child(table: Table, key: str) -> Node:
    """The value of a key; as in a Collector config, a missing one is null."""
    return table.items[key][1] if key in table.items else Scalar(None, table.where)


def _ids(node: Node) -> Iterator[tuple[str, Where]]:
    """The component IDs of a list, without those that the agent fills in."""
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar) and not _is_opaque(item):
            yield str(item.value), item.where


def _trimmed(component: str) -> str:
    """The Collector ignores spaces around the slash of `type/name`."""
    return "/".join(part.strip() for part in component.split("/", 1))


def _is_opaque(node: Node) -> bool:
    """Text in which the agent expands `${...}`: it may become anything."""
    return (
        isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value
    )


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _is_empty(node: Node) -> bool:
    return _is_null(node) or (not isinstance(node, Scalar) and not node.items)


def _is_no_table(node: Node) -> bool:
    return not isinstance(node, Table) and not _is_null(node) and not _is_opaque(node)


def _no_table(path: str, node: Node) -> Finding:
    message = f"`{path}` must be a mapping, not {fields.kind_of(node)}"
    return findings.error(fields.WRONG_VALUE, message, node.where)
