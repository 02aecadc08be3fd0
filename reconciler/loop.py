"""The tasks that run for as long as the service does, and its clock.

`service.py` starts them in one task group, so that a task that dies takes the process
down with its trace instead of leaving a service that looks alive. Each task drives the
controller through a function handed in; none decides anything.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import structlog

from reconciler.errors import Where
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.reading import files, parse
from reconciler.fleet.snapshot import Snapshot
from reconciler.fleet.syntax import yaml
from reconciler.fleet.syntax.yaml import Caps
from reconciler.ids import Revision
from reconciler.source.source import Failed, Fetched, Held, Moved, Source, Unchanged
from reconciler.state import drift
from reconciler.state.actions import CompareEffective
from reconciler.state.drift import DriftReport
from reconciler.state.events import (
    EffectiveCompared,
    Event,
    RevisionFetched,
    RevisionRefused,
)

TICK = 0.25
"""Seconds between two Ticks when nothing is due."""

Handle = Callable[[Event], None]
Read = Callable[[Snapshot], Fleet]
log = structlog.get_logger()


class Clock:
    """Seconds since the epoch that never jump: the wall clock is read once."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def __call__(self) -> float:
        """Now."""
        return self._offset + time.monotonic()


async def tick(
    beat: Callable[[], bool], stop: asyncio.Event, *, seconds: float = TICK
) -> None:
    """Call `beat` until `stop` is set; at once again while it says there is more."""
    while not stop.is_set():
        if beat():
            await asyncio.sleep(0)
        else:
            await wait(stop, seconds)


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but no longer than until `stop`."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


@dataclass(frozen=True, slots=True)
class Known:
    """What a source goes on from: the newest revision, and the one in force."""

    newest: Revision | None
    accepted: Revision | None


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
    """Asks the source whenever it hints, and hands on what it says."""

    def __init__(
        self,
        source: Source,
        *,
        handle: Handle,
        known: Callable[[], Known],
        taken: Callable[[Moved], None],
        read: Read,
    ) -> None:
        self._source = source
        self._read = read
        self._handle = handle
        self._known = known
        self._taken = taken
        self.trouble: str | None = None

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

    async def _take(self, fetched: Fetched) -> None:
        match fetched:
            case Moved(snapshot, message):
                fleet = await asyncio.to_thread(self._read, snapshot)
                self._note(None)
                self._handle(RevisionFetched(fleet, message))
                self._taken(fetched)
            case Unchanged():
                self._note(None)
            case Held(revision, message, hint):
                self._note(f"{message} ({hint})")
                finding = Finding(HELD, Severity.ERROR, message, Where(""), hint)
                self._handle(RevisionRefused(revision, (finding,)))
            case Failed(message, hint):
                self._note(f"{message} ({hint})")

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


HELD = "S001"
"""The rule of a revision that is held: docs/rules/S001.md."""


class Comparer:
    """Compares effective configs one at a time, away from the event loop."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._queue: asyncio.Queue[CompareEffective] = asyncio.Queue()

    def ask(self, action: CompareEffective) -> None:
        """Queue one comparison; the controller asks once for each pair."""
        self._queue.put_nowait(action)

    async def run(self) -> None:
        """Compare until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="compare") as thread:
            while True:
                action = await self._queue.get()
                report = await loop.run_in_executor(thread, _compare, action)
                hash_, digest = action.desired.hash, action.effective.digest
                self._handle(EffectiveCompared(hash_, digest, report))


def _compare(action: CompareEffective) -> DriftReport:
    try:
        return drift.compare(action.desired, action.effective)
    except Exception:
        # What an agent reports is hostile input: a bug here costs one comparison.
        log.exception("comparing an effective config failed")
        return DriftReport((), judged=False)
