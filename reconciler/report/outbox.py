"""The outbox: what is true of every (commit, context), and what the forge was told.

`service.py` hands over `PublishCommitStatus` actions and runs `run`. Exactly the last
truth arrives: progress is debounced, terminal states go at once, an older state is
never sent after a newer one, and what a forge outage or a restart left behind is sent
when it ends. `ledger.py` decides what is due; here is the waiting and the sending, one
post at a time, as forges ask for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Literal, Protocol, TypeAlias

import structlog

from reconciler.errors import ReconcilerError, Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report.ledger import Entry, Ledger
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from reconciler.state.records import StatusRecord

log = structlog.get_logger(__name__)

Stopping: TypeAlias = asyncio.Task[Literal[True]]

PARTING = 10.0
"""Seconds that a stopping process gives the forge to take what is left."""


class Forge(Protocol):
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
        self._published = asyncio.Event()
        self._trouble: str | None = None

    def publish(self, action: PublishCommitStatus) -> None:
        """Take the newest truth; never blocks. Without a forge it is only recorded."""
        record = self._ledger.publish(action, self._now())
        if record is not None:
            self._save(record)
            self._published.set()

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

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then try what is terminal once more."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._step(stopping)
            await self._part()
        finally:
            stopping.cancel()

    async def _step(self, stopping: Stopping) -> None:
        self._published.clear()
        if self._forge is None:
            await stopping
            return
        match self._ledger.next(self._now()):
            case Entry() as entry:
                await self._deliver(self._forge, entry)
            case wait:
                await self._sleep(wait, stopping)

    async def _sleep(self, wait: float | None, stopping: Stopping) -> None:
        published = asyncio.create_task(self._published.wait())
        try:
            await asyncio.wait(
                {published, stopping},
                timeout=wait,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            published.cancel()

    async def _part(self) -> None:
        """Once each, until the first failure: the next start sends what is left."""
        if self._forge is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING):
                for entry in self._ledger.parting(self._now()):
                    if not await self._deliver(self._forge, entry):
                        return

    async def _deliver(self, forge: Forge, entry: Entry) -> bool:
        """Send the newest truth of an entry; whether the forge is there at all."""
        post = self._ledger.begin(entry, self._now())
        self._save(entry.record)
        if self._durable is not None:
            await self._durable()
        post = post.newest()
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
