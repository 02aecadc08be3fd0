"""Kind `Inventory`: which labels Git gives to agents, by what they are known as.

    entries:
      - match: {attributes: {host.name: edge-17}, certificate: [edge-17.acme.example]}
        labels: {role: edge}
      - match: {enrolment: eu-gateways}
        labels: {role: gateway}

An entry with errors concerns the agents it matches. One of which nobody can say whom it
matches may concern anybody.
"""

from dataclasses import replace
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.documents import Inventory, InventoryEntry
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.reading.kinds.document import Document
from reconciler.fleet.syntax.fields import WRONG_VALUE, Fields, describe
from reconciler.fleet.syntax.nodes import Node, Table

_FACTS: Final = ("attributes", "certificate", "enrolment")


def read(document: Document) -> Inventory | None:
    """An inventory; None without entries that could be used."""
    spec = document.spec(("entries",))
    if not spec.require("entries", "list entries of `match` and `labels`"):
        return None
    faults = len(findings.errors(document.report.findings))
    items = tuple(spec.items("entries"))
    understood = len(findings.errors(document.report.findings)) == faults
    entries = [_entry(name, item, document.report) for name, item in items]
    found = tuple(entry for entry in entries if entry)
    document.contained = understood and len(found) == len(entries)
    return Inventory(document.name, document.where, found)


def hold(made: Inventory, wrong: tuple[Finding, ...]) -> Inventory:
    """The inventory with these errors alone: of a whole document, against every entry.

    What a comment silences is not among them.
    """
    told = {why for entry in made.entries for why in entry.why}
    general = tuple(one for one in wrong if one not in told)
    held = tuple(
        replace(one, why=(*general, *(why for why in one.why if why in wrong)))
        for one in made.entries
    )
    return replace(made, entries=held)


def _entry(name: str, item: Node, report: Report) -> InventoryEntry | None:
    if not isinstance(item, Table):
        message = f"`{name}` must be a mapping, not {describe(item)}"
        report.error(WRONG_VALUE, message, where=item.where)
        return None
    faults = Report()
    fields = Fields(item, name, known=("match", "labels"), report=faults)
    entry = _match(fields, faults)
    if fields.require("labels", "say what such agents are labelled"):
        labels = dict(fields.pairs("labels"))
        entry = entry and replace(entry, labels=labels)
    report.add(*faults.findings)
    return entry and replace(entry, why=findings.errors(faults.findings))


def _match(entry: Fields, report: Report) -> InventoryEntry | None:
    """Whom an entry is for; None when nobody can say."""
    if not entry.require("match", "say which agents it is for"):
        return None
    faults = Report()
    table = entry.table("match")
    if table is None:
        return None
    match = Fields(table, entry.name("match"), known=_FACTS, report=faults)
    attributes = dict(match.pairs("attributes"))
    certificate = frozenset(name for name, _ in match.one_or_more("certificate"))
    enrolment = match.text("enrolment") if "enrolment" in match else None
    if not (attributes or certificate or enrolment or faults.findings):
        faults.error(
            WRONG_VALUE,
            f"`{entry.name('match')}` asks for nothing",
            where=table.where,
            hint="give `attributes`, `certificate` or `enrolment`",
        )
    report.add(*faults.findings)
    if faults.findings:
        return None
    return InventoryEntry(entry.where, attributes, certificate, enrolment, {})
