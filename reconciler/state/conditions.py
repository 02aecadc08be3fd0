"""From how many agents stand where to the words on a commit.

`census.py` keeps one `Tally` a group and asks `judge` when it changed; `web/` shows the
same words. Pure views, never stored.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import GroupName
from reconciler.state.agent import Agent, Reason, Sync

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
    INCOMPATIBLE = "incompatible"
    DRIFTED = "drifted"
    UNHEALTHY = "unhealthy"
    OFFLINE = "offline"
    READ_ONLY = "read-only"
    UNMANAGED = "unmanaged"
    UNCONFIRMED = "unconfirmed"


_STANDINGS = {
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
    Sync.INCOMPATIBLE: Standing.INCOMPATIBLE,
    Sync.DRIFTED: Standing.DRIFTED,
}
_NOT_OURS = frozenset({Standing.READ_ONLY, Standing.UNMANAGED})
_NOT_KNOWN = (Standing.WAITING, Standing.UNCONFIRMED)
BROKEN = frozenset(
    {
        Standing.FAILED,
        Standing.INCOMPATIBLE,
        Standing.DRIFTED,
        Standing.UNHEALTHY,
    }
)
"""Where an agent keeps its commit from being green."""


def standing(agent: Agent) -> Standing:
    """Where this agent counts.

    A failure stays one when the agent goes away: that a config failed is known, and
    silence makes no commit green.
    """
    found = _STANDINGS[agent.sync]
    if found in _NOT_OURS or found is Standing.FAILED:
        return found
    if agent.reason is Reason.RENDER_ERROR:
        return Standing.FAILED
    if not agent.is_reachable:
        return Standing.OFFLINE
    if agent.reason is Reason.UNHEALTHY:
        return Standing.UNHEALTHY
    return found


@dataclass(slots=True)
class Tally:
    """How many agents of one group count where, and what the first error said."""

    counts: Counter[Standing] = field(default_factory=Counter)
    first_error: str = ""

    @property
    def managed(self) -> int:
        """Agents that a commit of this group is about."""
        return sum(n for where, n in self.counts.items() if where not in _NOT_OURS)

    @property
    def broken(self) -> int:
        """Agents that keep the commit from being green."""
        return sum(self.counts[where] for where in BROKEN)


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
    """What a commit status says of a group that stands like this.

    Green needs evidence: every reachable agent of the group is on it and at least one
    is; or the group has no agent at all, and says so.
    """
    state = _state(tally, policy)
    text = _counted(tally)
    if state is CommitState.FAILURE and tally.first_error:
        text = f"{text}: {tally.first_error}"
    elif not tally.managed and policy.require_agents:
        text = f"{text}, and the group requires agents"
    counts = {where: n for where, n in tally.counts.items() if n}
    return GroupStatus(group, state, shorten(text), counts)


def shorten(text: str, end: str = "") -> str:
    """On one line, and no longer than every forge takes; `end` is never cut."""
    line = " ".join(text.split())
    most = DESCRIPTION_LIMIT - len(end)
    if len(line) <= most:
        return line + end
    return line[: most - 1] + "…" + end


def _state(tally: Tally, policy: GroupPolicy) -> CommitState:
    if tally.broken:
        return CommitState.FAILURE
    if not tally.managed:
        failing = policy.require_agents
        return CommitState.FAILURE if failing else CommitState.SUCCESS
    unknown = any(tally.counts[where] for where in _NOT_KNOWN)
    if unknown or not tally.counts[Standing.ON_IT]:
        return CommitState.PENDING
    return CommitState.SUCCESS


def _counted(tally: Tally) -> str:
    managed, on_it = tally.managed, tally.counts[Standing.ON_IT]
    text = f"{on_it}/{managed} on it" if managed else "0 agents"
    others = (where for where in Standing if where not in _SAID_BY_THE_RATIO)
    for where in others:
        if tally.counts[where]:
            text += f", {tally.counts[where]} {where}"
    return text


_SAID_BY_THE_RATIO = frozenset({Standing.ON_IT, Standing.WAITING, Standing.UNMANAGED})
