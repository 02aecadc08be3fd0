"""Reads documents one by one, and tells apart whom their faults concern.

Held by `parse.py` while it makes one fleet. A fault belongs to the document that it is
in, and to those whom the document selects. One that nobody can place may concern
anybody, and is fatal.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.documents import Broken, CollectorConfig, FolderScope, Kind
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.ignores import Ignores
from reconciler.fleet.labels import Selector
from reconciler.fleet.reading import scopes as folders
from reconciler.fleet.reading.discovery import Found
from reconciler.fleet.reading.files import Cache, Files, Named
from reconciler.fleet.reading.kinds import variables
from reconciler.fleet.reading.kinds.document import MISPLACED, Document
from reconciler.fleet.syntax.nodes import Table

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
        cache: Cache | None = None,
    ) -> None:
        self.fatal = fatal
        self.others = Report()
        self.broken: list[Broken] = []
        self._files = files
        self._found = found
        self._scopes = scopes
        self._ignores = ignores
        self._before = cache.read if cache else {}
        self._read: dict[int, object] = {}
        if cache:
            cache.read = self._read

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found."""
        all_of_them = Report()
        all_of_them.add(*self.fatal.findings, *self.others.findings)
        return all_of_them.findings

    def read(
        self,
        kind: Kind,
        read: Callable[[Document], _Made | None],
        *,
        again: bool = False,
    ) -> list[Read[_Made]]:
        """What could be read of the documents of a kind, in order of path and line.

        Args:
            kind: Which ones.
            read: Reads one.
            again: Also those that are as they were; what they mean may have changed.
        """
        drafts = [
            self._draft(table, read, again=again) for table in self._found.get(kind, ())
        ]
        for draft in drafts:
            draft.report.add(*self._outside(kind, draft))
        _check_unique(draft for draft in drafts if draft.made)
        wrong = [self._sort(kind, draft) for draft in drafts]
        return [
            Read(draft.made, found)
            for draft, found in zip(drafts, wrong, strict=True)
            if draft.made
        ]

    def _draft(
        self, table: Table, read: Callable[[Document], _Made | None], *, again: bool
    ) -> "_Draft[_Made]":
        kept = self._before.get(id(table))
        if again or not isinstance(kept, _Draft) or not self._files.stand(kept.named):
            self._files.asked.clear()
            document = Document(table, self._files, Report())
            made = read(document)
            if isinstance(kept, _Draft) and kept.made == made:
                made = kept.made  # who remembers it by its identity, still may
            kept = _Draft(
                table,
                document.name,
                document.selector,
                document.contained,
                made,
                document.report,
                tuple(self._files.asked),
            )
        self._read[id(table)] = kept
        fresh = Report()
        fresh.add(*kept.report.findings)
        return replace(kept, report=fresh)

    def _outside(self, kind: Kind, draft: "_Draft[_Made]") -> Iterator[Finding]:
        """What it does that a rule for its folder forbids."""
        if kind not in _IN_SCOPED_FOLDERS:
            yield from folders.check_kind(kind, draft.table.where, self._scopes)
        if isinstance(draft.made, CollectorConfig):
            yield from folders.check_folders(draft.made, self._scopes)

    def _sort(self, kind: Kind, draft: "_Draft[_Made]") -> tuple[Finding, ...]:
        """Put its faults where they belong; returns the errors."""
        found = tuple(
            one for one in draft.report.findings if not self._ignores.covers(one)
        )
        wrong = findings.errors(found)
        contained = kind in _HARMLESS or draft.contained
        (self.others if contained or not wrong else self.fatal).add(*found)
        if wrong and contained and kind not in _HARMLESS and draft.selector:
            self.broken.append(_broken(kind, draft, draft.selector, wrong))
        return wrong


@dataclass(frozen=True, slots=True)
class _Draft(Generic[_Made]):
    """What one document says, before others are looked at.

    Attributes:
        table: It, which must stay alive for as long as it is known by its identity.
        made: What it is; None when nothing of it can be used.
        report: Its faults.
        named: Files that it says more in.
    """

    table: Table
    name: str
    selector: Selector | None
    contained: bool
    made: _Made | None
    report: Report
    named: tuple[Named, ...]


def _broken(
    kind: Kind,
    draft: _Draft[_Made],
    selector: Selector,
    wrong: tuple[Finding, ...],
) -> Broken:
    names = variables.names(draft.table) if kind is Kind.VARIABLES else None
    return Broken(kind, draft.name, draft.table.where, selector, wrong, names)


def _check_unique(drafts: Iterable[_Draft[_Made]]) -> None:
    """Of documents that share a name, nobody can say which one is meant."""
    by_name: dict[str, list[_Draft[_Made]]] = defaultdict(list)
    for draft in drafts:
        by_name[draft.name].append(draft)
    for first, *others in by_name.values():
        for other in others:
            taken = findings.error(
                MISPLACED,
                f"the name `{other.name}` is taken at {first.table.where}",
                other.table.where,
                "names are unique in a kind",
            )
            first.report.add(taken)
            other.report.add(taken)
