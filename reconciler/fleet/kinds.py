"""The kinds of documents: from a mapping to a checked dataclass.

Called by `parse.py` with one document at a time. Each reader reports every fault it
sees and answers with the document, or None when nothing usable is left of it.
"""

import re
from collections.abc import Collection
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import collector, fields, selectors
from reconciler.fleet.documents import (
    COLLECTOR_ENTRY,
    DEFAULT_GROUP,
    AgentGroup,
    CollectorConfig,
    Fragment,
    GroupPolicy,
)
from reconciler.fleet.fields import Fields
from reconciler.fleet.files import Files
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.nodes import Table
from reconciler.ids import GroupName

MISPLACED: Final = "E005"

FLEET: Final = "Fleet"
AGENT_GROUP: Final = "AgentGroup"
COLLECTOR_CONFIG: Final = "CollectorConfig"
KINDS: Final = (FLEET, AGENT_GROUP, COLLECTOR_CONFIG)

MOST_FILES: Final = 50

_POLICY: Final = (
    "suspend",
    "requireAgents",
    "drift",
    "soak",
    "answerTimeout",
    "applyTimeout",
)
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
_CONTEXT = re.compile(r"[A-Za-z0-9._-]{1,50}(/[A-Za-z0-9._-]{1,50}){0,3}")


class Document:
    """One document with the parts all kinds share, and where its faults go."""

    def __init__(self, table: Table, files: Files, report: Report) -> None:
        self.where = table.where
        self.files = files
        self.report = report
        self.top = Fields(
            table,
            "",
            known=("apiVersion", "kind", "metadata", "spec"),
            report=report,
        )
        self.name = self._name()

    def spec(self, known: Collection[str]) -> Fields:
        """The fields of `spec`; an absent one has none."""
        table = self.top.table("spec") or Table({}, self.where)
        return Fields(table, "spec", known=known, report=self.report)

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
        name = metadata.text("name")
        if name and not _NAME.fullmatch(name):
            self.report.error(
                MISPLACED,
                f"`{name[:80]}` is not a name",
                where=metadata.place("name"),
                hint="use up to 63 lower-case letters, digits, `-` and `.`",
            )
        return name


def fleet(document: Document) -> tuple[str, GroupPolicy]:
    """The status context prefix, and the policy that groups start from."""
    spec = document.spec(("statuses", "defaults"))
    statuses = Fields(
        spec.table("statuses") or Table({}, document.where),
        "spec.statuses",
        known=("context",),
        report=document.report,
    )
    prefix = statuses.text("context", "fleet")
    if not _CONTEXT.fullmatch(prefix):
        statuses.refuse("context", "words of letters and digits, joined by `/`")
    defaults = Fields(
        spec.table("defaults") or Table({}, document.where),
        "spec.defaults",
        known=_POLICY,
        report=document.report,
    )
    return prefix, _policy(defaults, GroupPolicy())


def agent_group(document: Document, defaults: GroupPolicy) -> AgentGroup | None:
    """A group; None without a name or selector that could be used."""
    spec = document.spec(("selector", "priority", *_POLICY))
    if document.name == DEFAULT_GROUP:
        document.report.error(
            MISPLACED,
            "the group `default` is there by itself",
            where=document.where,
            hint="set its policy in `spec.defaults` of the Fleet",
        )
    selector = selectors.read(spec, document.report)
    priority = spec.integer("priority", 0)
    policy = _policy(spec, defaults)
    if not document.name or selector is None:
        return None
    name = GroupName(document.name)
    return AgentGroup(name, document.where, selector, priority, policy)


def _policy(spec: Fields, defaults: GroupPolicy) -> GroupPolicy:
    return GroupPolicy(
        suspend=spec.boolean("suspend", default=defaults.suspend),
        require_agents=spec.boolean("requireAgents", default=defaults.require_agents),
        drift=spec.choice("drift", defaults.drift),
        soak=spec.seconds("soak", defaults.soak),
        answer_timeout=spec.seconds("answerTimeout", defaults.answer_timeout, least=1),
        apply_timeout=spec.seconds("applyTimeout", defaults.apply_timeout, least=1),
    )


def collector_config(document: Document) -> CollectorConfig | None:
    """A config; None without a name, selector or content that could be used."""
    spec = document.spec(
        ("selector", "priority", "files", "config", "entry", "allowEmpty")
    )
    selector = selectors.read(spec, document.report)
    priority = spec.integer("priority", 0)
    entry = spec.text("entry", COLLECTOR_ENTRY)
    allow_empty = spec.boolean("allowEmpty", default=False)
    fragments = _fragments(spec, document)
    if entry == COLLECTOR_ENTRY:
        for fragment in fragments:
            document.report.add(*collector.check_fragment(fragment.node))
    if not document.name or selector is None or not fragments:
        return None
    return CollectorConfig(
        document.name,
        document.where,
        selector,
        priority,
        fragments,
        entry=entry,
        allow_empty=allow_empty,
    )


def _fragments(spec: Fields, document: Document) -> tuple[Fragment, ...]:
    if ("files" in spec) == ("config" in spec):
        document.report.error(
            fields.WRONG_VALUE,
            "exactly one of `spec.files` and `spec.config` is needed",
            where=spec.where,
            hint="list files of Collector YAML, or write the config in place",
        )
        return ()
    if "config" in spec:
        table = spec.table("config")
        return (Fragment(table, None),) if table else ()
    names = tuple(spec.texts("files"))
    if not 1 <= len(names) <= MOST_FILES:
        spec.refuse("files", f"a list of 1 to {MOST_FILES} files")
        return ()
    fragments = [_fragment(name, where, document) for name, where in names]
    found = tuple(fragment for fragment in fragments if fragment)
    return found if len(found) == len(fragments) else ()


def _fragment(name: str, where: Where, document: Document) -> Fragment | None:
    try:
        file = document.files.named(name, where)
        composed = document.files.compose(file)
    except Fault as fault:
        document.report.add(fault.finding)
        return None
    if len(composed) == 1 and isinstance(composed[0], Table):
        return Fragment(composed[0], file.content)
    place, what = Where(file.path), "empty"
    if len(composed) > 1:
        place, what = composed[1].where, f"{len(composed)} documents"
    elif composed:
        place, what = composed[0].where, fields.kind_of(composed[0])
    document.report.error(
        fields.WRONG_VALUE,
        f"a file of Collector config is one mapping; this is {what}",
        where=place,
        hint="write `{}` for a config that is meant to be empty",
    )
    return None
