"""Keeps the record of every agent: judged, counted, saved, handed on, forgotten.

Held by `controller.py`, which tells it what happened. Judges agents one by one: when
they speak, when their time has come, or in batches after a revision.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.fleet.documents import Fleet
from reconciler.ids import Generation, InstanceUid
from reconciler.state import records, roster
from reconciler.state.actions import Action, ForgetAgent, SaveAgent
from reconciler.state.agent import Agent, Sync
from reconciler.state.asks import AgentSettings
from reconciler.state.builds import Builds
from reconciler.state.census import Census
from reconciler.state.expected import Expected
from reconciler.state.observed import Transport
from reconciler.state.reconcile import Reconcile
from reconciler.state.records import AgentRecord
from reconciler.state.revisions import Revisions
from reconciler.state.roster import Roster
from reconciler.state.timers import Timers

BATCH = 200
"""Agents that one Tick judges, so that no call holds up the others."""


class Upkeep:
    """What happens to agents, whoever caused it."""

    def __init__(
        self,
        revisions: Revisions,
        reconcile: Reconcile,
        *,
        builds: Builds,
        census: Census,
        settings: AgentSettings | None,
        forget_after: float,
    ) -> None:
        self._revisions = revisions
        self._reconcile = reconcile
        self._builds = builds
        self._census = census
        self._forget_after = forget_after
        self.expected = Expected(census)
        self.roster = Roster(settings, forget_after=self._counts_for)
        self._stale: deque[InstanceUid] = deque()
        self._verdicts = Timers()

    @property
    def agents(self) -> Mapping[InstanceUid, Agent]:
        """Every agent that counts."""
        return self.roster.agents

    def is_judging(self) -> bool:
        """Some agent or expected host was not judged by the fleet in force yet."""
        return bool(self._stale or self.expected.unplaced)

    def has_work(self, now: float) -> bool:
        """A Tick now would judge agents."""
        return self.is_judging() or self._verdicts.is_due(now)

    def restore(self, kept: Iterable[AgentRecord], now: float) -> None:
        """Take the agents of the last process; all are away until they speak."""
        for record in kept:
            agent = records.revive(record, now=now)
            self.roster.add(agent)
            if not agent.forgotten:
                self.place(agent)
                self.roster.leaves(agent)
        self._builds.restore(self.agents.values())
        # The end may have come before all were judged by the fleet.
        self._judge_everybody()

    def aim(self, fleet: Fleet, generation: Generation) -> None:
        """Judge everybody by this fleet from now on."""
        self._reconcile.aim(fleet, generation)
        self.expected.aim(fleet)
        self._judge_everybody()

    def _judge_everybody(self) -> None:
        self._stale = deque([*self.agents, *self.roster.forgotten])

    # One agent.

    def judge(
        self,
        agent: Agent,
        now: float,
        *,
        answering: bool = False,
        touched: bool = False,
    ) -> list[Action]:
        """Judge an agent and count it where it stands."""
        actions, due = self._reconcile.judge(
            agent, answering=answering, touched=touched, now=now
        )
        self._verdicts.set(agent.uid, due)
        self.place(agent)
        if not agent.is_reachable:
            self.roster.leaves(agent)
        return actions

    def judge_at(self, uid: InstanceUid, due: float) -> None:
        """Judge an agent then, though nothing may happen."""
        self._verdicts.set(uid, due)

    def place(self, agent: Agent) -> None:
        """Count an agent where it stands."""
        resolution = self._reconcile.resolution(agent)
        if resolution is not None:
            self.expected.note(agent.uid, resolution.hosts)
            if self._revisions.compares:
                self._revisions.compare(agent, resolution)
        self._census.place(agent, expected=self.expected.is_expected(agent.uid))

    def leave(self, agent: Agent, now: float) -> list[Action]:
        """An agent is away from now on; one that follows it already goes on for it."""
        self._builds.left(agent)
        agent.connection = None
        agent.disconnected_at = now
        polled = agent.transport is Transport.HTTP
        return (polled and self._replace(agent, now)) or self.judge(
            agent, now, touched=True
        )

    def _replace(self, agent: Agent, now: float) -> list[Action]:
        """Hand on the record of one that is away to the younger that follows it."""
        successor = self.roster.successor(agent)
        if successor is None:
            return []
        actions = [*self._hand_on(agent, successor), *self.follow_up(successor)]
        return [*actions, *self.judge(successor, now, touched=True)]

    def follow_up(self, agent: Agent) -> list[Action]:
        """Go on with the records of the agents that this one follows, if any."""
        self.roster.note_place(agent)
        actions: list[Action] = []
        while old := self.roster.predecessor(agent):
            actions += self._hand_on(old, agent)
        return actions

    def note_clones(self, agent: Agent) -> list[Action]:
        """An agent spoke, and may have shown that it is not the one that follows it."""
        clones = self.roster.clones(agent)
        return [SaveAgent(records.record(clone)) for clone in clones if clone.known]

    def _hand_on(self, old: Agent, agent: Agent) -> list[Action]:
        roster.take_over(agent, old)
        record = records.record(agent)
        if not agent.known:
            # It is to be asked after a restart too.
            record = replace(record, sync=Sync.UNKNOWN)
        return [*self.forget(old.uid), SaveAgent(record)]

    def forget(self, uid: InstanceUid) -> list[Action]:
        """Know nothing of an agent any more."""
        self._revisions.awaited.heard(uid)
        self._dismiss(uid)
        self.roster.remove(uid)
        return [ForgetAgent(uid)]

    def _dismiss(self, uid: InstanceUid) -> None:
        self._builds.forget(uid)
        self._census.remove(uid)
        self.expected.forget(uid)
        self._verdicts.set(uid, None)

    # As time passes.

    def tick(self, now: float) -> list[Action]:
        """Judge whose time has come, and look who went away or is to be forgotten."""
        actions: list[Action] = []
        if self._stale or self.expected.unplaced:
            actions += self._judge_stale(now)
        for uid in self._verdicts.pop(now, most=BATCH):
            actions += self.judge(self.agents[uid], now)
        for agent in self.roster.due(now, most=BATCH):
            actions += self._check_presence(agent, now)
        for uid in self._revisions.awaited.lost(now):
            # It is away since the process began, also for the next one.
            if lost := self.agents.get(uid):
                actions += self.judge(lost, now, touched=True)
        return actions

    def _judge_stale(self, now: float) -> list[Action]:
        """Judge some of those that were judged by another fleet last."""
        resolver = self._reconcile.resolver
        if resolver is not None:
            self.expected.place(resolver, most=BATCH)
        if not self._stale:
            return []
        actions: list[Action] = []
        for _ in range(min(BATCH, len(self._stale))):
            uid = self._stale.popleft()
            if agent := self.agents.get(uid):
                actions += self.judge(agent, now)
            elif forgotten := self.roster.forgotten.get(uid):
                actions += self._remember(forgotten)
        if not self._stale:
            actions += self._reconcile.drop_unused()
        return actions

    def _check_presence(self, agent: Agent, now: float) -> list[Action]:
        if agent.polls:
            due = self.roster.gone_at(agent)
            if now >= due:
                return self.leave(agent, now)
        else:
            forgotten_at = self.roster.forgotten_at(agent)
            if forgotten_at is None:
                return []
            if replaced := self._replace(agent, now):
                return replaced
            if now >= forgotten_at:
                return self._count_no_more(agent)
            due = forgotten_at
        self.roster.wait_for(agent, due)
        return []

    def _count_no_more(self, agent: Agent) -> list[Action]:
        self._dismiss(agent.uid)
        self.roster.forget(agent)
        return self._remember(agent)

    def _remember(self, agent: Agent) -> list[Action]:
        """Keep a forgotten agent for as long as a hash is wanted that it failed."""
        if not self._reconcile.wants_failed(agent):
            self.roster.remove(agent.uid)
            return [ForgetAgent(agent.uid)]
        return [SaveAgent(records.record(agent))]

    def _counts_for(self, agent: Agent) -> float:
        """Seconds that an agent which is away counts."""
        fleet = self._reconcile.fleet
        policy = fleet.policy_of(agent.group) if fleet else None
        if policy is None or policy.forget_after is None:
            return self._forget_after
        return policy.forget_after
