"""A YAML document with the place of every key and value.

Made by `yaml.compose`, merged by `merge.py`. Values are plain Python: `str`, `int`,
`float`, `bool` and `None`, resolved as the Collector's parser (go-yaml v3) would.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.errors import Where

ScalarValue: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf. `where` is the leaf's provenance and survives every merge."""

    value: ScalarValue
    where: Where


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; a merge replaces it whole unless a document says otherwise."""

    items: tuple["Node", ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping: key to (place of the key, value), in the author's order."""

    items: Mapping[str, tuple[Where, "Node"]]
    where: Where


Node: TypeAlias = Scalar | Sequence | Table


def plain(node: Node) -> Any:
    """The node without places: dicts, lists and scalars."""
    match node:
        case Scalar(value):
            return value
        case Sequence(items):
            return [plain(item) for item in items]
        case Table(items):
            return {key: plain(value) for key, (_, value) in items.items()}
