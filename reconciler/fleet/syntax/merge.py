"""Merging trees: maps deep, scalars and lists replaced, null is a value.

Called by `layers.py`. `overlay` is for layers of which the later wins; `unite` is for
equals, where no one may win silently; `remove` takes away. Every leaf keeps the place
it was written, and what a merge does not touch is shared with the trees it came from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.nodes import Node, Sequence, Table, same
from reconciler.fleet.syntax.pointers import Pattern, Walk

CONFLICT: Final = "E070"


def overlay(low: Table, high: Table) -> Table:
    """`high` over `low`. Keys keep the order in which they first appear.

    Layers are laid from the lowest up: a null in between wipes what is below it.
    """
    if not (low.items and high.items):
        return high if high.items else low
    laid: dict[str, tuple[Where, Node]] = {}
    for key, (where, value) in high.items.items():
        under = low.items.get(key)
        if not (under and isinstance(value, Table) and isinstance(under[1], Table)):
            laid[key] = (where, value)
        elif (both := overlay(under[1], value)) is not under[1]:
            laid[key] = (under[0], both)
    return Table({**low.items, **laid}, low.where) if laid else low


def remove(tree: Table, patterns: Iterable[Pattern]) -> Table:
    """The tree without what lies at these paths; itself when nothing does.

    A path may go on into a list, whose items are counted before any is removed.
    """
    left = _without(tree, pointers.walk(patterns))
    return left if isinstance(left, Table) else tree


def _without(node: Node, walk: Walk) -> Node:
    match node if walk else None:
        case Table(pairs):
            kept: dict[str, tuple[Where, Node]] = {}
            for key, (where, value) in pairs.items():
                ahead = walk.into(key)
                if not ahead.ends:
                    kept[key] = (where, _without(value, ahead))
            changed = len(kept) < len(pairs) or any(
                kept[key][1] is not value for key, (_, value) in pairs.items()
            )
            return Table(kept, node.where) if changed else node
        case Sequence(items):
            numbered = ((walk.into(str(n)), item) for n, item in enumerate(items))
            left = tuple(
                _without(item, ahead) for ahead, item in numbered if not ahead.ends
            )
            changed = len(left) < len(items) or any(
                new is not old for new, old in zip(left, items, strict=True)
            )
            return Sequence(left, node.where) if changed else node
        case _:
            return node


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two equals that give one path different values."""

    path: tuple[str, ...]
    one: Where
    other: Where


def describe(conflict: Conflict) -> Finding:
    """The conflict as an error that names both places, whichever came first."""
    one, other = sorted((conflict.one, conflict.other))
    path = ".".join(conflict.path)
    return findings.error(
        CONFLICT,
        f"`{path}` is set to different values at {one} and {other}, "
        "by documents of equal priority",
        other,
        "give one document a higher priority, or set the value in one place",
    )


def unite(one: Table, other: Table) -> tuple[Table, tuple[Conflict, ...]]:
    """Both, and every path on which they disagree; there the value of `one` stands.

    Where they agree, the place of `other` does.
    """
    conflicts: list[Conflict] = []
    return _unite(one, other, (), conflicts), tuple(conflicts)


def _unite(
    one: Table, other: Table, path: tuple[str, ...], conflicts: list[Conflict]
) -> Table:
    items: dict[str, tuple[Where, Node]] = dict(one.items)
    for key, (where, value) in other.items.items():
        if key not in items:
            items[key] = (where, value)
            continue
        first, held = items[key]
        if isinstance(held, Table) and isinstance(value, Table):
            items[key] = (first, _unite(held, value, (*path, key), conflicts))
        elif same(held, value):
            items[key] = (where, value)
        else:
            conflicts.append(Conflict((*path, key), first, where))
    return Table(items, one.where)
