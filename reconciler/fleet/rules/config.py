"""A Collector config as its rules see it: components, pipelines, and where each stands.

Made once for a merged tree or a file of its own. Nothing is judged here: what is not
of the shape a Collector takes is left out, and `structure.py` says so. What the agent
fills in (`${...}`) is opaque: it may become anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.rules import leaves
from reconciler.fleet.rules.leaves import Leaf
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table

COMPONENTS: Final = ("receivers", "processors", "exporters", "connectors", "extensions")
SECTIONS: Final = (*COMPONENTS, "service")
"""The top-level keys the Collector takes; any other stops it."""
SIDES: Final = ("receivers", "processors", "exporters")
"""The keys of a pipeline."""
SIGNALS: Final = ("traces", "metrics", "logs", "profiles")


@dataclass(frozen=True, slots=True)
class Component:
    """A component as it is configured.

    Attributes:
        kind: Its section.
        id: `type` or `type/name`, without the spaces that the Collector ignores.
        where: Its key.
        settings: What stands under it; null for all defaults.
    """

    kind: str
    id: str
    where: Where
    settings: Node

    @property
    def type(self) -> str:
        """What is before the slash."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Reference:
    """A component named in a pipeline or in `service.extensions`."""

    id: str
    where: Where

    @property
    def type(self) -> str:
        """What is before the slash."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline.

    Attributes:
        id: `signal` or `signal/name`.
        where: Its key.
        node: What stands under it.
        receivers: And the two below: in order; items that are opaque are left out.
        opaque: Something in it is filled in by the agent.
        open_ended: So are some of its receivers or exporters.
    """

    id: str
    where: Where
    node: Node
    receivers: tuple[Reference, ...]
    processors: tuple[Reference, ...]
    exporters: tuple[Reference, ...]
    opaque: bool
    open_ended: bool

    @property
    def signal(self) -> str:
        """What is before the slash."""
        return self.id.partition("/")[0]

    def sides(self) -> tuple[tuple[str, tuple[Reference, ...]], ...]:
        """The three lists, each with its key."""
        return (
            ("receivers", self.receivers),
            ("processors", self.processors),
            ("exporters", self.exporters),
        )


@dataclass(frozen=True, slots=True)
class Config:
    """A whole config.

    Attributes:
        tree: As it was written or merged.
        components: By section, then by id; the first of equal ids.
        opaque: Sections that the agent fills in, `service.pipelines` among them.
        pipelines: In order.
        extensions: What `service.extensions` names.
        leaves: Every value, in order; sections that are none of a config included.
    """

    tree: Table
    components: Mapping[str, Mapping[str, Component]]
    opaque: frozenset[str]
    pipelines: tuple[Pipeline, ...]
    extensions: tuple[Reference, ...]
    leaves: tuple[Leaf, ...]

    def all(self) -> Iterator[Component]:
        """Every component of every section."""
        for section in self.components.values():
            yield from section.values()


def read(tree: Table) -> Config:
    """The config of a tree."""
    opaque = {name for name in COMPONENTS if is_opaque(child(tree, name))}
    service = child(tree, "service")
    inside = service if isinstance(service, Table) else Table({}, tree.where)
    pipelines = child(inside, "pipelines")
    if is_opaque(service) or is_opaque(pipelines):
        opaque.add("service.pipelines")
    return Config(
        tree=tree,
        components={name: _components(tree, name) for name in COMPONENTS},
        opaque=frozenset(opaque),
        pipelines=tuple(_pipelines(pipelines)),
        extensions=references(child(inside, "extensions")),
        leaves=leaves.walk(tree),
    )


def child(table: Table, key: str) -> Node:
    """The value of a key; as in a Collector config, a missing one is null."""
    return table.items[key][1] if key in table.items else Scalar(None, table.where)


def at(node: Node, *path: str) -> Node | None:
    """What stands at a path of keys; None when nothing does."""
    for key in path:
        if not isinstance(node, Table) or key not in node.items:
            return None
        node = node.items[key][1]
    return node


def is_opaque(node: Node) -> bool:
    """Text in which the agent expands `${...}`: it may become anything."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return False
    start = node.value.find("${")
    return start >= 0 and "}" in node.value[start:]


def is_null(node: Node) -> bool:
    """Nothing, or `null`: all defaults."""
    return isinstance(node, Scalar) and node.value is None


def has_opaque(node: Node) -> bool:
    """Whether any part of it is opaque."""
    match node:
        case Sequence(items):
            return any(map(has_opaque, items))
        case Table(items):
            return any(has_opaque(value) for _, value in items.values())
        case Scalar():
            return is_opaque(node)


def trimmed(identifier: str) -> str:
    """An id without the spaces around `/`, which the Collector ignores."""
    type_, slash, name = identifier.partition("/")
    return f"{type_.strip()}{slash}{name.strip()}"


def references(node: Node) -> tuple[Reference, ...]:
    """The ids of a list, but for those that are opaque."""
    items = node.items if isinstance(node, Sequence) else ()
    return tuple(
        Reference(trimmed(item.value), item.where)
        for item in items
        if isinstance(item, Scalar)
        and isinstance(item.value, str)
        and not is_opaque(item)
    )


def _components(tree: Table, kind: str) -> dict[str, Component]:
    section = child(tree, kind)
    found: dict[str, Component] = {}
    if not isinstance(section, Table):
        return found
    for key, (where, settings) in section.items.items():
        component = Component(kind, trimmed(key), where, settings)
        found.setdefault(component.id, component)
    return found


def _pipelines(node: Node) -> Iterator[Pipeline]:
    if not isinstance(node, Table):
        return
    for key, (where, value) in node.items.items():
        inside = value if isinstance(value, Table) else Table({}, where)
        ends = (child(inside, "receivers"), child(inside, "exporters"))
        yield Pipeline(
            id=trimmed(key),
            where=where,
            node=value,
            receivers=references(ends[0]),
            processors=references(child(inside, "processors")),
            exporters=references(ends[1]),
            opaque=has_opaque(value),
            open_ended=is_opaque(value) or any(map(has_opaque, ends)),
        )
