"""List rules: what a document adds to a list instead of replacing it.

Called by `layers.py`: `split` takes the lists of a document that have a rule out of its
tree, `lay` puts each to the list that lies below. Every item keeps its own place.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet import fields, hashing, merge, nodes, pointers
from reconciler.fleet.documents import ListMerge, ListRule
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.merge import Conflict
from reconciler.fleet.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.pointers import ANY, Path

LIST_RULE: Final = "E076"

_Items: TypeAlias = tuple[Node, ...]
_Ahead: TypeAlias = list[tuple[ListRule, Path]]


@dataclass(frozen=True, slots=True)
class Contribution:
    """A list of a document that is put to another one.

    Attributes:
        where: Its key.
    """

    rule: ListRule
    path: Path
    where: Where
    list: Sequence


def split(
    tree: Table, rules: Iterable[ListRule], report: Report
) -> tuple[Table, tuple[Contribution, ...]]:
    """The tree without the lists that have a rule, and those lists.

    A rule that finds no list, or one that has a rule already, goes to the report.
    """
    ahead = [(rule, rule.path.keys) for rule in rules]
    if not ahead:
        return tree, ()
    found: list[Contribution] = []
    rest = _split(tree, (), ahead, found, report)
    for rule, _ in ahead:
        if not any(rule.path.matches(one.path) for one in found):
            message = f"this document has no list at `{rule.path}`"
            hint = "write the items to put there in its config, or delete the rule"
            report.error(LIST_RULE, message, where=rule.where, hint=hint)
    return rest, tuple(found)


def _split(
    table: Table,
    path: Path,
    rules: _Ahead,
    found: list[Contribution],
    report: Report,
) -> Table:
    kept: dict[str, tuple[Where, Node]] = {}
    for key, (where, value) in table.items.items():
        ahead = [(rule, rest[1:]) for rule, rest in rules if rest[0] in (ANY, key)]
        here = [rule for rule, rest in ahead if not rest]
        if here and isinstance(value, Sequence):
            _check_single(here, report)
            found.append(Contribution(here[0], (*path, key), where, value))
        elif ahead and isinstance(value, Table):
            below = [(rule, rest) for rule, rest in ahead if rest]
            kept[key] = (where, _split(value, (*path, key), below, found, report))
        else:
            kept[key] = (where, value)
    return Table(kept, table.where)


def _check_single(rules: list[ListRule], report: Report) -> None:
    for other in rules[1:]:
        report.error(
            LIST_RULE,
            f"the list at `{other.path}` has a rule already, at {rules[0].where}",
            where=other.where,
            hint="name every list in one rule",
        )


def disagreements(contributions: Iterable[Contribution]) -> Iterator[Conflict]:
    """Where equals pair one item by its key and give one value of it two contents."""
    united: dict[tuple[Path, str, bytes], Table] = {}
    for one in contributions:
        for item in one.list.items if one.rule.merge is ListMerge.BY_KEY else ():
            name = _key_of(item, one.rule.key)
            if name is None or not isinstance(item, Table):
                continue
            at = (one.path, one.rule.key, hashing.identity(name))
            if at not in united:
                united[at] = item
                continue
            united[at], found = merge.unite(united[at], item)
            for conflict in found:
                path = (*one.path, str(name.value), *conflict.path)
                yield dataclasses.replace(conflict, path=path)


def lay(tree: Table, contribution: Contribution) -> Table:
    """The tree with a list put to the one that lies at its path.

    Raises:
        Fault: The rule cannot be carried out.
    """
    return _lay(tree, contribution.path, contribution)


def _lay(tree: Table, path: Path, contribution: Contribution) -> Table:
    key, *rest = path
    where, held = tree.items.get(key, (contribution.where, None))
    if not rest:
        return _put(tree, key, where, _put_to(held, contribution))
    # No mapping: an equal document set something else there, which is told as that.
    if not isinstance(held, Table):
        return tree
    return _put(tree, key, where, _lay(held, tuple(rest), contribution))


def _put(tree: Table, key: str, where: Where, value: Node) -> Table:
    return Table({**tree.items, key: (where, value)}, tree.where)


def _put_to(held: Node | None, contribution: Contribution) -> Node:
    rule, new = contribution.rule, contribution.list
    match held:
        case None | Scalar(None):
            return Sequence(_put_items((), new.items, rule), new.where)
        case Sequence(items):
            laid = _put_items(items, new.items, rule)
            return held if laid is items else Sequence(laid, held.where)
        case _:
            path, what = pointers.text(contribution.path), fields.kind_of(held)
            raise Fault(
                LIST_RULE,
                f"`{path}` is {what} at {held.where}, and takes no items",
                where=contribution.where,
                hint="make it a list there, or replace it here without a rule",
            )


def _put_items(held: _Items, new: _Items, rule: ListRule) -> _Items:
    match rule.merge:
        case ListMerge.APPEND:
            return held + new
        case ListMerge.PREPEND:
            return new + held
        case ListMerge.INSERT:
            return _insert(held, new, rule)
        case ListMerge.UNION:
            return _union(held, new)
        case ListMerge.BY_KEY:
            return _by_key(held, new, rule.key)


def _insert(held: _Items, new: _Items, rule: ListRule) -> _Items:
    for index, item in enumerate(held):
        if rule.anchor is not None and nodes.same(item, rule.anchor):
            at = index if rule.before else index + 1
            return held[:at] + new + held[at:]
    shown = fields.describe(rule.anchor) if rule.anchor else "nothing"
    message = f"no item {shown} to insert next to in the list at `{rule.path}`"
    raise Fault(LIST_RULE, message, where=rule.where, hint=_NO_ANCHOR)


_NO_ANCHOR: Final = (
    "the item must come from a document of lower priority, or of equal priority and "
    "an earlier name"
)


def _union(held: _Items, new: _Items) -> _Items:
    there = set(map(hashing.identity, held))
    missing: dict[bytes, Node] = {}
    for item in new:
        missing.setdefault(hashing.identity(item), item)
    added = tuple(item for same, item in missing.items() if same not in there)
    return held + added if added else held


def _by_key(held: _Items, new: _Items, key: str) -> _Items:
    laid = list(held)
    at: dict[bytes, int] = {}
    for index, item in enumerate(held):
        if name := _key_of(item, key):
            at.setdefault(hashing.identity(name), index)
    for item in new:
        name = _key_of(item, key)
        if name is None or not isinstance(item, Table):
            message = f"an item without `{key}`, by which this list is merged"
            raise Fault(LIST_RULE, message, where=item.where)
        index = at.setdefault(hashing.identity(name), len(laid))
        under = laid[index] if index < len(laid) else Table({}, item.where)
        laid[index:] = [_over(under, item), *laid[index + 1 :]]
    return tuple(laid)


def _over(under: Node, item: Table) -> Table:
    return merge.overlay(under, item) if isinstance(under, Table) else item


def _key_of(item: Node, key: str) -> Scalar | None:
    """The value that names an item; null is none."""
    named = item.items.get(key) if isinstance(item, Table) else None
    if named and isinstance(named[1], Scalar) and named[1].value is not None:
        return named[1]
    return None
