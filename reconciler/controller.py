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
from reconciler.state import identity, intake, records
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
    AgentReported,
    ConnectionClosed,
    EffectiveCompared,
    Event,
    RevisionFetched,
    RevisionRefused,
    Tick,
)
from reconciler.state.identity import Renames
from reconciler.state.observed import POLLING, AgentReport, ConnectionId
from reconciler.state.reconcile import Reconcile
from reconciler.state.records import RevisionRecord, StoredState
from reconciler.state.revisions import Revisions
from reconciler.state.timers import Timers

__all__ = ["AgentSettings", "Controller"]

BATCH = 200
"""Agents that one Tick judges, so that no call holds up the others."""

POLLER_GONE_AFTER = 95.0
"""Seconds of silence: three polling intervals of 30 s and a little."""

EXPIRE_AFTER = 6 * 3600.0
"""Seconds after which an agent that is away is forgotten; its uid may never return."""

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
    ) -> None:
        self.agents: dict[InstanceUid, Agent] = {}
        self._new_uid = new_uid
        self._settings = settings
        self._census = Census()
        self._revisions = Revisions(self._census)
        self._builds = Builds()
        self._reconcile = Reconcile(self._builds)
        self._stale: deque[InstanceUid] = deque()
        self._verdicts = Timers()
        self._presence = Timers()
        self._asks = Asks(settings, self._builds)
        self._renames = Renames(new_uid)

    # What the service and its pages read.

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
        return bool(self._stale) or self._verdicts.is_due(now)

    def farewell(self) -> list[SaveAgent]:
        """To be saved at an orderly stop, so that agents return with bare messages."""
        known = (agent for agent in self.agents.values() if agent.known)
        return [SaveAgent(records.record(agent)) for agent in known]

    # What happens.

    def restore(self, stored: StoredState, fleet: Fleet | None, *, now: float) -> None:
        """Begin where the last process ended; `fleet` is that of the stored snapshot.

        Agents are away until they speak. Nothing is decided and nothing is sent.
        """
        awaited = {kept.uid: kept.group for kept in stored.agents if kept.connected}
        self._revisions.restore(stored, fleet, awaited=awaited, now=now)
        self._reconcile.restore(stored.configs)
        if fleet is not None:
            self._reconcile.aim(fleet, self.generation)
        for kept in stored.agents:
            agent = self.agents[kept.uid] = records.revive(kept)
            self._census.place(agent)
            self._presence.set(agent.uid, now + EXPIRE_AFTER)
        self._builds.restore(self.agents.values())
        if fleet is not None:
            # The end may have come before all were judged by it.
            self._stale = deque(self.agents)

    def handle(self, event: Event, now: float) -> list[Action]:
        """Decide what follows from one event.

        The actions for `event.report.instance_uid` belong into the answer to it.
        """
        match event:
            case AgentReported():
                return self._on_report(event, now)
            case ConnectionClosed(connection, uids):
                return self._on_closed(connection, uids, now)
            case RevisionFetched(fleet, message):
                return self._on_revision(fleet, message, now)
            case RevisionRefused(revision, why):
                return self._refuse(revision, why, self.fleet, now)
            case EffectiveCompared():
                return self._on_compared(event, now)
            case Tick():
                return self._on_tick(now)

    def _on_report(self, event: AgentReported, now: float) -> list[Action]:
        report = event.report
        uid = report.instance_uid
        agent = self.agents.get(uid)
        if report.requests_instance_uid:
            left = self._on_closed(event.connection, [uid], now)
            return [*left, AssignInstanceUid(uid, self._new_uid())]
        if agent is None:
            agent = self.agents[uid] = Agent(uid, since=now)
            self._renames.obeyed(uid)
        elif identity.is_clone(agent, event):
            # Clients say good-bye on the old socket after they opened the new one.
            return [] if report.disconnect else [self._renames.rename(uid, now)]
        expected = agent.sequence_num + 1 if agent.heard else None
        attached = self._attach(agent, event, now)
        identity.note_description(agent, report.description)
        changed = intake.absorb(agent, report, now=now)
        if agent.known:
            self._revisions.heard(uid)
        changed |= self._share(agent, report, now)
        if report.disconnect:
            return self._leave(agent, now)
        actions: list[Action] = [
            *self._asks.of(agent, report, expected=expected, now=now)
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
        self._census.place(agent)
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
        polls = event.connection == POLLING
        self._presence.set(agent.uid, now + self._patience if polls else None)
        return True

    @property
    def _patience(self) -> float:
        if self._settings is None:
            return POLLER_GONE_AFTER
        return max(POLLER_GONE_AFTER, 3.0 * self._settings.heartbeat_seconds + 5.0)

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
        self._presence.set(agent.uid, now + EXPIRE_AFTER)
        return self._judge(agent, now, touched=True)

    def _on_compared(self, event: EffectiveCompared, now: float) -> list[Action]:
        uids = self._reconcile.compared(event)
        here = [agent for uid in uids if (agent := self.agents.get(uid))]
        return [action for agent in here for action in self._judge(agent, now)]

    def _on_revision(self, fleet: Fleet, message: str, now: float) -> list[Action]:
        if fleet.fatal:
            # Without a readable Fleet document the contexts are those known before.
            named = fleet if fleet.name else self.fleet or fleet
            return self._refuse(fleet.revision, fleet.fatal, named, now)
        if fleet.revision == self.revision:
            return []
        actions = self._revisions.accept(
            fleet, message, replaced=self.revision, now=now
        )
        self._reconcile.aim(fleet, self.generation)
        self._stale = deque(self.agents)
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
        if self._stale:
            for _ in range(min(BATCH, len(self._stale))):
                agent = self.agents.get(self._stale.popleft())
                if agent is not None:
                    actions += self._judge(agent, now)
            if not self._stale:
                actions += self._reconcile.drop_unused()
        for uid in self._verdicts.pop(now, most=BATCH):
            actions += self._judge(self.agents[uid], now)
        for uid in self._presence.pop(now, most=BATCH):
            actions += self._check_presence(self.agents[uid], now)
        if self.fleet is not None:
            judged = not self._stale
            actions += self._revisions.publish(self.fleet, judged=judged, now=now)
        return actions

    def _check_presence(self, agent: Agent, now: float) -> list[Action]:
        if agent.polls:
            gone_at = agent.last_seen + self._patience
            if now >= gone_at:
                return self._leave(agent, now)
            self._presence.set(agent.uid, gone_at)
        elif not agent.is_reachable:
            return self._forget(agent.uid)
        return []

    def _forget(self, uid: InstanceUid) -> list[Action]:
        del self.agents[uid]
        self._builds.forget(uid)
        self._census.remove(uid)
        self._verdicts.set(uid, None)
        return [ForgetAgent(uid)]

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
        self._census.place(agent)
        return actions
