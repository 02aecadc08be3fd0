"""`spec.lists` of a `CollectorConfig`: what it does to lists of documents below it."""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet.documents import ListMerge, ListRule
from reconciler.fleet.findings import Report
from reconciler.fleet.syntax import fields
from reconciler.fleet.syntax.fields import Fields
from reconciler.fleet.syntax.nodes import Node, Table

MOST_RULES: Final = 100

_SIDES: Final = ("before", "after")


def read(spec: Fields, report: Report) -> Iterator[ListRule]:
    """The rules that can be used, in order."""
    items = tuple(spec.items("lists"))
    if len(items) > MOST_RULES:
        spec.refuse("lists", f"a list of at most {MOST_RULES} rules")
        return
    for name, item in items:
        if not isinstance(item, Table):
            message = f"`{name}` must be a mapping, not {fields.describe(item)}"
            report.error(fields.WRONG_VALUE, message, where=item.where)
        elif rule := _rule(name, item, report):
            yield rule


def _rule(name: str, table: Table, report: Report) -> ListRule | None:
    known = ("path", "merge", "before", "after", "key")
    rule = Fields(table, name, known=known, report=report)
    rule.require("path", "name the list, as in `/service/extensions`")
    rule.require("merge", f"one of {', '.join(ListMerge)}")
    path, merge = rule.pattern("path"), rule.choice("merge", ListMerge.APPEND)
    anchor = _anchor(rule, table, merge, report)
    _check_key(rule, merge, report)
    if path is None:
        return None
    return ListRule(
        path,
        merge,
        table.where,
        anchor=anchor,
        before="before" in rule,
        key=rule.text("key"),
    )


def _anchor(
    rule: Fields, table: Table, merge: ListMerge, report: Report
) -> Node | None:
    """The item that new ones are put before or after: one for `insert`, else none."""
    named = [side for side in _SIDES if side in rule]
    if len(named) != (merge is ListMerge.INSERT):
        only = "exactly one" if merge is ListMerge.INSERT else "none"
        report.error(
            fields.WRONG_VALUE,
            f"`merge: {merge}` takes {only} of `before` and `after`",
            where=rule.where,
            hint="they name the item that `merge: insert` puts new ones next to",
        )
    return table.items[named[0]][1] if named else None


def _check_key(rule: Fields, merge: ListMerge, report: Report) -> None:
    if bool(rule.text("key")) != (merge is ListMerge.BY_KEY):
        needed = "needs a" if merge is ListMerge.BY_KEY else "takes no"
        report.error(
            fields.WRONG_VALUE,
            f"`merge: {merge}` {needed} `key`",
            where=rule.place("key"),
            hint="it names the field by which `merge: byKey` pairs mappings",
        )
