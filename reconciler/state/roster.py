"""Everybody that is remembered: who is there, who is away, who follows whom.

Held by `controller.py`. Owns presence: when silence means that an agent is away, how
long one that is away counts, and which record a new `instance_uid` goes on with.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection

from reconciler.ids import InstanceUid
from reconciler.state import rhythm, same_host
from reconciler.state.agent import Agent
from reconciler.state.asks import AgentSettings
from reconciler.state.observed import Capability
from reconciler.state.timers import Timers

MOST_AT_ONE_PLACE = 16
"""Where more records share a place, it tells nobody apart."""


RETURNS = 60.0
"""Seconds in which an agent may return to a WebSocket that it lost: as clients back off
to. Then a younger one of its place is the one that followed it."""


class Roster:
    """The agents by uid.

    Attributes:
        agents: Those that count.
        forgotten: Those that count no more, and failed what is still wanted.
        rivalled: Those whose next message shows that a younger one is another agent.
    """

    def __init__(
        self,
        settings: AgentSettings | None,
        *,
        forget_after: Callable[[Agent], float],
    ) -> None:
        self.agents: dict[InstanceUid, Agent] = {}
        self.forgotten: dict[InstanceUid, Agent] = {}
        self.rivalled: set[InstanceUid] = set()
        self._settings = settings
        self._forget_after = forget_after
        self._due = Timers()
        self._places: dict[InstanceUid, same_host.Place] = {}
        self._at: defaultdict[same_host.Place, set[InstanceUid]] = defaultdict(set)

    def add(self, agent: Agent) -> None:
        """Remember an agent from now on."""
        kept = self.forgotten if agent.forgotten else self.agents
        kept[agent.uid] = agent
        self.note_place(agent)

    def find(self, uid: InstanceUid) -> Agent | None:
        """The agent of a uid; one that was forgotten counts again."""
        agent = self.agents.get(uid)
        if agent is None and (agent := self.forgotten.pop(uid, None)) is not None:
            agent.forgotten = False
            self.agents[uid] = agent
        return agent

    def remove(self, uid: InstanceUid) -> None:
        """Remember an agent no more."""
        self.agents.pop(uid, None)
        self.forgotten.pop(uid, None)
        self._due.set(uid, None)
        self._leave_place(uid)
        self.rivalled.discard(uid)

    # Presence.

    def arrives(self, agent: Agent) -> None:
        """An agent has a connection, and spoke over it."""
        self._due.set(agent.uid, self.gone_at(agent) if agent.polls else None)

    def polls(self, agent: Agent, *, is_bare: bool, now: float) -> None:
        """A polling agent spoke; learn how often it does.

        What it has to tell it sends at once, many messages in a second while it starts
        or applies something; those come between two polls, if not as late as a poll.
        """
        usual = rhythm.UNLEARNED if agent.interval is None else agent.interval
        begun = agent.beat_at
        if not is_bare and begun is not None and now < begun + usual:
            return
        if rhythm.beat(agent, now):
            self._due.set(agent.uid, self.gone_at(agent))

    def leaves(self, agent: Agent) -> None:
        """An agent is away from now on, or since it is."""
        due = self.forgotten_at(agent)
        if agent.disconnected_at is not None and self.successor(agent) is not None:
            due = agent.disconnected_at + RETURNS
        self._due.set(agent.uid, due)

    def due(self, now: float, *, most: int) -> list[Agent]:
        """Those whose time may have come: to be away, or to be forgotten."""
        return [self.agents[uid] for uid in self._due.pop(now, most=most)]

    def gone_at(self, agent: Agent) -> float:
        """When a polling agent is away, if it stays silent."""
        patience = rhythm.patience(
            agent,
            given=self._given(agent),
            has_rival=agent.interval is not None and self.successor(agent) is not None,
        )
        return agent.last_seen + patience

    def forgotten_at(self, agent: Agent) -> float | None:
        """When an agent that is away counts no more; None while it is connected."""
        if agent.disconnected_at is None:
            return None
        return agent.disconnected_at + self._forget_after(agent)

    def wait_for(self, agent: Agent, due: float) -> None:
        """Look at this agent's presence again then."""
        self._due.set(agent.uid, due)

    def forget(self, agent: Agent) -> None:
        """Count an agent no more, but remember what it failed."""
        agent.forgotten = True
        del self.agents[agent.uid]
        self.forgotten[agent.uid] = agent
        self._due.set(agent.uid, None)

    def _given(self, agent: Agent) -> float | None:
        settings = self._settings
        if settings is None or agent.settings_hash != settings.hash:
            return None
        takes = agent.has(Capability.REPORTS_HEARTBEAT)
        return float(settings.heartbeat_seconds) if takes else None

    # Succession.

    def note_place(self, agent: Agent) -> None:
        """An agent described itself."""
        place = same_host.place_of(agent.description)
        if self._places.get(agent.uid) == place:
            return
        self._leave_place(agent.uid)
        if place is not None:
            self._places[agent.uid] = place
            self._at[place].add(agent.uid)
            for rival in self._others(agent):
                if rival.is_reachable:
                    self.rivalled.add(rival.uid)
                if rival.polls:
                    self._due.set(rival.uid, self.gone_at(rival))

    def clones(self, agent: Agent) -> list[Agent]:
        """An agent spoke: those of its place that began before are other agents."""
        self.rivalled.discard(agent.uid)
        others = [
            other
            for other in self._others(agent)
            if agent.first_heard <= other.first_heard < agent.last_seen
        ]
        clones = [agent, *others] if others else []
        for clone in clones:
            clone.is_clone = True
        return clones

    def predecessor(self, agent: Agent) -> Agent | None:
        """The agent that is away, and that this new one follows."""
        others = sorted(self._akin(agent), key=_begun)
        if not others or others[-1].is_reachable:
            return None
        return others[-1] if _is_line([*others, agent]) else None

    def successor(self, agent: Agent) -> Agent | None:
        """The younger agent that speaks in place of this one."""
        younger = [
            other
            for other in sorted(self._akin(agent), key=_begun)
            if other.is_reachable and other.first_heard > agent.last_seen
        ]
        return younger[0] if younger and _is_line(younger) else None

    def _akin(self, agent: Agent) -> list[Agent]:
        """Others of its place: those with its labels, else the only one there is."""
        others = self._others(agent)
        if not others or any(record.is_clone for record in (agent, *others)):
            return []
        labels = same_host.stable(agent.description)
        alike = [
            other for other in others if same_host.stable(other.description) == labels
        ]
        return alike or (others if len(others) == 1 else [])

    def _others(self, agent: Agent) -> list[Agent]:
        place = self._places.get(agent.uid)
        uids: Collection[InstanceUid] = self._at.get(place, ()) if place else ()
        if len(uids) > MOST_AT_ONE_PLACE:
            return []
        return [
            other
            for uid in uids
            if uid != agent.uid
            and (other := self.agents.get(uid) or self.forgotten.get(uid))
        ]

    def _leave_place(self, uid: InstanceUid) -> None:
        place = self._places.pop(uid, None)
        if place is None:
            return
        self._at[place].discard(uid)
        if not self._at[place]:
            del self._at[place]


