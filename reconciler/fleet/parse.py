"""From a snapshot to a fleet: finds the documents, reads them, gathers every finding.

Called by the controller's side for each new revision and by `reconciler lint`. Never
raises for a bad repo and never takes an error for emptiness. An error in a document
concerns those whom it selects, and stops nobody else; an error of which nobody can say
whom it concerns is fatal: such a fleet is not put in force, and the last one stays.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias, TypeVar

from reconciler.errors import Where
from reconciler.fleet import findings, spelling
from reconciler.fleet.documents import API_VERSION, Broken, Fleet, Kind
from reconciler.fleet.files import Cache, Files
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.kinds import config, fleet, group, variables
from reconciler.fleet.kinds.document import MISPLACED, Document
from reconciler.fleet.kinds.fleet import Root
from reconciler.fleet.nodes import Scalar, Table
from reconciler.fleet.snapshot import Snapshot, SourceFile
from reconciler.ids import GroupName

EMPTY_REPOSITORY: Final = "E008"
REFUSED_FILE: Final = "W009"

_ROOT: Final = Where("fleet.yaml")
_HARMLESS: Final = frozenset({Kind.CONFIG_TEST, Kind.DISTRIBUTION})
"""Kinds that no agent depends on: without them something is not checked."""

_Found: TypeAlias = dict[Kind, list[Table]]


def parse(snapshot: Snapshot, cache: Cache | None = None) -> Fleet:
    """The fleet of a snapshot with everything there is to say about it.

    Args:
        snapshot: The files of one revision.
        cache: Handed in again for the next revision, it saves composing equal files.
    """
    files = Files(snapshot, cache)
    reader = _Reader(files)
    found = _find(files, reader.fatal)
    root = _root(found, reader, snapshot)
    groups = reader.read(
        Kind.AGENT_GROUP, found, lambda one: group.read(one, root.policy)
    )
    configs = reader.read(Kind.COLLECTOR_CONFIG, found, config.read)
    values = reader.read(Kind.VARIABLES, found, variables.read).values()
    _check_refused(snapshot, files, reader.others)
    broken = {one.name for one in reader.broken if one.kind is Kind.COLLECTOR_CONFIG}
    ranked = sorted(configs.values(), key=lambda one: (one.priority, one.name))
    return Fleet(
        revision=snapshot.revision,
        name=root.name,
        status_prefix=root.status_prefix,
        policy=root.policy,
        groups={GroupName(name): groups[name] for name in sorted(groups)},
        configs={one.name: one for one in ranked if one.name not in broken},
        findings=reader.findings,
        fatal=reader.fatal.findings,
        broken=tuple(reader.broken),
        variables=tuple(sorted(values, key=lambda one: (one.priority, one.name))),
        scopes=root.scopes,
        guard=root.guard,
    )


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def where(self) -> Where: ...


_Document = TypeVar("_Document", bound=_Named)


class _Reader:
    """Reads documents one by one, and tells apart whom their faults concern.

    Attributes:
        fatal: Faults that may concern anybody.
        others: Faults that keep nothing back from agents.
        broken: Documents with errors, and whom they select.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self.fatal = Report()
        self.others = Report()
        self.broken: list[Broken] = []

    @property
    def findings(self) -> tuple[findings.Finding, ...]:
        """Everything that was found."""
        all_of_them = Report()
        all_of_them.add(*self.fatal.findings, *self.others.findings)
        return all_of_them.findings

    def read(
        self,
        kind: Kind,
        found: _Found,
        read: Callable[[Document], _Document | None],
    ) -> dict[str, _Document]:
        """The first document of each name, in order of path and line."""
        known: dict[str, _Document] = {}
        by_name: dict[str, list[Document]] = defaultdict(list)
        documents = [Document(table, self.files, Report()) for table in found[kind]]
        for document in documents:
            made = read(document)
            if made is not None:
                known.setdefault(made.name, made)
                by_name[made.name].append(document)
        for same in by_name.values():
            _check_unique(same)
        for document in documents:
            self._sort(kind, document)
        return known

    def _sort(self, kind: Kind, document: Document) -> None:
        found = document.report.findings
        wrong = findings.errors(found)
        if wrong and kind not in _HARMLESS and document.selector is None:
            self.fatal.add(*found)
            return
        self.others.add(*found)
        if wrong and document.selector is not None:
            name, where = document.name, document.where
            self.broken.append(Broken(kind, name, where, document.selector, wrong))


