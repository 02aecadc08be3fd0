"""Kind `ConfigTest`: what an agent with given labels must get.

    labels: {role: gateway, deployment.environment.name: production}
    expect:
      group: gateways-production
      documents: [base, gateway, production]
      values: {/processors/batch/timeout: 5s}
      absent: [/exporters/debug]
      findings: [E014]

No agent depends on it: `reconciler test` runs it, and so does a pull request.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.documents import COLLECTOR_ENTRY, ConfigTest, Expected
from reconciler.fleet.findings import Report
from reconciler.fleet.reading.kinds.document import Document
from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.fields import WRONG_VALUE, Fields
from reconciler.fleet.syntax.nodes import Table
from reconciler.fleet.syntax.pointers import Path

_EXPECTED: Final = ("group", "documents", "values", "absent", "findings")
_HOW: Final = "expect at least one of " + ", ".join(f"`{one}`" for one in _EXPECTED)


def read(document: Document) -> ConfigTest | None:
    """A test; None without a name or anything that it expects."""
    report = document.report
    spec = document.spec(("labels", "entry", "expect"))
    spec.require("labels", "write `labels: {}` for an agent without any")
    labels = dict(spec.pairs("labels"))
    entry = spec.text("entry", COLLECTOR_ENTRY)
    table = spec.table("expect") if spec.require("expect", _HOW) else None
    if table is None:
        return None
    expect = Fields(table, "spec.expect", known=_EXPECTED, report=report)
    if not table.items:
        report.error(WRONG_VALUE, "this expects nothing", where=table.where, hint=_HOW)
    return ConfigTest(
        document.name,
        document.where,
        labels,
        entry=entry,
        group=_group(expect),
        documents=_names(expect, "documents"),
        values=tuple(_values(expect, report)),
        absent=tuple(_absent(expect, report)),
        findings=_names(expect, "findings"),
    )


def _group(expect: Fields) -> tuple[Where, str] | None:
    if "group" not in expect:
        return None
    return expect.place("group"), expect.text("group")


def _names(expect: Fields, key: str) -> tuple[Where, tuple[str, ...]] | None:
    if key not in expect:
        return None
    return expect.place(key), tuple(name for name, _ in expect.texts(key))


def _values(expect: Fields, report: Report) -> Iterator[tuple[Path, Expected]]:
    table = expect.table("values") or Table({}, expect.where)
    for text, (where, value) in table.items.items():
        path = _pointer(text, where, report)
        if path is not None:
            yield path, Expected(where, value)


def _absent(expect: Fields, report: Report) -> Iterator[tuple[Path, Where]]:
    for text, where in expect.texts("absent"):
        path = _pointer(text, where, report)
        if path is not None:
            yield path, where


def _pointer(text: str, where: Where, report: Report) -> Path | None:
    try:
        return pointers.parse(text)
    except ValueError as wrong:
        report.error(
            WRONG_VALUE,
            f"`{text[:80]}` is not a JSON Pointer: {wrong}",
            where=where,
            hint="write `/processors/batch/timeout`",
        )
        return None