def _begun(agent: Agent) -> float:
    return agent.first_heard


def _is_line(agents: list[Agent]) -> bool:
    """Whether each was silent when the next began; clones are not."""
    return all(
        older.last_seen <= younger.first_heard
        for older, younger in itertools.pairwise(agents)
    )


def take_over(agent: Agent, old: Agent) -> None:
    """Go on with what is remembered of the process before."""
    if agent.good is None:
        agent.good, agent.synced_on = old.good, old.synced_on
        agent.offer = agent.offer or old.offer
        agent.desired = agent.desired or old.desired
        agent.doubt = old.doubt
    if not agent.has_run_ours:
        agent.group, agent.has_run_ours = old.group, old.has_run_ours
    agent.moved_from |= old.moved_from
    agent.interval = old.interval if agent.interval is None else agent.interval
    for digest, failure in old.failures.items():
        if digest != agent.good:
            agent.failures.setdefault(digest, failure)
    if agent.reported_hash is not None and agent.reported_hash == old.reported_hash:
        _go_on(agent, old)


def _go_on(agent: Agent, old: Agent) -> None:
    """The same config under another process: what it did with it began before."""
    agent.echoed_since = min(agent.echoed_since, old.echoed_since)
    agent.applied_since = _earlier(agent.applied_since, old.applied_since)
    agent.unhealthy_since = _earlier(agent.unhealthy_since, old.unhealthy_since)
    agent.ailing_since = _earlier(agent.ailing_since, old.ailing_since)


def _earlier(since: float | None, before: float | None) -> float | None:
    return since if since is None or before is None else min(since, before)
