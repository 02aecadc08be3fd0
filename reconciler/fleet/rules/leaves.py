"""Every value of a config with the path that leads to it, for rules that judge values.

A list index is a key like any other. Shared parts (YAML aliases) are walked each time
they are used, because it is the path that gives a value its meaning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.nodes import Node, Scalar, ScalarValue, Sequence, Table
from reconciler.fleet.pointers import Path

LONGEST: Final = 200
"""Characters of a path or value that a message shows."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value.

    Attributes:
        path: From the root of the config.
        value: As the Collector reads it.
        where: The value.
    """

    path: Path
    value: ScalarValue
    where: Where

    @property
    def name(self) -> str:
        """The path as people write it: `exporters.otlp.endpoint`."""
        return ".".join(self.path)[:LONGEST]

    @property
    def field(self) -> str:
        """The last key of the path that is no index of a list."""
        return next((key for key in reversed(self.path) if not key.isdigit()), "")


def walk(node: Node, path: Path = ()) -> Iterator[Leaf]:
    """The values of a node, in order; `path` is where it stands itself."""
    match node:
        case Scalar(value, where):
            yield Leaf(path, value, where)
        case Sequence(items):
            for index, item in enumerate(items):
                yield from walk(item, (*path, str(index)))
        case Table(items):
            for key, (_, child) in items.items():
                yield from walk(child, (*path, key))


def texts(node: Node, path: Path = ()) -> Iterator[tuple[Leaf, str]]:
    """Those values that are text, each with its text."""
    for leaf in walk(node, path):
        if isinstance(leaf.value, str):
            yield leaf, leaf.value
