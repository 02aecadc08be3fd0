"""From a snapshot to a fleet: finds the documents, reads them, gathers every finding.

Called by the controller's side for each new revision and by `reconciler lint`. Never
raises for a bad repo and never takes an error for emptiness: a fleet with errors among
its findings is not put in force, and the last good one stays.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from reconciler.errors import Where
from reconciler.fleet import kinds, spelling
from reconciler.fleet.documents import API_VERSION, Fleet, GroupPolicy
from reconciler.fleet.files import Cache, Files
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.nodes import Scalar, Table
from reconciler.fleet.snapshot import Snapshot, SourceFile
from reconciler.ids import GroupName

EMPTY_REPOSITORY: Final = "E008"
REFUSED_FILE: Final = "W009"

_ROOT: Final = Where("fleet.yaml")


@dataclass(slots=True)
class _Found:
    """The documents of a snapshot by kind, in order of path and line."""

    fleets: list[Table] = field(default_factory=list)
    groups: list[Table] = field(default_factory=list)
    configs: list[Table] = field(default_factory=list)


def parse(snapshot: Snapshot, cache: Cache | None = None) -> Fleet:
    """The fleet of a snapshot with everything there is to say about it.

    Args:
        snapshot: The files of one revision.
        cache: Handed in again for the next revision, it saves composing equal files.
    """
    report = Report()
    files = Files(snapshot, cache)
    found = _find(files, report)
    name, prefix, policy = _root(found, files, report, snapshot)
    groups = _by_name(
        (
            kinds.agent_group(kinds.Document(table, files, report), policy)
            for table in found.groups
        ),
        report,
    )
    configs = _by_name(
        (
            kinds.collector_config(kinds.Document(table, files, report))
            for table in found.configs
        ),
        report,
    )
    _check_refused(snapshot, files, report)
    ranked = sorted(configs.values(), key=lambda one: (one.priority, one.name))
    return Fleet(
        revision=snapshot.revision,
        name=name,
        status_prefix=prefix,
        policy=policy,
        groups={GroupName(name): groups[name] for name in sorted(groups)},
        configs={config.name: config for config in ranked},
        findings=report.findings,
    )


def _find(files: Files, report: Report) -> _Found:
    found = _Found()
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
    match _scalar(document, "kind"):
        case kinds.FLEET:
            found.fleets.append(document)
        case kinds.AGENT_GROUP:
            found.groups.append(document)
        case kinds.COLLECTOR_CONFIG:
            found.configs.append(document)
        case kind:
            report.error(
                kinds.MISPLACED,
                f"unknown kind `{kind}`" if kind else "`kind` is missing",
                where=_place(document, "kind"),
                hint=spelling.hint(kind, kinds.KINDS),
            )


def _is_ours(document: Table, report: Report) -> bool:
    version = _scalar(document, "apiVersion")
    if version == API_VERSION:
        return True
    near = spelling.nearest(version, (API_VERSION,), cutoff=_SIMILAR)
    missing = not version and _scalar(document, "kind") in kinds.KINDS
    if near or missing or version.startswith("reconciler/"):
        message = f"unknown apiVersion `{version}`" if version else "no apiVersion"
        report.error(
            kinds.MISPLACED,
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


def _root(
    found: _Found, files: Files, report: Report, snapshot: Snapshot
) -> tuple[str, str, GroupPolicy]:
    for extra in found.fleets[1:]:
        report.error(
            kinds.MISPLACED,
            f"a second Fleet; the first stands at {found.fleets[0].where}",
            where=extra.where,
            hint="a repository holds one fleet",
        )
    if found.fleets:
        document = kinds.Document(found.fleets[0], files, report)
        return document.name, *kinds.fleet(document)
    if snapshot.files:
        report.error(
            kinds.MISPLACED,
            "no document of kind Fleet",
            where=_ROOT,
            hint=f"add fleet.yaml with apiVersion {API_VERSION}, kind and metadata",
        )
    else:
        report.error(
            EMPTY_REPOSITORY,
            "the repository has no files",
            where=_ROOT,
            hint="an empty repository never means an empty fleet; nothing was changed",
        )
    return "", "fleet", GroupPolicy()


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def where(self) -> Where: ...


_Document = TypeVar("_Document", bound=_Named)


def _by_name(
    documents: Iterable[_Document | None], report: Report
) -> dict[str, _Document]:
    """The first of each name, in order of path and line."""
    known: dict[str, _Document] = {}
    for document in documents:
        if document is None:
            continue
        first = known.setdefault(document.name, document)
        if first is not document:
            report.error(
                kinds.MISPLACED,
                f"the name `{document.name}` is taken at {first.where}",
                where=document.where,
                hint="names are unique in a kind",
            )
    return known


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
