"""The tasks that run for as long as the service does, and its clock.

`service.py` starts them in one task group, so that a task that dies takes the process
down with its trace instead of leaving a service that looks alive. Each task drives the
controller through a function handed in; none decides anything.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from reconciler.ids import format_hash
from reconciler.state import drift
from reconciler.state.actions import CompareEffective
from reconciler.state.drift import DriftReport
from reconciler.state.events import EffectiveCompared, Event

TICK = 0.25
"""Seconds between two Ticks when nothing is due."""

Handle = Callable[[Event], None]
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
        log.exception(
            "comparing an effective config failed; it stays unconfirmed",
            config=format_hash(action.desired.hash),
            effective=action.effective.digest.hex(),
        )
        return DriftReport((), unconfirmed=drift.FAULT)
