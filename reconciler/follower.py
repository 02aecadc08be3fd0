"""Follows the source: asks it, hands on what it answers, and knows when it is stuck.

`service.py` runs one `Follower`. A head that is refused or held leaves the revision in
force as it is, and nothing else would look different: so it is told in the log, again
while it lasts, and `truth.py` shows it on `/readyz` and in the metrics.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from reconciler.errors import Where
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.reading import extent, files, parse
from reconciler.fleet.snapshot import Snapshot
from reconciler.fleet.syntax import yaml
from reconciler.fleet.syntax.yaml import Caps
from reconciler.ids import Revision
from reconciler.loop import Handle
from reconciler.source.source import (
    Failed,
    Fetched,
    Held,
    Moved,
    Passed,
    Source,
    Unchanged,
)
from reconciler.state.events import PassedCommit, RevisionFetched, RevisionRefused
from reconciler.state.records import RevisionRecord, RevisionState

HELD: Final = "S001"
"""The rule of a revision that is held: docs/rules/S001.md."""

REMIND: Final = 3600.0
"""Seconds after which a head that is not in force is told again in the log."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """What a source goes on from.

    Attributes:
        newest: The newest revision that this process accepted, held or refused.
        accepted: The newest that was put in force.
        seen: What became of each that was seen.
    """

    newest: Revision | None
    accepted: Revision | None
    seen: Sequence[RevisionRecord] = ()

    @property
    def newest_seen(self) -> Revision | None:
        """Of those that were seen; the newest that is known, if none was."""
        for record in self.seen:
            return Revision(record.ref, record.commit)
        return self.newest


@dataclass(frozen=True, slots=True)
class Stuck:
    """A head of the source that is not in force, since when and why.

    Attributes:
        hint: How to mend it, if this process heard of one fault and no more.
    """

    revision: Revision
    since: float
    why: str
    hint: str

    def __str__(self) -> str:
        """What a person is told of it."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.revision} is not in force: {self.why}{hint}"


Read = Callable[[Snapshot], Fleet]
"""How a snapshot becomes a fleet."""


def reader(caps: Caps = yaml.CAPS, *, status_prefix: str | None = None) -> Read:
    """How every snapshot becomes a fleet, whether fetched or restored.

    Args:
        caps: How much one file may hold.
        status_prefix: This service's own, over that of the fleet repo.
    """
    cache = files.Cache()

    def read(snapshot: Snapshot) -> Fleet:
        fleet = parse.parse(snapshot, cache, caps=caps)
        return replace(fleet, status_prefix=status_prefix) if status_prefix else fleet

    return read


class Follower:
    """Asks the source whenever it hints, and hands on what it says.

    Attributes:
        trouble: Why the source cannot be asked; None when it answers.
    """

    def __init__(
        self,
        source: Source,
        *,
        handle: Handle,
        known: Callable[[], Known],
        taken: Callable[[Moved], None],
        read: Read,
        now: Callable[[], float],
    ) -> None:
        self._source = source
        self._read = read
        self._handle = handle
        self._known = known
        self._taken = taken
        self._now = now
        self._head: Revision | None = None
        self._hint = ""
        self._answered_at = now()
        self._told: Revision | None = None
        self._told_at = 0.0
        self.trouble: str | None = None

    @property
    def stuck(self) -> Stuck | None:
        """The head of the source if it is not in force."""
        known = self._known()
        # Until the source has answered, the head is where it was before the restart.
        head = self._head or known.newest_seen
        if head is None:
            return None
        for record in known.seen:
            if (record.commit, record.state) == (head.commit, RevisionState.REFUSED):
                return Stuck(head, record.seen_at, record.message, self._hint)
        return None

    @property
    def stuck_for(self) -> float:
        """Seconds that the newest head has not been in force; 0 when it is."""
        stuck = self.stuck
        return max(0.0, self._now() - stuck.since) if stuck else 0.0

    @property
    def unanswered_for(self) -> float:
        """Seconds since the source last answered; since the start if it never did."""
        return self._now() - self._answered_at

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop` is set."""
        await self.ask()
        async for _ in self._source.hints(stop):
            if stop.is_set():
                return
            await self.ask()

    async def ask(self) -> None:
        """Ask once; fetching and parsing happen in a thread."""
        known = self._known()
        fetched = await asyncio.to_thread(
            self._source.fetch, known.newest, accepted=known.accepted
        )
        await self._take(fetched)
        self._tell()

    def remind(self) -> None:
        """Say once more that the head is not in force, if the last time is long ago."""
        stuck = self.stuck if self._is_time_to_remind() else None
        if stuck is not None:
            self._told_at = self._now()
            age = timedelta(seconds=round(self.stuck_for))
            log.warning("head is still not in force", age=str(age), **_words(stuck))

    async def _take(self, fetched: Fetched) -> None:
        match fetched:
            case Moved(snapshot):
                event = await asyncio.to_thread(self._event_of, fetched)
                self._answered(snapshot.revision)
                self._hint = _hint(event.fleet.fatal)
                self._handle(event)
                self._taken(fetched)
            case Unchanged(revision):
                self._answered(revision)
            case Held(revision, message, hint):
                self._answered(revision)
                self._hint = hint
                finding = Finding(HELD, Severity.ERROR, message, Where(""), hint)
                self._handle(RevisionRefused(revision, (finding,)))
            case Failed(message, hint):
                self._note(f"{message} ({hint})")

    def _event_of(self, moved: Moved) -> RevisionFetched:
        fleet = self._read(moved.snapshot)
        passed = tuple(_compare(moved.snapshot, commit) for commit in moved.passed)
        return RevisionFetched(fleet, moved.message, passed)

    def _answered(self, head: Revision) -> None:
        self._head = head
        self._answered_at = self._now()
        self._note(None)

    def _note(self, trouble: str | None) -> None:
        if trouble == self.trouble:
            return
        self.trouble = trouble
        if trouble is None:
            log.info("source answers again")
        else:
            log.warning(
                "source is in trouble; the last good revision stays", why=trouble
            )

    def _tell(self) -> None:
        """Log that the head got stuck, or that it no longer is."""
        stuck = self.stuck
        revision = stuck.revision if stuck else None
        if revision == self._told:
            return
        self._told, self._told_at = revision, self._now()
        if stuck is not None:
            log.warning("head is not in force", **_words(stuck))
        else:
            log.info("head is in force again", revision=str(self._head))

    def _is_time_to_remind(self) -> bool:
        return self._told is not None and self._now() >= self._told_at + REMIND


def _words(stuck: Stuck) -> dict[str, str]:
    return {
        "revision": str(stuck.revision),
        "why": stuck.why,
        "hint": stuck.hint,
    }


def _hint(fatal: Sequence[Finding]) -> str:
    """Of several faults the record tells one, which need not be the first."""
    return (fatal[0].hint or "") if len(fatal) == 1 else ""


def _compare(head: Snapshot, passed: Passed) -> PassedCommit:
    """A commit whose difference is not known counts as another fleet."""
    differs = passed.changed is None or extent.is_touched(head, passed.changed)
    return PassedCommit(passed.commit, is_same=not differs)
