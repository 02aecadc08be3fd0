"""List rules: what a document adds to a list instead of replacing it.

Called by `layers.py`: `split` takes the lists of a document that have a rule out of its
tree, `lay` puts each to the list that lies below. Every item keeps its own place.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet.documents import ListMerge, ListRule
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.syntax import fields, hashing, merge, nodes, pointers
from reconciler.fleet.syntax.merge import Conflict
from reconciler.fleet.syntax.nodes import Node, Scalar, Table
from reconciler.fleet.syntax.nodes import Sequence as List
from reconciler.fleet.syntax.pointers import Path, Walk

LIST_RULE: Final = "E076"

_Items: TypeAlias = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    """A list of a document that is put to another one.

    Attributes:
        where: Its key.
    """

    rule: ListRule
    path: Path
    where: Where
    list: List


def split(
    tree: Table, rules: Sequence[ListRule], report: Report
) -> tuple[Table, tuple[Contribution, ...]]:
    """The tree without the lists that have a rule, and those lists.

    A rule that finds no list, or one that has a rule already, goes to the report.
    """
    if not rules:
        return tree, ()
    splitter = _Splitter(rules, report)
    rest = splitter.split(tree, (), pointers.walk(rule.path for rule in rules))
    for number, rule in enumerate(rules):
        if number not in splitter.used:
            message = f"this document has no list at `{rule.path}`"
            hint = "write the items to put there in its config, or delete the rule"
            report.error(LIST_RULE, message, where=rule.where, hint=hint)
    return rest, tuple(splitter.found)


class _Splitter:
    def __init__(self, rules: Sequence[ListRule], report: Report) -> None:
        self._rules = rules
        self._report = report
        self.found: list[Contribution] = []
        self.used: set[int] = set()

    def split(self, table: Table, path: Path, walk: Walk) -> Table:
        kept: dict[str, tuple[Where, Node]] = {}
        for key, (where, value) in table.items.items():
            ahead = walk.into(key)
            if ahead.ends and isinstance(value, List):
                self.used.update(ahead.ends)
                first, *others = (self._rules[number] for number in ahead.ends)
                self.found.append(Contribution(first, (*path, key), where, value))
                self._refuse(first, others)
            elif ahead and isinstance(value, Table):
                kept[key] = (where, self.split(value, (*path, key), ahead))
            else:
                kept[key] = (where, value)
        return Table(kept, table.where)

    def _refuse(self, first: ListRule, others: Iterable[ListRule]) -> None:
        for other in others:
            self._report.error(
                LIST_RULE,
                f"the list at `{other.path}` has a rule already, at {first.where}",
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


def lay(tree: Table, contributions: Iterable[Contribution], report: Report) -> Table:
    """The tree with the lists of one document put to those that lie at their paths.

    A rule that cannot be carried out goes to the report, and changes nothing.
    """
    return _lay(tree, tuple(contributions), 0, report)


def _lay(
    tree: Table, contributions: Iterable[Contribution], depth: int, report: Report
) -> Table:
    """All of them in one go: a table may hold thousands of lists with one rule."""
    by_key: dict[str, list[Contribution]] = {}
    for one in contributions:
        by_key.setdefault(one.path[depth], []).append(one)
    changed: dict[str, tuple[Where, Node]] = {}
    for key, below in by_key.items():
        where, held = tree.items.get(key, (below[0].where, None))
        laid = held
        if depth + 1 == len(below[0].path):
            laid = _put_or_keep(held, below[0], report)
        elif isinstance(held, Table):
            laid = _lay(held, below, depth + 1, report)
        # Else an equal document set something there, and is told of as that.
        if laid is not None and laid is not held:
            changed[key] = (where, laid)
    return Table({**tree.items, **changed}, tree.where) if changed else tree


def _put_or_keep(
    held: Node | None, contribution: Contribution, report: Report
) -> Node | None:
    try:
        return _put_to(held, contribution)
    except Fault as fault:
        report.add(fault.finding)
        return held


def _put_to(held: Node | None, contribution: Contribution) -> Node:
    rule, new = contribution.rule, contribution.list
    match held:
        case None | Scalar(None):
            return List(_put_items((), new.items, rule), new.where)
        case List(items):
            laid = _put_items(items, new.items, rule)
            return held if laid is items else List(laid, held.where)
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
            return held[:at] + new + held[at:] if new else held
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
        if index == len(laid):
            laid.append(item)
        elif isinstance(under := laid[index], Table):
            laid[index] = merge.overlay(under, item)
    return tuple(laid) if new else held


def _key_of(item: Node, key: str) -> Scalar | None:
    """The value that names an item; null is none."""
    named = item.items.get(key) if isinstance(item, Table) else None
    if named and isinstance(named[1], Scalar) and named[1].value is not None:
        return named[1]
    return None
