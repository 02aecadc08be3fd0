"""Reads documents one by one, and tells apart whom their faults concern.

Held by `parse.py` while it makes one fleet. A fault belongs to the document that it is
in, and to those whom the document selects. One that nobody can place may concern
anybody, and is fatal.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet import scopes as folders
from reconciler.fleet.discovery import Found
from reconciler.fleet.documents import Broken, CollectorConfig, FolderScope, Kind
from reconciler.fleet.files import Files
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.ignores import Ignores
from reconciler.fleet.kinds import variables
from reconciler.fleet.kinds.document import MISPLACED, Document
from reconciler.fleet.labels import Selector

_HARMLESS: Final = frozenset({Kind.CONFIG_TEST, Kind.DISTRIBUTION})
"""Kinds that no agent depends on: without them something is not checked."""

_IN_SCOPED_FOLDERS: Final = frozenset({Kind.COLLECTOR_CONFIG, Kind.CONFIG_TEST})
"""Kinds that reach no further than the paths they touch."""


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def where(self) -> Where: ...


class _Ranked(_Named, Protocol):
    @property
    def priority(self) -> int: ...


_Made = TypeVar("_Made", bound=_Named)
_Ordered = TypeVar("_Ordered", bound=_Ranked)


@dataclass(frozen=True, slots=True)
class Read(Generic[_Made]):
    """A document that could be read, and its errors: with any it is not used."""

    made: _Made
    wrong: tuple[Finding, ...]


def firsts(read: Iterable[Read[_Made]]) -> tuple[_Made, ...]:
    """The first of each name, with errors or without."""
    known: dict[str, _Made] = {}
    for one in read:
        known.setdefault(one.made.name, one.made)
    return tuple(known.values())


def sound(read: Iterable[Read[_Made]]) -> Iterator[_Made]:
    """Those without errors."""
    return (one.made for one in read if not one.wrong)


def ranked(read: Iterable[Read[_Ordered]]) -> tuple[_Ordered, ...]:
    """Those without errors, in order of priority, then name."""
    return tuple(sorted(sound(read), key=lambda one: (one.priority, one.name)))


class Reader:
    """Reads the documents of one repository, kind by kind.

    Attributes:
        fatal: Faults that may concern anybody.
        others: Faults that keep nothing back from agents but those of `broken`.
        broken: Documents with errors, and whom they select.
    """

    def __init__(
        self,
        files: Files,
        found: Found,
        *,
        fatal: Report,
        scopes: tuple[FolderScope, ...],
        ignores: Ignores,
    ) -> None:
        self.fatal = fatal
        self.others = Report()
        self.broken: list[Broken] = []
        self._files = files
        self._found = found
        self._scopes = scopes
        self._ignores = ignores

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found."""
        all_of_them = Report()
        all_of_them.add(*self.fatal.findings, *self.others.findings)
        return all_of_them.findings

    def read(
        self, kind: Kind, read: Callable[[Document], _Made | None]
    ) -> list[Read[_Made]]:
        """What could be read of the documents of a kind, in order of path and line."""
        tables = self._found.get(kind, ())
        documents = [Document(table, self._files, Report()) for table in tables]
        made = [read(document) for document in documents]
        for document, one in zip(documents, made, strict=True):
            document.report.add(*self._outside(kind, document, one))
        pairs = [pair for pair in zip(documents, made, strict=True) if pair[1]]
        _check_unique([document for document, _ in pairs])
        wrong = {document: self._sort(kind, document) for document in documents}
        return [Read(one, wrong[document]) for document, one in pairs if one]

    def _outside(
        self, kind: Kind, document: Document, made: object
    ) -> Iterator[Finding]:
        """What it does that a rule for its folder forbids."""
        if kind not in _IN_SCOPED_FOLDERS:
            yield from folders.check_kind(kind, document.where, self._scopes)
        if isinstance(made, CollectorConfig):
            yield from folders.check_folders(made, self._scopes)

    def _sort(self, kind: Kind, document: Document) -> tuple[Finding, ...]:
        """Put its faults where they belong; returns the errors."""
        found = tuple(
            one for one in document.report.findings if not self._ignores.covers(one)
        )
        wrong = findings.errors(found)
        contained = kind in _HARMLESS or document.contained
        (self.others if contained or not wrong else self.fatal).add(*found)
        if wrong and contained and kind not in _HARMLESS and document.selector:
            self.broken.append(_broken(kind, document, document.selector, wrong))
        return wrong


def _broken(
    kind: Kind, document: Document, selector: Selector, wrong: tuple[Finding, ...]
) -> Broken:
    names = variables.names(document.table) if kind is Kind.VARIABLES else None
    return Broken(kind, document.name, document.where, selector, wrong, names)


def _check_unique(documents: Iterable[Document]) -> None:
    """Of documents that share a name, nobody can say which one is meant."""
    by_name: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_name[document.name].append(document)
    for first, *others in by_name.values():
        for other in others:
            taken = findings.error(
                MISPLACED,
                f"the name `{other.name}` is taken at {first.where}",
                other.where,
                "names are unique in a kind",
            )
            first.report.add(taken)
            other.report.add(taken)
