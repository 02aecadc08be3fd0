"""The whole program without I/O: told what happened, answers with what to do.

`service.py` calls `handle` for every event and executes the actions in order. No
`await`, so no lock; no clock, `now` is an argument. An event that changes nothing
yields no action, and no call walks the fleet: agents are judged one by one, when they
speak, when their time has come, or in batches of `Tick` after a revision.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from reconciler.fleet.compatibility import Components
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.ids import Generation, InstanceUid, Revision
from reconciler.state import identity, intake, records, roster
from reconciler.state.actions import (
    Action,
    AssignInstanceUid,
    ForgetAgent,
    SaveAgent,
)
from reconciler.state.agent import Agent, Sync
from reconciler.state.asks import AgentSettings, Asks
from reconciler.state.builds import Builds
from reconciler.state.census import Census
from reconciler.state.conditions import GroupStatus
from reconciler.state.desired import Resolution
from reconciler.state.drift import DriftReport
from reconciler.state.events import (
    AgentForgotten,
    AgentReported,
    ConnectionClosed,
    EffectiveCompared,
    Event,
    RevisionFetched,
    RevisionRefused,
    Tick,
)
from reconciler.state.expected import Expected, MissingHost
from reconciler.state.identity import Renames
from reconciler.state.observed import POLLING, AgentReport, ConnectionId
from reconciler.state.reconcile import Reconcile
from reconciler.state.records import RevisionRecord, StoredState
from reconciler.state.revisions import Revisions
from reconciler.state.roster import Roster
from reconciler.state.timers import Timers

__all__ = ["AgentSettings", "Controller"]

BATCH = 200
"""Agents that one Tick judges, so that no call holds up the others."""

FORGET_AFTER = 7 * 86_400.0
"""Seconds that an agent which is away counts, unless the settings say else."""

SETTLE = 3.0
"""Seconds an agent has to take connection settings before a config is pushed to it."""

AT_REST = frozenset({Sync.SYNCED, Sync.UNMANAGED, Sync.READ_ONLY})
"""Where nothing is owed to an agent that says nothing new."""


class Controller:
    """All that is known and wanted of a fleet, in one place with one owner."""

    def __init__(
        self,
        *,
        new_uid: Callable[[], InstanceUid],
        settings: AgentSettings | None = None,
        forget_after: float = FORGET_AFTER,
    ) -> None:
        self._new_uid = new_uid
        self._forget_after = forget_after
        self._census = Census()
        self._revisions = Revisions(self._census)
        self._expected = Expected(self._census)
        self._builds = Builds()
        self._reconcile = Reconcile(self._builds)
        self._stale: deque[InstanceUid] = deque()
        self._verdicts = Timers()
        self._roster = Roster(settings, forget_after=self._counts_for)
        self._asks = Asks(settings, self._builds)
        self._renames = Renames(new_uid)

    # What the service and its pages read.

    @property
    def agents(self) -> Mapping[InstanceUid, Agent]:
        """Every agent that counts."""
        return self._roster.agents

    @property
    def fleet(self) -> Fleet | None:
        """The fleet in force."""
        return self._reconcile.fleet

    @property
    def revision(self) -> Revision | None:
        """The revision in force."""
        return self.fleet.revision if self.fleet else None

    @property
    def generation(self) -> Generation:
        """Counts accepted revisions."""
        return self._revisions.generation

    @property
    def newest(self) -> Revision | None:
        """The newest revision that was accepted or refused."""
        return self._revisions.newest

    @property
    def accepted(self) -> Revision | None:
        """The revision in force, or the stored one that cannot be read any more."""
        return self._revisions.accepted

    def missing(self) -> list[MissingHost]:
        """The hosts that the inventory names and that were never heard."""
        return self._expected.missing()

    def forgotten_at(self, uid: InstanceUid) -> float | None:
        """When an agent that is away counts no more; None while it is connected."""
        agent = self.agents.get(uid)
        return self._roster.forgotten_at(agent) if agent else None

    def groups(self) -> list[GroupStatus]:
        """The groups of the revision in force, in the words its commit is told."""
        return self._revisions.groups(self.fleet) if self.fleet else []

    def revisions(self) -> list[RevisionRecord]:
        """Newest first."""
        return self._revisions.records()

    def resolution(self, uid: InstanceUid) -> Resolution | None:
        """What an agent should run."""
        agent = self.agents.get(uid)
        return self._reconcile.resolution(agent) if agent else None

    def drift(self, uid: InstanceUid) -> DriftReport | None:
        """The comparison of an agent's effective config with what it should run."""
        agent = self.agents.get(uid)
        return self._reconcile.drift(agent) if agent else None

    def builds(self) -> Mapping[bytes, Components]:
        """The component types of each build that agents told, by their hash of it."""
        return self._builds.sets()

    def has_work(self, now: float) -> bool:
        """A Tick now would judge agents."""
        stale = self._stale or self._expected.unplaced
        return bool(stale) or self._verdicts.is_due(now)

    def farewell(self) -> list[SaveAgent]:
        """To be saved at an orderly stop, so that agents return with bare messages."""
        known = (agent for agent in self.agents.values() if agent.known)
        return [SaveAgent(records.record(agent)) for agent in known]

    # What happens.

    def restore(
        self, stored: StoredState, fleet: Fleet | None, *, now: float
    ) -> list[Action]:
        """Begin where the last process ended; `fleet` is that of the stored snapshot.

        Agents are away until they speak, and none is sent anything. A fleet that cannot
        be read any more is refused as at a fetch, and none is in force.
        """
        awaited = {
            kept.uid: kept.group
            for kept in stored.agents
            if kept.disconnected_at is None
        }
        actions = self._revisions.restore(stored, fleet, awaited=awaited, now=now)
        self._reconcile.restore(stored.configs)
        if fleet is not None and not fleet.fatal:
            self._aim(fleet)
        for kept in stored.agents:
            agent = records.revive(kept, now=now)
            self._roster.add(agent)
            if not agent.forgotten:
                self._place(agent)
                self._roster.leaves(agent)
        self._builds.restore(self.agents.values())
        # The end may have come before all were judged by the fleet.
        self._stale = deque(self._everybody())
        return actions

    def _aim(self, fleet: Fleet) -> None:
        self._reconcile.aim(fleet, self.generation)
        self._expected.aim(fleet)

    def _everybody(self) -> list[InstanceUid]:
        return [*self.agents, *self._roster.forgotten]

    def handle(self, event: Event, now: float) -> list[Action]:
        """Decide what follows from one event.

        The actions for `event.report.instance_uid` belong into the answer to it.
        """
        match event:
            case AgentReported():
                return self._on_report(event, now)
            case ConnectionClosed(connection, uids):
                return self._on_closed(connection, uids, now)
            case RevisionFetched():
                return self._on_revision(event, now)
            case RevisionRefused(revision, why):
                return self._refuse(revision, why, self.fleet, now)
            case EffectiveCompared():
                return self._on_compared(event, now)
            case AgentForgotten(uid):
                return self._on_forgotten(uid)
            case Tick():
                return self._on_tick(now)

    def _on_report(self, event: AgentReported, now: float) -> list[Action]:
        report = event.report
        uid = report.instance_uid
        agent = self._roster.find(uid)
        if report.requests_instance_uid:
            left = self._on_closed(event.connection, [uid], now)
            return [*left, AssignInstanceUid(uid, self._new_uid())]
        if agent is None:
            agent = Agent(uid, since=now, first_heard=now)
            self._roster.add(agent)
            self._renames.obeyed(uid)
        elif identity.is_clone(agent, event):
            # Clients say good-bye on the old socket after they opened the new one.
            return [] if report.disconnect else [self._renames.rename(uid, now)]
        expected = agent.sequence_num + 1 if agent.heard else None
        attached = self._attach(agent, event, now)
        identity.note_description(agent, report.description)
        changed = intake.absorb(agent, report, now=now)
        taken_over = self._follow_up(agent) if report.description is not None else []
        if agent.known:
            self._revisions.awaited.heard(uid)
        changed |= self._share(agent, report, now)
        if not changed and event.connection == POLLING:
            self._roster.beats(agent, now)
        if attached:
            self._roster.arrives(agent)
        if report.disconnect:
            return [*taken_over, *self._leave(agent, now)]
        actions: list[Action] = [
            *taken_over,
            *self._asks.of(agent, report, expected=expected, now=now),
        ]
        settings = list(
            self._asks.connection_settings(agent, report, expected=expected, now=now)
        )
        if settings:
            return [*actions, *settings, *self._after_settings(agent, now)]
        if changed or attached or self._is_owed_a_verdict(agent):
            touched = changed or attached
            actions += self._judge(agent, now, answering=True, touched=touched)
        return actions

    def _follow_up(self, agent: Agent) -> list[Action]:
        """Go on with the record of the agent that this one follows, if there is one."""
        self._roster.note_place(agent)
        if agent.has_run_ours or agent.failures:
            return []
        old = self._roster.predecessor(agent)
        return self._take_over(agent, old) if old else []

    def _take_over(self, agent: Agent, old: Agent) -> list[Action]:
        roster.take_over(agent, old)
        self._revisions.awaited.heard(old.uid)
        return self._forget(old.uid)

    def _share(self, agent: Agent, report: AgentReport, now: float) -> bool:
        """Keep once what many agents report alike; whether it says something new."""
        if report.effective_config is not None:
            self._reconcile.share_effective(agent)
        if report.available_components is None:
            return False
        concerned = self._builds.take(agent, report.available_components)
        for one in concerned:
            self._verdicts.set(one, now)
        return bool(concerned)

    def _after_settings(self, agent: Agent, now: float) -> list[Action]:
        # A client that takes settings reconnects, and can lose a config beside them.
        self._verdicts.set(agent.uid, now + SETTLE)
        self._place(agent)
        return [SaveAgent(records.record(agent))]

    def _is_owed_a_verdict(self, agent: Agent) -> bool:
        if agent.judged_in != self.generation:
            return True
        # A polling agent can be sent nothing between its messages.
        return agent.polls and agent.sync not in AT_REST

    def _attach(self, agent: Agent, event: AgentReported, now: float) -> bool:
        if agent.connection == event.connection:
            return False
        agent.connection = event.connection
        agent.transport = event.transport
        agent.connected_since = now
        agent.disconnected_at = None
        return True

    def _on_closed(
        self, connection: ConnectionId, uids: Iterable[InstanceUid], now: float
    ) -> list[Action]:
        here = [agent for uid in uids if (agent := self.agents.get(uid))]
        return [
            action
            for agent in here
            if agent.connection == connection
            for action in self._leave(agent, now)
        ]

    def _leave(self, agent: Agent, now: float) -> list[Action]:
        self._builds.left(agent)
        agent.connection = None
        agent.disconnected_at = now
        successor = self._roster.successor(agent)
        if successor is None:
            return self._judge(agent, now, touched=True)
        actions = self._take_over(successor, agent)
        return [*actions, *self._judge(successor, now, touched=True)]

    def _on_forgotten(self, uid: InstanceUid) -> list[Action]:
        agent = self.agents.get(uid)
        if agent is None or agent.is_reachable:
            return []
        self._revisions.awaited.heard(uid)
        return self._forget(uid)

    def _on_compared(self, event: EffectiveCompared, now: float) -> list[Action]:
        uids = self._reconcile.compared(event)
        here = [agent for uid in uids if (agent := self.agents.get(uid))]
        return [action for agent in here for action in self._judge(agent, now)]

    def _on_revision(self, event: RevisionFetched, now: float) -> list[Action]:
        fleet = event.fleet
        if fleet.fatal:
            # Without a readable Fleet document the contexts are those known before.
            named = fleet if fleet.name else self.fleet or fleet
            return self._refuse(fleet.revision, fleet.fatal, named, now)
        if fleet.revision == self.revision:
            return []
        actions = self._revisions.accept(
            fleet,
            event.message,
            replaced=self._reconcile.resolver,
            passed=event.passed,
            now=now,
        )
        self._aim(fleet)
        self._stale = deque(self._everybody())
        return actions

    def _refuse(
        self,
        revision: Revision,
        why: tuple[Finding, ...],
        named: Fleet | None,
        now: float,
    ) -> list[Action]:
        prefix = named.status_prefix if named else None
        return self._revisions.refuse(revision, why, prefix=prefix, now=now)

    def _on_tick(self, now: float) -> list[Action]:
        actions: list[Action] = []
        if self._stale or self._expected.unplaced:
            actions += self._judge_stale(now)
        for uid in self._verdicts.pop(now, most=BATCH):
            actions += self._judge(self.agents[uid], now)
        for agent in self._roster.due(now, most=BATCH):
            actions += self._check_presence(agent, now)
        for uid in self._revisions.awaited.lost(now):
            # It is away since the process began, also for the next one.
            if lost := self.agents.get(uid):
                actions += self._judge(lost, now, touched=True)
        fleet = self.fleet
        if fleet is not None and not self._stale and not self._expected.unplaced:
            actions += self._revisions.publish(fleet, now=now)
        return actions

    def _judge_stale(self, now: float) -> list[Action]:
        """Judge some of those that were judged by another fleet last."""
        resolver = self._reconcile.resolver
        if resolver is not None:
            self._expected.place(resolver, most=BATCH)
        if not self._stale:
            return []
        actions: list[Action] = []
        for _ in range(min(BATCH, len(self._stale))):
            uid = self._stale.popleft()
            if agent := self.agents.get(uid):
                actions += self._judge(agent, now)
            elif forgotten := self._roster.forgotten.get(uid):
                actions += self._remember(forgotten)
        if not self._stale:
            actions += self._reconcile.drop_unused()
        return actions

    def _check_presence(self, agent: Agent, now: float) -> list[Action]:
        if agent.polls:
            due = self._roster.gone_at(agent)
            if now >= due:
                return self._leave(agent, now)
        else:
            forgotten_at = self._roster.forgotten_at(agent)
            if forgotten_at is None:
                return []
            if now >= forgotten_at:
                return self._count_no_more(agent)
            due = forgotten_at
        self._roster.wait_for(agent, due)
        return []

    def _count_no_more(self, agent: Agent) -> list[Action]:
        self._dismiss(agent.uid)
        self._roster.forget(agent)
        return self._remember(agent)

    def _remember(self, agent: Agent) -> list[Action]:
        """Keep a forgotten agent for as long as a hash is wanted that it failed."""
        if not self._reconcile.wants_failed(agent):
            self._roster.remove(agent.uid)
            return [ForgetAgent(agent.uid)]
        return [SaveAgent(records.record(agent))]

    def _forget(self, uid: InstanceUid) -> list[Action]:
        self._dismiss(uid)
        self._roster.remove(uid)
        return [ForgetAgent(uid)]

    def _dismiss(self, uid: InstanceUid) -> None:
        self._builds.forget(uid)
        self._census.remove(uid)
        self._expected.forget(uid)
        self._verdicts.set(uid, None)

    def _counts_for(self, agent: Agent) -> float:
        """Seconds that an agent which is away counts."""
        policy = self.fleet.policy_of(agent.group) if self.fleet else None
        if policy is None or policy.forget_after is None:
            return self._forget_after
        return policy.forget_after

    def _judge(
        self,
        agent: Agent,
        now: float,
        *,
        answering: bool = False,
        touched: bool = False,
    ) -> list[Action]:
        actions, due = self._reconcile.judge(
            agent, answering=answering, touched=touched, now=now
        )
        self._verdicts.set(agent.uid, due)
        self._place(agent)
        if not agent.is_reachable:
            self._roster.leaves(agent)
        return actions

    def _place(self, agent: Agent) -> None:
        resolution = self._reconcile.resolution(agent)
        if resolution is not None:
            self._expected.note(agent.uid, resolution.hosts)
            if self._revisions.compares:
                self._revisions.compare(agent, resolution)
        expected = self._expected.is_expected(agent.uid)
        self._census.place(agent, expected=expected)
