"""What differs between two configs of ours, value by value, with every place kept.

Asked by `state/forecast.py`. For two configs that came from Git, so exact: no default
of a Collector is left out, unlike in `state/trees.py`, and 1 is not true. DeepDiff
knows no places, and takes too long for a plan over many configs. Lists of names, such
as those of a pipeline, differ as a whole; in other lists items are paired first, so
that one more item is one difference.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from reconciler.errors import Where
from reconciler.fleet.syntax import nodes
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.pointers import Path


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that was added, removed or changed.

    Attributes:
        path: From the root of the config; an index is that of the new list, or of the
            old one for an item that is gone.
        old: None when it is new.
        new: None when it is gone.
    """

    path: Path
    old: Node | None
    new: Node | None

    @property
    def where(self) -> Where:
        """Who wrote the new value; of one that is gone, who had written it."""
        node = self.new or self.old
        if node is None:
            raise AssertionError("a difference has at least one side")
        return node.where

    @property
    def is_new_order(self) -> bool:
        """Both are lists of the same items."""
        match self.old, self.new:
            case Sequence(old), Sequence(new):
                return Counter(map(_key, old)) == Counter(map(_key, new))
            case _:
                return False


def between(old: Node, new: Node, path: Path = ()) -> Iterator[Difference]:
    """Every difference, in the order of the old config, then of the new one."""
    match old, new:
        case Table(), Table():
            yield from _of_tables(old, new, path)
        case Sequence(), Sequence() if not (_is_plain(old) and _is_plain(new)):
            yield from _of_lists(old, new, path)
        case _ if not nodes.same(old, new):
            yield Difference(path, old, new)


def _of_tables(old: Table, new: Table, path: Path) -> Iterator[Difference]:
    for key, (_, value) in old.items.items():
        here = (*path, key)
        if key in new.items:
            yield from between(value, new.items[key][1], here)
        else:
            yield Difference(here, value, None)
    for key, (_, value) in new.items.items():
        if key not in old.items:
            yield Difference((*path, key), None, value)


_Pair: TypeAlias = tuple[int | None, int | None]


def _of_lists(old: Sequence, new: Sequence, path: Path) -> Iterator[Difference]:
    for left, right in _pairs(old, new):
        if left is None and right is not None:
            yield Difference((*path, str(right)), None, new.items[right])
        elif right is None and left is not None:
            yield Difference((*path, str(left)), old.items[left], None)
        elif left is not None and right is not None:
            here = (*path, str(right))
            yield from between(old.items[left], new.items[right], here)


def _pairs(old: Sequence, new: Sequence) -> Iterator[_Pair]:
    """Which items belong together: equal ones, and those that stand in one gap."""
    matcher = SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    for tag, left, left_end, right, right_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        both = min(left_end - left, right_end - right)
        yield from zip(
            range(left, left + both), range(right, right + both), strict=True
        )
        yield from ((one, None) for one in range(left + both, left_end))
        yield from ((None, one) for one in range(right + both, right_end))


def _is_plain(node: Sequence) -> bool:
    return all(isinstance(item, Scalar) for item in node.items)


def _keys(node: Sequence) -> list[Hashable]:
    return [_key(item) for item in node.items]


def _key(node: Node) -> Hashable:
    """Equal only for nodes that are the same."""
    match node:
        case Table(items):
            return frozenset((key, _key(value)) for key, (_, value) in items.items())
        case Sequence(items):
            return tuple(map(_key, items))
        case Scalar(value):
            return type(value).__name__, repr(value)
