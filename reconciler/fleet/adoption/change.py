"""What one layer does to the config below it, and how to find it out.

`between` finds the edits from one tree to another, `Change` is what a document of kind
`CollectorConfig` says: values, `remove`, and lists that are only added to. Applying it
here means the same as rendering the document; the proof at the end sees to that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet.syntax import merge, nodes, pointers
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.pointers import Path

NOWHERE: Final = Where("")
NOTHING: Final = Table({}, NOWHERE)

_REMOVAL: Final = 2
"""Lines that a removal counts for: readers have to look up what is gone."""


_PATCHWORK: Final = 1.5
"""Lines of a whole that are as easy to read as one that changes another."""


@dataclass(frozen=True, slots=True)
class Set:
    """A value at a path."""

    path: Path
    node: Node


@dataclass(frozen=True, slots=True)
class Append:
    """More items at the end of a list."""

    path: Path
    node: Sequence


@dataclass(frozen=True, slots=True)
class Remove:
    """What stands at a path goes."""

    path: Path


Edit: TypeAlias = Set | Append | Remove
Edits: TypeAlias = tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """Edits as a document says them.

    Attributes:
        tree: Values, and items that are added to lists.
        append: The lists that are added to.
        remove: What goes first.
    """

    tree: Table
    append: tuple[Path, ...] = ()
    remove: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tree.items or self.remove)


def lines(node: Node) -> int:
    """How many lines a value takes in a file."""
    match node:
        case Scalar():
            return 1
        case Sequence(items):
            return 1 + sum(map(lines, items))
        case Table(items):
            return 1 + sum(lines(value) for _, value in items.values())


def cost(edits: Iterable[Edit]) -> int:
    """How many lines a person has to read for these edits."""
    return sum(
        _REMOVAL if isinstance(edit, Remove) else lines(edit.node) for edit in edits
    )


def between(low: Node | None, high: Node | None, path: Path = ()) -> Edits:
    """The fewest edits that make `high` of `low`; None for a path that is not there."""
    match low, high:
        case _, None:
            return (Remove(path),) if low else ()
        case None, _:
            return (Set(path, high),)
        case Table(), Table(items) if not items:
            return _anew(low, high, path) if low.items else ()
        case Table(), Table() if low.items or not path:
            return _between_tables(low, high, path)
        case Sequence(shorter), Sequence(longer) if _continues(shorter, longer):
            return (Append(path, Sequence(longer[len(shorter) :], high.where)),)
        case _:
            return () if nodes.same(low, high) else (Set(path, high),)


def _between_tables(low: Table, high: Table, path: Path) -> Edits:
    differing = [
        key
        for key in (*high.items, *(key for key in low.items if key not in high.items))
        if not _same(_child(low, key), _child(high, key))
    ]
    edits = tuple(
        edit
        for key in differing
        for edit in between(_child(low, key), _child(high, key), (*path, key))
    )
    anew = _anew(low, high, path)
    starred = pointers.ANY in differing and path
    removes = any(isinstance(edit, Remove) for edit in edits)
    is_patchwork = removes and cost(edits) * _PATCHWORK > cost(anew)
    return anew if starred or is_patchwork else edits


def _anew(low: Table, high: Table, path: Path) -> Edits:
    """All of it taken away and written again."""
    if path:
        return Remove(path), Set(path, high)
    return (
        *(Remove((key,)) for key in low.items),
        *(Set((key,), value) for key, (_, value) in high.items.items()),
    )


def _child(table: Table, key: str) -> Node | None:
    return table.items[key][1] if key in table.items else None


def _same(one: Node | None, other: Node | None) -> bool:
    if one is None or other is None:
        return one is other
    return nodes.same(one, other)


def _continues(shorter: tuple[Node, ...], longer: tuple[Node, ...]) -> bool:
    """Whether a list of names goes on where another ends."""
    return (
        0 < len(shorter) < len(longer)
        and all(isinstance(item, Scalar) for item in longer)
        and all(map(nodes.same, shorter, longer))
    )


def of(edits: Iterable[Edit], order: Table) -> Change:
    """The edits as one change, with keys in the order of another tree."""
    every = tuple(edits)
    tree = NOTHING
    for edit in every:
        if not isinstance(edit, Remove):
            tree = merge.overlay(tree, _nested(edit.path, edit.node))
    return Change(
        tree=ordered(tree, order),
        append=tuple(edit.path for edit in every if isinstance(edit, Append)),
        remove=tuple(edit.path for edit in every if isinstance(edit, Remove)),
    )


def _nested(path: Path, node: Node) -> Table:
    for key in reversed(path):
        node = Table({key: (NOWHERE, node)}, NOWHERE)
    if not isinstance(node, Table):
        raise TypeError("a config is a mapping")
    return node


def ordered(tree: Table, order: Node | None) -> Table:
    """A tree with its keys in the order that another has them; the rest at the end."""
    known = order.items if isinstance(order, Table) else {}
    place = {key: number for number, key in enumerate(known)}
    keys = sorted(tree.items, key=lambda key: place.get(key, len(place)))
    return Table(
        {
            key: (tree.items[key][0], _ordered(tree.items[key][1], known.get(key)))
            for key in keys
        },
        tree.where,
    )


def _ordered(node: Node, order: tuple[Where, Node] | None) -> Node:
    return (
        ordered(node, order[1] if order else None) if isinstance(node, Table) else node
    )


def apply(low: Table, change: Change) -> Table:
    """The config with a change on top of it."""
    for path in change.remove:
        low = _without(low, path)
    high = change.tree
    for path in change.append:
        high = _joined(low, high, path)
    return merge.overlay(low, high)


def at(node: Node, path: Path) -> Node | None:
    """What stands at a path; None when nothing does."""
    for key in path:
        if not isinstance(node, Table) or key not in node.items:
            return None
        node = node.items[key][1]
    return node


def replaced(tree: Table, path: Path, node: Node | None) -> Table:
    """The tree with another value at a path it has; None takes the key away."""
    key, *rest = path
    items = dict(tree.items)
    if key not in items:
        return tree
    where, inner = items[key]
    if rest and isinstance(inner, Table):
        items[key] = (where, replaced(inner, tuple(rest), node))
    elif not rest and node is not None:
        items[key] = (where, node)
    elif not rest:
        del items[key]
    return Table(items, tree.where)


def _without(tree: Table, path: Path) -> Table:
    return replaced(tree, path, None)


def _joined(low: Table, high: Table, path: Path) -> Table:
    below, above = at(low, path), at(high, path)
    if isinstance(below, Sequence) and isinstance(above, Sequence):
        whole = Sequence((*below.items, *above.items), above.where)
        return replaced(high, path, whole)
    return high


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Everything with nothing inside, by its path; an index of a list is a key."""
    match node:
        case Table(items) if items:
            for key, (_, value) in items.items():
                yield from leaves(value, (*path, key))
        case Sequence(items) if items:
            for number, item in enumerate(items):
                yield from leaves(item, (*path, str(number)))
        case _:
            yield path, node
