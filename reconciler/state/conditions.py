"""From how many agents stand where to the words on a commit.

`controller.py` keeps one `Tally` a group and asks `judge` when it changed; `web/` shows
the same words. Pure views, never stored.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import GroupName
from reconciler.state.agent import Sync

DESCRIPTION_LIMIT = 140
"""GitHub refuses longer descriptions; the other forges take this much too."""


class CommitState(StrEnum):
    """What a commit status says; the words of GitHub and Gitea."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"

    @property
    def is_terminal(self) -> bool:
        """Nobody waits for it any more."""
        return self is not CommitState.PENDING


class Standing(StrEnum):
    """Where an agent counts in its group; every agent counts in exactly one."""

    ON_IT = "on it"
    WAITING = "waiting"
    FAILED = "failed"
    DRIFTED = "drifted"
    UNHEALTHY = "unhealthy"
    OFFLINE = "offline"
    READ_ONLY = "read-only"
    UNMANAGED = "unmanaged"
    UNCONFIRMED = "unconfirmed"


STANDING_OF_SYNC = {
    Sync.UNMANAGED: Standing.UNMANAGED,
    Sync.READ_ONLY: Standing.READ_ONLY,
    Sync.UNKNOWN: Standing.WAITING,
    Sync.PENDING: Standing.WAITING,
    Sync.OFFERED: Standing.WAITING,
    Sync.APPLYING: Standing.WAITING,
    Sync.SYNCED: Standing.ON_IT,
    Sync.UNCONFIRMED: Standing.UNCONFIRMED,
    Sync.FAILED: Standing.FAILED,
    Sync.ROLLED_BACK: Standing.FAILED,
    Sync.DRIFTED: Standing.DRIFTED,
}
"""Of an agent that is reachable and healthy; `controller.py` refines it."""


@dataclass(slots=True)
class Tally:
    """How many agents of one group count where, and what the first error said."""

    counts: Counter[Standing] = field(default_factory=Counter)
    first_error: str = ""


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """The truth about one group on the revision in force.

    Attributes:
        counts: Only standings that some agent has.
        description: At most `DESCRIPTION_LIMIT` characters, without secrets.
    """

    group: GroupName
    state: CommitState
    description: str
    counts: dict[Standing, int]


def judge(group: GroupName, tally: Tally, policy: GroupPolicy) -> GroupStatus:
    """What a commit status says of a group that stands like this."""
    raise NotImplementedError
