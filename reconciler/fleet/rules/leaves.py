"""Every value of a config with the path that leads to it, for rules that judge values.

A list index is a key like any other. Shared parts (YAML aliases) are walked each time
they are used, because it is the path that gives a value its meaning.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.syntax.nodes import Node, Scalar, ScalarValue, Sequence, Table
from reconciler.fleet.syntax.pointers import Path

LONGEST: Final = 200
"""Characters of a path or value that a message shows."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value.

    Attributes:
        path: From the root of the config.
        field: The last key of the path that is no index of a list.
        value: As the Collector reads it.
        where: The value.
    """

    path: Path
    field: str
    value: ScalarValue
    where: Where

    @property
    def name(self) -> str:
        """The path as people write it: `exporters.otlp.endpoint`."""
        return ".".join(self.path)[:LONGEST]


def walk(node: Node, path: Path = ()) -> tuple[Leaf, ...]:
    """The values of a node, in order; `path` is where it stands itself."""
    found: list[Leaf] = []
    _gather(node, path, path[-1] if path else "", found)
    return tuple(found)


def _gather(node: Node, path: Path, field: str, found: list[Leaf]) -> None:
    match node:
        case Scalar(value, where):
            found.append(Leaf(path, field, value, where))
        case Table(items):
            for key, (_, child) in items.items():
                _gather(child, (*path, key), key, found)
        case Sequence(items):
            for index, item in enumerate(items):
                _gather(item, (*path, str(index)), field, found)


def texts(among: Iterable[Leaf]) -> Iterator[tuple[Leaf, str]]:
    """Those values that are text, each with its text."""
    for leaf in among:
        if isinstance(leaf.value, str):
            yield leaf, leaf.value


def at(node: Node | None, path: Path) -> Node | None:
    """What stands at a path, lists counted into; None when nothing does."""
    for key in path:
        match node:
            case Table(items) if key in items:
                node = items[key][1]
            case Sequence(items) if key.isdecimal() and int(key) < len(items):
                node = items[int(key)]
            case _:
                return None
    return node
