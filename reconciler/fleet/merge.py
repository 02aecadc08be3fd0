"""Merging trees: maps deep, scalars and lists replaced, null is a value.

Called by `render.py`. `overlay` is for layers of which the later wins; `unite` is for
equals, where no one may win silently. Every leaf keeps the place it was written.
"""

from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.nodes import Node, Table, same

CONFLICT: Final = "E070"


def overlay(low: Table, high: Table) -> Table:
    """`high` over `low`. Keys keep the order in which they first appear.

    Layers are laid from the lowest up: a null in between wipes what is below it.
    """
    items = dict(low.items)
    for key, (where, value) in high.items.items():
        under = items.get(key)
        if under and isinstance(value, Table) and isinstance(under[1], Table):
            items[key] = (under[0], overlay(under[1], value))
        else:
            items[key] = (where, value)
    return Table(items, low.where)


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
    """Both, and every path on which they disagree; there the value of `one` stands."""
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
        elif not same(held, value):
            conflicts.append(Conflict((*path, key), first, where))
    return Table(items, one.where)
