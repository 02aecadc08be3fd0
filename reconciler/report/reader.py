"""Reads back what stands at the forge, and says so where somebody else writes.

Held by `outbox.py`: before the first post to a commit, and every minute for the commits
that changed last. `claim.py` judges. A read that fails delays no post, is not repeated
in a hurry and is no trouble of the forge: another service would go unnoticed, no more.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

import structlog

from reconciler.errors import Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report.ledger import Entry, Ledger
from reconciler.report.shown import Listed

EVERY = 60.0
"""Seconds; one request for each commit that is watched."""

AGAIN = 600.0
"""Seconds after a read that failed, or longer if the forge said so."""

FIRST = 2.0
"""Seconds that the first post to a commit waits for what stands there."""

HINT = "Give each service on this repository its own --status-prefix."

log = structlog.get_logger(__name__)


class Lists(Protocol):
    """The part of a forge that is read (`forge.py`)."""

    async def list_statuses(self, commit: CommitSha, contexts: Iterable[str]) -> Listed:
        """What stands on a commit in these contexts; raises `Waiting`, `Stalled`."""


class Reader:
    """Shows the ledger what the forge lists.

    Args:
        looked: Called when something may have become due by that.
    """

    def __init__(
        self,
        forge: Lists,
        ledger: Ledger,
        now: Callable[[], float],
        looked: Callable[[], object],
    ) -> None:
        self._forge = forge
        self._ledger = ledger
        self._now = now
        self._looked = looked
        self._read_once: set[CommitSha] = set()
        self._paused_until = 0.0
        self._trouble: str | None = None
        self._said: set[tuple[CommitSha, str]] = set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            for commit in self._ledger.watched:
                await self._read(commit)

    async def before(self, commit: CommitSha) -> None:
        """What stands on a commit before this process posts to it."""
        if commit in self._read_once or commit not in self._ledger.watched:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST):
                await self._read(commit)

    async def _read(self, commit: CommitSha) -> None:
        now = self._now()
        if now < self._paused_until or self._ledger.must_rest(now):
            return
        self._read_once = {commit, *self._read_once.intersection(self._ledger.watched)}
        contexts = [record.context for record in self._ledger.records(commit)]
        try:
            listed = await self._forge.list_statuses(commit, contexts)
        except (Waiting, Stalled) as error:
            named = error.retry_after if isinstance(error, Waiting) else None
            self._paused_until = self._now() + max(AGAIN, named or 0.0)
            self._note(str(error))
        else:
            self._ledger.look(commit, listed, self._now())
            self._looked()
            self._note(None)
            self._tell()

    def _note(self, trouble: str | None) -> None:
        if trouble and self._trouble is None:
            log.info(
                "cannot read commit statuses back: "
                "another service that writes them would go unnoticed",
                why=trouble,
            )
        self._trouble = trouble

    def _tell(self) -> None:
        contested = {_place(entry): entry for entry in self._ledger.contested}
        for (commit, context), entry in contested.items():
            if (commit, context) not in self._said:
                log.warning(
                    "another service writes a commit status context",
                    commit=commit[:12],
                    context=context,
                    stands=str(entry.claim.other),
                    hint=HINT,
                )
        for commit, context in sorted(self._said - contested.keys()):
            log.info(
                "a commit status context is not contested any more",
                commit=commit[:12],
                context=context,
            )
        self._said = set(contested)


def _place(entry: Entry) -> tuple[CommitSha, str]:
    return entry.record.commit, entry.record.context
