"""The outbox: what is true of every (commit, context), and what the forge was told.

`service.py` hands over `PublishCommitStatus` actions and runs `run`. Exactly the last
truth arrives: progress is debounced, terminal states go at once, an older state is
never sent after a newer one, and what a forge outage or a restart left behind is sent
when it ends. `ledger.py` decides what is due; here is the waiting and the sending, one
post at a time, as forges ask for. `reader.py` reads back meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Literal, Protocol, TypeAlias

import structlog

from reconciler.errors import ReconcilerError, Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report.ledger import Entry, Ledger
from reconciler.report.reader import HINT, Lists, Reader
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from reconciler.state.records import StatusRecord

log = structlog.get_logger(__name__)

Stopping: TypeAlias = asyncio.Task[Literal[True]]

PARTING = 10.0
"""Seconds that a stopping process gives the forge to take what is left."""


class Forge(Lists, Protocol):
    """One forge and one repository on it (`forge.py`)."""

    async def post_status(
        self,
        commit: CommitSha,
        *,
        context: str,
        state: CommitState,
        description: str,
    ) -> None:
        """Post one commit status.

        Raises:
            Waiting: It may work later; `retry_after` when the forge named a time.
            Stalled: Not as it is; `Exhausted` when never for this commit and context.
        """


class Outbox:
    """Ledger and delivery in one; all state is in `StatusRecord`s.

    Args:
        ledger: What was saved before the restart; what is still true and untold is
            sent, what the forge refused is not.
        save: Queues a record for the store.
        now: Seconds since the epoch, never jumping.
        durable: Awaited before each post until what was saved is on the disk, or was
            tried; without it a crash may hide that a post had left.
    """

    def __init__(
        self,
        forge: Forge | None,
        *,
        ledger: Iterable[StatusRecord],
        save: Callable[[StatusRecord], None],
        now: Callable[[], float],
        durable: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._forge = forge
        self._ledger = Ledger(ledger, now())
        self._save = save
        self._now = now
        self._durable = durable
        self._changed = asyncio.Event()
        self._trouble: str | None = None
        looked = self._changed.set
        self._reader = Reader(forge, self._ledger, now, looked) if forge else None

    def publish(self, action: PublishCommitStatus) -> bool:
        """Take the newest truth; never blocks. Without a forge it is only recorded.

        Returns whether it is new.
        """
        record = self._ledger.publish(action, self._now())
        if record is None:
            return False
        self._save(record)
        self._changed.set()
        return True

    def statuses(self, commit: CommitSha) -> list[StatusRecord]:
        """The ledger of one commit, by context."""
        return self._ledger.records(commit)

    @property
    def undelivered(self) -> int:
        """How many contexts the forge has not been told the truth of yet.

        Without those that it refused for good; their records hold the error.
        """
        return self._ledger.undelivered if self._forge else 0

    @property
    def trouble(self) -> str | None:
        """What the forge said last when it did not take a status; None when it did."""
        return self._trouble

    @property
    def contested(self) -> str | None:
        """Which context another service writes too; None when ours are ours alone."""
        contested = self._ledger.contested
        if not contested:
            return None
        *others, newest = contested
        where = f"{newest.record.context} on {newest.record.commit[:7]}"
        more = f" (and {len(others)} more)" if others else ""
        return f"another service writes {where}{more}: {newest.claim.other}. {HINT}"

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then try what is terminal once more."""
        if self._forge is None or self._reader is None:
            await stop.wait()
            return
        async with asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(stop.wait())
            reading = tasks.create_task(self._reader.run())
            try:
                while not stop.is_set():
                    await self._step(self._forge, self._reader, stopping)
            finally:
                reading.cancel()
                stopping.cancel()
        await self._part(self._forge)

    async def _step(self, forge: Forge, reader: Reader, stopping: Stopping) -> None:
        self._changed.clear()
        match self._ledger.next(self._now()):
            case Entry() as entry:
                await reader.before(entry.record.commit)
                await self._deliver(forge, entry)
            case wait:
                await self._sleep(wait, stopping)

    async def _sleep(self, wait: float | None, stopping: Stopping) -> None:
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait(
                {changed, stopping},
                timeout=wait,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            changed.cancel()

    async def _part(self, forge: Forge) -> None:
        """Once each, until the first failure: the next start sends what is left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING):
                for entry in self._ledger.parting(self._now()):
                    if not await self._deliver(forge, entry):
                        return

    async def _deliver(self, forge: Forge, entry: Entry) -> bool:
        """Send the newest truth of an entry; whether the forge is there at all."""
        post = self._ledger.begin(entry, self._now())
        self._save(entry.record)
        if self._durable is not None:
            await self._durable()
        post = self._ledger.leaves(post, self._now())
        try:
            await forge.post_status(
                entry.record.commit,
                context=entry.record.context,
                state=post.state,
                description=post.description,
            )
        except Waiting as error:
            self._ledger.postponed(post, error, self._now())
            self._troubled(error)
            return False
        except Stalled as error:
            self._save(self._ledger.refused(post, error))
            self._troubled(error)
        else:
            self._save(self._ledger.taken(post))
            self._settled()
        return True

    def _troubled(self, error: ReconcilerError) -> None:
        text = f"{error}. {error.hint}" if error.hint else str(error)
        if text != self._trouble:
            log.warning("the forge did not take a commit status", why=text)
        self._trouble = text

    def _settled(self) -> None:
        if self._trouble is not None:
            log.info("the forge takes commit statuses again")
        self._trouble = None
