"""The outbox: what is true of every (commit, context), and what the forge was told.

`service.py` hands over `PublishCommitStatus` actions and runs `run`. Exactly the last
truth arrives: progress is debounced, terminal states go at once, an older state is
never sent after a newer one, and what a forge outage or a restart left behind is sent
when it ends.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from reconciler.ids import CommitSha
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from reconciler.state.records import StatusRecord


class Forge(Protocol):
    """One forge and one repository on it (`github.py`, `gitea.py`)."""

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
            Stalled: It never will for this commit and context.
        """


class Outbox:
    """Ledger and delivery in one; all state is in `StatusRecord`s."""

    def __init__(
        self,
        forge: Forge | None,
        *,
        ledger: Iterable[StatusRecord],
        save: Callable[[StatusRecord], None],
        now: Callable[[], float],
    ) -> None:
        raise NotImplementedError

    def publish(self, action: PublishCommitStatus) -> None:
        """Take the newest truth; never blocks. Without a forge it is only recorded."""
        raise NotImplementedError

    def statuses(self, commit: CommitSha) -> list[StatusRecord]:
        """The ledger of one commit, by context."""
        raise NotImplementedError

    @property
    def undelivered(self) -> int:
        """How many contexts the forge has not been told the truth of yet."""
        raise NotImplementedError

    @property
    def trouble(self) -> str | None:
        """What the forge said last when it did not take a status; None when it did."""
        raise NotImplementedError

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, then try what is terminal once more."""
        raise NotImplementedError
