"""What documents of all kinds have in common: `apiVersion`, `kind`, `metadata`."""

import re
from collections.abc import Collection
from typing import Final

from reconciler.fleet.findings import Report
from reconciler.fleet.labels import Selector
from reconciler.fleet.reading import selectors
from reconciler.fleet.reading.files import Files
from reconciler.fleet.syntax.fields import Fields
from reconciler.fleet.syntax.nodes import Table

MISPLACED: Final = "E005"

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


class Document:
    """One document with the parts all kinds share, and where its faults go."""

    def __init__(self, table: Table, files: Files, report: Report) -> None:
        self.where = table.where
        self.selector: Selector | None = None
        """Whom it can concern at most, as soon as `select` was able to tell."""
        self.contained = False
        """Whether it is known whom its faults concern; else that may be anybody."""
        self.files = files
        self.report = report
        self.top = Fields(
            table,
            "",
            known=("apiVersion", "kind", "metadata", "spec"),
            report=report,
        )
        self.name_at = table.where
        self.name = self._name()

    def spec(self, known: Collection[str]) -> Fields:
        """The fields of `spec`; an absent one has none."""
        table = self.top.table("spec") or Table({}, self.where)
        return Fields(table, "spec", known=known, report=self.report)

    def select(self, spec: Fields) -> Selector | None:
        """`spec.selector`; None when it is missing or has a fault."""
        read = selectors.read(spec, self.report)
        self.selector = read.reach
        self.contained = read.reach is not None
        return read.selector

    def _name(self) -> str:
        if not self.top.require("metadata", "add `metadata: {name: ...}`"):
            return ""
        metadata = Fields(
            self.top.table("metadata") or Table({}, self.where),
            "metadata",
            known=("name", "annotations", "description", "owner"),
            report=self.report,
        )
        metadata.text("description")
        metadata.text("owner")
        metadata.table("annotations")
        if not metadata.require("name", "every document has a name"):
            return ""
        self.name_at = metadata.value_place("name")
        name = metadata.given("name")
        if name is None:
            return ""
        if not _NAME.fullmatch(name):
            self.report.error(
                MISPLACED,
                f"`{name[:80]}` is not a name",
                where=metadata.place("name"),
                hint="use up to 63 lower-case letters, digits, `-` and `.`",
            )
        return name
