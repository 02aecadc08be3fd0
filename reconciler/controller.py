"""The whole program without I/O: told what happened, answers with what to do.

`service.py` calls `handle` for every event and executes the actions in order. No
`await`, so no lock; no clock, `now` is an argument. An event that changes nothing
yields no action, and no call walks the fleet: agents are judged one by one, when they
speak, when their time has come, or in batches of `Tick` after a revision.
"""

from collections.abc import Callable, Iterable, Mapping

from reconciler.fleet.compatibility import Components
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.ids import Generation, InstanceUid, Revision
from reconciler.state import identity, intake, records
from reconciler.state.actions import (
    Action,
    AssignInstanceUid,
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
from reconciler.state.expected import MissingHost
from reconciler.state.identity import Renames
from reconciler.state.observed import POLLING, AgentReport, ConnectionId
from reconciler.state.reconcile import Reconcile
from reconciler.state.records import RevisionRecord, StoredState
from reconciler.state.revisions import DEFAULT_PREFIX, Revisions
from reconciler.state.upkeep import Upkeep

__all__ = ["AgentSettings", "Controller"]

FORGET_AFTER = 7 * 86_400.0
"""Seconds that an agent which is away counts, unless the settings say else."""

SETTLE = 3.0
"""Seconds an agent has to take connection settings before a config is pushed to it."""

AT_REST = frozenset({Sync.SYNCED, Sync.UNMANAGED, Sync.UNSELECTED, Sync.READ_ONLY})
"""Where nothing is owed to an agent that says nothing new."""


class Controller:
    """All that is known and wanted of a fleet, in one place with one owner."""

    def __init__(
        self,
        *,
        new_uid: Callable[[], InstanceUid],
        settings: AgentSettings | None = None,
        forget_after: float = FORGET_AFTER,
        status_prefix: str = DEFAULT_PREFIX,
    ) -> None:
        self._new_uid = new_uid
        self._status_prefix = status_prefix
        census = Census()
        self._revisions = Revisions(census)
        self._builds = Builds()
        self._reconcile = Reconcile(self._builds)
        self._upkeep = Upkeep(
            self._revisions,
            self._reconcile,
            builds=self._builds,
            census=census,
            settings=settings,
            forget_after=forget_after,
        )
        self._asks = Asks(settings, self._builds)
        self._renames = Renames(new_uid)

    # What the service and its pages read.

    @property
    def agents(self) -> Mapping[InstanceUid, Agent]:
        """Every agent that counts."""
        return self._upkeep.agents

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
        return self._upkeep.expected.missing()

    def forgotten_at(self, uid: InstanceUid) -> float | None:
        """When an agent that is away counts no more; None while it is connected."""
        agent = self.agents.get(uid)
        return self._upkeep.roster.forgotten_at(agent) if agent else None

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
        return self._upkeep.has_work(now)

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
            self._upkeep.aim(fleet, self.generation)
        self._upkeep.restore(stored.agents, now)
        return actions

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
        if report.requests_instance_uid:
            left = self._on_closed(event.connection, [uid], now)
            return [*left, AssignInstanceUid(uid, self._new_uid())]
        agent = self._upkeep.roster.find(uid)
        if agent is None:
            if report.disconnect:
                return []
            agent = Agent(uid, since=now, first_heard=now)
            self._upkeep.roster.add(agent)
            self._renames.obeyed(uid)
        elif identity.is_clone(agent, event):
            # Clients say good-bye on the old socket after they opened the new one.
            return [] if report.disconnect else [self._renames.rename(uid, now)]
        return self._take(agent, event, now)

    def _take(self, agent: Agent, event: AgentReported, now: float) -> list[Action]:
        report = event.report
        expected = agent.sequence_num + 1 if agent.heard else None
        attached = agent.connection != event.connection
        if attached:
            _attach(agent, event, now)
        identity.note_description(agent, report.description)
        changed = intake.absorb(agent, report, now=now)
        actions: list[Action] = []
        if agent.uid in self._upkeep.roster.rivalled and not report.disconnect:
            actions += self._upkeep.note_clones(agent)
        if attached or report.description is not None:
            actions += self._upkeep.follow_up(agent)
        if agent.known:
            self._revisions.awaited.heard(agent.uid)
        changed |= self._share(agent, report, now)
        if event.connection == POLLING:
            self._upkeep.roster.polls(agent, is_bare=report.is_bare, now=now)
        if attached:
            self._upkeep.roster.arrives(agent)
        if report.disconnect:
            return [*actions, *self._upkeep.leave(agent, now)]
        actions += self._asks.of(agent, report, expected=expected, now=now)
        settings = list(
            self._asks.connection_settings(agent, report, expected=expected, now=now)
        )
        if settings:
            return [*actions, *settings, *self._after_settings(agent, now)]
        if changed or attached or self._is_owed_a_verdict(agent):
            touched = changed or attached
            actions += self._upkeep.judge(agent, now, answering=True, touched=touched)
        return actions

    def _share(self, agent: Agent, report: AgentReport, now: float) -> bool:
        """Keep once what many agents report alike; whether it says something new."""
        if report.effective_config is not None:
            self._reconcile.share_effective(agent)
        if report.available_components is None:
            return False
        concerned = self._builds.take(agent, report.available_components)
        for one in concerned:
            self._upkeep.judge_at(one, now)
        return bool(concerned)

    def _after_settings(self, agent: Agent, now: float) -> list[Action]:
        # A client that takes settings reconnects, and can lose a config beside them.
        self._upkeep.judge_at(agent.uid, now + SETTLE)
        self._upkeep.place(agent)
        return [SaveAgent(records.record(agent))]

    def _is_owed_a_verdict(self, agent: Agent) -> bool:
        if agent.judged_in != self.generation:
            return True
        # A polling agent can be sent nothing between its messages.
        return agent.connection == POLLING and agent.sync not in AT_REST

    def _on_closed(
        self, connection: ConnectionId, uids: Iterable[InstanceUid], now: float
    ) -> list[Action]:
        here = [agent for uid in uids if (agent := self.agents.get(uid))]
        return [
            action
            for agent in here
            if agent.connection == connection
            for action in self._upkeep.leave(agent, now)
        ]

    def _on_forgotten(self, uid: InstanceUid) -> list[Action]:
        agent = self.agents.get(uid)
        if agent is not None and agent.is_reachable:
            return []
        known = agent is not None or uid in self._upkeep.roster.forgotten
        return self._upkeep.forget(uid) if known else []

    def _on_compared(self, event: EffectiveCompared, now: float) -> list[Action]:
        uids = self._reconcile.compared(event)
        here = [agent for uid in uids if (agent := self.agents.get(uid))]
        return [action for agent in here for action in self._upkeep.judge(agent, now)]

    def _on_revision(self, event: RevisionFetched, now: float) -> list[Action]:
        fleet = event.fleet
        if fleet.fatal:
            # Without a readable Fleet document the contexts are those known before.
            named = fleet if fleet.name else self.fleet or fleet
            return self._refuse(fleet.revision, fleet.fatal, named, now)
        if fleet.revision == self.revision:
            self._revisions.newest = fleet.revision
            return []
        actions = self._revisions.accept(
            fleet,
            event.message,
            replaced=self._reconcile.resolver,
            passed=event.passed,
            now=now,
        )
        self._upkeep.aim(fleet, self.generation)
        return actions

    def _refuse(
        self,
        revision: Revision,
        why: tuple[Finding, ...],
        named: Fleet | None,
        now: float,
    ) -> list[Action]:
        prefix = named.status_prefix if named else self._status_prefix
        return self._revisions.refuse(revision, why, prefix=prefix, now=now)

    def _on_tick(self, now: float) -> list[Action]:
        actions = self._upkeep.tick(now)
        fleet = self.fleet
        if fleet is not None and not self._upkeep.is_judging():
            actions += self._revisions.publish(fleet, now=now)
        return actions


def _attach(agent: Agent, event: AgentReported, now: float) -> None:
    agent.connection = event.connection
    agent.transport = event.transport
    agent.connected_since = now
    agent.disconnected_at = None
