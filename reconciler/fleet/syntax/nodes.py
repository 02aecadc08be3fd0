"""A YAML document with the place of every key and value.

Made by `yaml.compose`, merged by `merge.py`. Values are plain Python: `str`, `int`,
`float`, `bool` and `None`, resolved as the Collector's parser (go-yaml v3) would.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.errors import Where

ScalarValue: TypeAlias = str | int | float | bool | None


class Timestamp(str):
    """An unquoted date: go-yaml makes a time of it. Holds the author's text."""

    __slots__ = ()


class Text(str):
    """A whole file that is neither YAML nor JSON; what it means, nobody here knows."""

    __slots__ = ()


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


def same(one: Node, other: Node) -> bool:
    """Equal in meaning: places and key order aside, types apart (1 is not true)."""
    match one, other:
        case Scalar(a), Scalar(b):
            return _type(a) is _type(b) and (a == b or (_is_nan(a) and _is_nan(b)))
        case Sequence(a), Sequence(b):
            return len(a) == len(b) and all(map(same, a, b))
        case Table(a), Table(b):
            return a.keys() == b.keys() and all(same(a[k][1], b[k][1]) for k in a)
        case _:
            return False


def _type(value: ScalarValue) -> type:
    return str if isinstance(value, Text) else type(value)


def is_empty(node: Node) -> bool:
    """Whether it is a mapping, a list or a text of nothing."""
    match node:
        case Table(items) | Sequence(items):
            return not items
        case Scalar(value):
            return value == ""


def count(node: Node) -> int:
    """Keys and values in it; what an alias shares is counted at every use."""
    found = 0
    pending: list[Node] = [node]
    while pending:
        one = pending.pop()
        found += 1
        match one:
            case Sequence(items):
                pending.extend(items)
            case Table(pairs):
                found += len(pairs)
                pending.extend(value for _, value in pairs.values())
    return found


def plain(node: Node) -> Any:
    """The node without places: dicts, lists and scalars."""
    match node:
        case Scalar(value):
            return value
        case Sequence(items):
            return [plain(item) for item in items]
        case Table(items):
            return {key: plain(value) for key, (_, value) in items.items()}


def _is_nan(value: ScalarValue) -> bool:
    return isinstance(value, float) and math.isnan(value)