def _check_unique(same: list[Document]) -> None:
    """Of documents that share a name, nobody can say which one is meant."""
    first, *others = same
    for other in others:
        taken = findings.error(
            MISPLACED,
            f"the name `{other.name}` is taken at {first.where}",
            other.where,
            "names are unique in a kind",
        )
        first.report.add(taken)
        other.report.add(taken)


def _find(files: Files, report: Report) -> _Found:
    found: _Found = defaultdict(list)
    for file in files.yaml():
        if not (_has(file, b"kind") or _has(file, _OURS)):
            continue
        try:
            documents = files.compose(file)
        except Fault as fault:
            # Of files that nobody can read, those of others are not our business.
            if _has(file, _OURS):
                report.add(fault.finding)
            continue
        for document in documents:
            if isinstance(document, Table):
                _sort_in(document, found, report)
    return found


_OURS: Final = b"reconciler/"


def _has(file: SourceFile, word: bytes) -> bool:
    """Whether a word is in a file, be it UTF-8 or UTF-16."""
    return word in file.content.replace(b"\x00", b"")


def _sort_in(document: Table, found: _Found, report: Report) -> None:
    if not _is_ours(document, report):
        return
    kind = _scalar(document, "kind")
    if kind in _KINDS:
        found[Kind(kind)].append(document)
        return
    report.error(
        MISPLACED,
        f"unknown kind `{kind}`" if kind else "`kind` is missing",
        where=_place(document, "kind"),
        hint=spelling.hint(kind, _KINDS),
    )


_KINDS: Final = frozenset(kind.value for kind in Kind)


def _is_ours(document: Table, report: Report) -> bool:
    version = _scalar(document, "apiVersion")
    if version == API_VERSION:
        return True
    near = spelling.nearest(version, (API_VERSION,), cutoff=_SIMILAR)
    missing = not version and _scalar(document, "kind") in _KINDS
    if near or missing or version.startswith("reconciler/"):
        message = f"unknown apiVersion `{version}`" if version else "no apiVersion"
        report.error(
            MISPLACED,
            message,
            where=_place(document, "apiVersion"),
            hint=f"write `apiVersion: {API_VERSION}`",
        )
    return False


_SIMILAR: Final = 0.8
_MOST_REFUSED: Final = 50


def _scalar(document: Table, key: str) -> str:
    if key not in document.items:
        return ""
    node = document.items[key][1]
    return str(node.value) if isinstance(node, Scalar) else ""


def _place(document: Table, key: str) -> Where:
    return document.items[key][1].where if key in document.items else document.where


def _root(found: _Found, reader: _Reader, snapshot: Snapshot) -> Root:
    tables = found[Kind.FLEET]
    for extra in tables[1:]:
        reader.fatal.error(
            MISPLACED,
            f"a second Fleet; the first stands at {tables[0].where}",
            where=extra.where,
            hint="a repository holds one fleet",
        )
    if tables:
        return fleet.read(Document(tables[0], reader.files, reader.fatal))
    if snapshot.files:
        reader.fatal.error(
            MISPLACED,
            "no document of kind Fleet",
            where=_ROOT,
            hint=f"add fleet.yaml with apiVersion {API_VERSION}, kind and metadata",
        )
    else:
        reader.fatal.error(
            EMPTY_REPOSITORY,
            "the repository has no files",
            where=_ROOT,
            hint="an empty repository never means an empty fleet; nothing was changed",
        )
    return Root()


def _check_refused(snapshot: Snapshot, files: Files, report: Report) -> None:
    unnamed = (path for path in sorted(snapshot.refused) if path not in files.refused)
    for path in itertools.islice(unnamed, _MOST_REFUSED):
        refused = snapshot.refused[path]
        report.warning(
            REFUSED_FILE,
            f"not read: {refused.reason}",
            where=Where(path),
            hint=refused.hint,
        )
