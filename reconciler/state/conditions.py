"""From how many agents stand where to the words on a commit.

`census.py` keeps one `Tally` a group and asks `judge` when it changed; `web/` shows the
same words. Pure views, never stored.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from reconciler.fleet.documents import Fleet, Missing, Unmanaged
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
    """Where an agent counts in its group; every agent counts in exactly one.

    But for one that left a group for another: it counts as moved in the first, too.
    """

    ON_IT = "on it"
    WAITING = "waiting"
    FAILED = "failed"
    INCOMPATIBLE = "incompatible"
    TOO_LARGE = "too large"
    DRIFTED = "drifted"
    UNHEALTHY = "unhealthy"
    UNSELECTED = "no longer selected"
    TURNED_READ_ONLY = "turned read-only"
    SETTLING = "settling"
    UNCONFIRMED = "unconfirmed"
    OFFLINE = "offline"
    MISSING = "missing"
    READ_ONLY = "read-only"
    UNMANAGED = "unmanaged"
    MOVED = "moved to other groups"
    ABSENT = "absent"


_STANDINGS = {
    Sync.UNMANAGED: Standing.UNMANAGED,
    Sync.UNSELECTED: Standing.UNSELECTED,
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
    Sync.TOO_LARGE: Standing.TOO_LARGE,
    Sync.DRIFTED: Standing.DRIFTED,
}
_BY_REASON = {
    Reason.RENDER_ERROR: Standing.FAILED,
    Reason.UNHEALTHY: Standing.UNHEALTHY,
}
_SETTLING = frozenset({Reason.COMPARING, Reason.UNHEALTHY_BRIEFLY})
_NOT_OURS = frozenset(
    {
        Standing.UNSELECTED,
        Standing.TURNED_READ_ONLY,
        Standing.READ_ONLY,
        Standing.UNMANAGED,
        Standing.MOVED,
        Standing.ABSENT,
    }
)
_NOT_KNOWN = (Standing.WAITING, Standing.UNCONFIRMED, Standing.SETTLING)
_LASTING = frozenset(
    {
        Standing.FAILED,
        Standing.INCOMPATIBLE,
        Standing.TOO_LARGE,
        Standing.DRIFTED,
        Standing.UNHEALTHY,
        Standing.UNCONFIRMED,
        Standing.UNSELECTED,
        Standing.TURNED_READ_ONLY,
    }
)
"""What stays known of an agent that goes away: silence makes no commit green."""

BROKEN = frozenset(
    {
        Standing.FAILED,
        Standing.INCOMPATIBLE,
        Standing.TOO_LARGE,
        Standing.DRIFTED,
        Standing.UNHEALTHY,
        Standing.UNSELECTED,
        Standing.TURNED_READ_ONLY,
    }
)
"""Where an agent keeps its commit from being green until somebody does something."""

EXPLAINED = BROKEN | {Standing.UNCONFIRMED}
"""Where the first agent is told of with its reason."""

NAMED = frozenset(
    {
        Standing.MISSING,
        Standing.UNMANAGED,
        Standing.SETTLING,
    }
)
"""Where an agent is named on the commit, because nothing else tells of it."""

NAMES = 2
"""How many are named."""


def standing(agent: Agent, *, expected: bool) -> Standing:
    """Where this agent counts; `expected` by the inventory."""
    if agent.sync is Sync.UNKNOWN:
        where = _unknown(agent)
    else:
        where = _where(agent.sync, agent.reason)
    if where is Standing.READ_ONLY and agent.has_run_ours:
        where = Standing.TURNED_READ_ONLY
    if agent.is_reachable or where in _LASTING:
        return where
    if expected:
        return Standing.MISSING
    never_ours = where in _NEVER_OURS or not (agent.labels or agent.has_run_ours)
    return Standing.ABSENT if never_ours else Standing.OFFLINE


def _where(sync: Sync, reason: Reason) -> Standing:
    where = _BY_REASON.get(reason) or _STANDINGS[sync]
    if where is Standing.ON_IT and reason in _SETTLING:
        return Standing.SETTLING
    return where


def _unknown(agent: Agent) -> Standing:
    """Of one that may have said more than was heard, what is known still counts."""
    if agent.desired in agent.failures:
        return Standing.FAILED
    if agent.doubt is not None:
        return _where(agent.doubt.sync, agent.doubt.reason)
    synced = agent.synced_on is not None and agent.synced_on == agent.desired
    briefly = synced and agent.reason is Reason.SEQUENCE_GAP
    return Standing.SETTLING if briefly else Standing.WAITING


_NEVER_OURS = frozenset({Standing.READ_ONLY, Standing.UNMANAGED})


@dataclass(slots=True)
class Tally:
    """How many agents of one group count where, and what is said of some of them.

    Attributes:
        expected: Hosts that the inventory expects in it.
        unheard: Those of them that never spoke.
        first_error: Of an agent at one of `EXPLAINED`.
        names: Of some agents at each of `NAMED`.
    """

    counts: Counter[Standing] = field(default_factory=Counter)
    expected: int = 0
    unheard: int = 0
    first_error: str = ""
    names: Mapping[Standing, Collection[str]] = field(default_factory=dict)

    @property
    def managed(self) -> int:
        """Agents that a commit of this group is about."""
        return sum(n for where, n in self.counts.items() if where not in _NOT_OURS)

    @property
    def broken(self) -> int:
        """Agents that keep the commit from being green."""
        return sum(self.counts[where] for where in BROKEN)

    def settled(self) -> "Tally":
        """The tally if everybody who settles were on it."""
        counts = Counter(self.counts)
        counts[Standing.ON_IT] += counts.pop(Standing.SETTLING, 0)
        return replace(self, counts=counts)

    @property
    def is_empty(self) -> bool:
        """Nobody counts here who is or should be in the group."""
        return not any(
            n
            for where, n in self.counts.items()
            if where not in {Standing.ABSENT, Standing.MOVED}
        )


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """The truth about one group on the revision in force.

    Attributes:
        counts: Only standings that some agent has.
        description: At most `DESCRIPTION_LIMIT` characters, without secrets.
        settling: It is not green only because agents are settling, which a commit that
            is green already puts up with until it is known what comes of it.
    """

    group: GroupName
    state: CommitState
    description: str
    counts: dict[Standing, int]
    settling: bool = False


def judge(group: GroupName, tally: Tally, fleet: Fleet) -> GroupStatus:
    """What a commit status says of a group that stands like this.

    Green needs evidence: every reachable agent of the group is on it and at least one
    is; or the group has no agent at all and never lost one, and says so.
    """
    state = _state(group, tally, fleet)
    text = _counted(tally, fleet)
    if state is not CommitState.SUCCESS and tally.first_error:
        text = f"{text}: {tally.first_error}"
    elif not tally.managed and tally.counts[Standing.MOVED]:
        text = f"{text}: commit `unselected: release` if that is meant"
    elif not tally.managed and fleet.policy_of(group).require_agents:
        text = f"{text}, and the group requires agents"
    counts = {where: n for where, n in tally.counts.items() if n}
    settled = _state(group, tally.settled(), fleet)
    settling = state is CommitState.PENDING and settled is CommitState.SUCCESS
    return GroupStatus(group, state, shorten(text), counts, settling)


def shorten(text: str, end: str = "") -> str:
    """On one line, and no longer than every forge takes; `end` is never cut."""
    line = " ".join(text.split())
    most = DESCRIPTION_LIMIT - len(end)
    if len(line) <= most:
        return line + end
    return line[: most - 1] + "…" + end


def _state(group: GroupName, tally: Tally, fleet: Fleet) -> CommitState:
    counts, managed = tally.counts, tally.managed
    failing = (
        tally.broken
        or (counts[Standing.MISSING] and fleet.missing is Missing.REQUIRE)
        or (counts[Standing.UNMANAGED] and fleet.unmanaged is Unmanaged.FAIL)
        or (not managed and counts[Standing.MOVED])
        or (not managed and fleet.policy_of(group).require_agents)
    )
    if failing:
        return CommitState.FAILURE
    if tally.expected and tally.unheard == tally.expected:
        return CommitState.PENDING
    unknown = any(counts[where] for where in _NOT_KNOWN)
    if managed and (unknown or not counts[Standing.ON_IT]):
        return CommitState.PENDING
    return CommitState.SUCCESS


def _counted(tally: Tally, fleet: Fleet) -> str:
    managed, on_it = tally.managed, tally.counts[Standing.ON_IT]
    text = f"{on_it}/{managed} on it" if managed else "0 agents"
    unsaid = _UNSAID | {Standing.MOVED} if managed else _UNSAID
    for where in Standing:
        if tally.counts[where] and where not in unsaid:
            text += _part(where, tally, fleet)
    return text


def _part(where: Standing, tally: Tally, fleet: Fleet) -> str:
    count = tally.counts[where]
    names = _names(tally.names.get(where, ()), count)
    if where is not Standing.UNMANAGED:
        return f", {count} {where}{names}"
    if fleet.unmanaged is Unmanaged.WARN:
        return f"; warning: no config selects {count} connected{names}"
    return f", no config selects {count} connected{names}"


def _names(names: Collection[str], count: int) -> str:
    if not names:
        return ""
    return f" ({', '.join(names)}{', …' if len(names) < count else ''})"


_UNSAID = frozenset({Standing.ON_IT, Standing.WAITING, Standing.ABSENT})
"""Said by the ratio, or of nobody that counts."""
