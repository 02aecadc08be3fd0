"""Finds the documents of a fleet repo: by their kind, in any file and folder.

Called by `parse.py`. YAML of others may lie beside ours; what looks like one of our
documents and is none is told.
"""

from collections import defaultdict
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet.documents import API_VERSION, Kind
from reconciler.fleet.findings import Fault, Report
from reconciler.fleet.reading.files import Files
from reconciler.fleet.reading.kinds.document import MISPLACED
from reconciler.fleet.snapshot import SourceFile
from reconciler.fleet.syntax import spelling
from reconciler.fleet.syntax.nodes import Scalar, Table

Found: TypeAlias = dict[Kind, list[Table]]

_OURS: Final = b"reconciler/"
_KINDS: Final = frozenset(kind.value for kind in Kind)
_SIMILAR: Final = 0.8


def find(files: Files, report: Report) -> Found:
    """The documents by kind, in order of path and line; faults go to the report."""
    found: Found = defaultdict(list)
    for file in files.yaml():
        if not (_has(file, b"kind") or _has(file, _OURS)):
            continue
        try:
            documents = files.compose(file)
        except Fault as fault:
            # Of files that nobody can read, those of others are not our business.
            if _has(file, _OURS):
                report.add(*fault.findings)
            continue
        for document in documents:
            if isinstance(document, Table):
                _sort_in(document, found, report)
    return found


def _has(file: SourceFile, word: bytes) -> bool:
    """Whether a word is in a file, be it UTF-8 or UTF-16."""
    return word in file.content.replace(b"\x00", b"")


def _sort_in(document: Table, found: Found, report: Report) -> None:
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


def _scalar(document: Table, key: str) -> str:
    if key not in document.items:
        return ""
    node = document.items[key][1]
    return str(node.value) if isinstance(node, Scalar) else ""


def _place(document: Table, key: str) -> Where:
    return document.items[key][1].where if key in document.items else document.where
