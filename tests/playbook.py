"""A small language for stories about the controller: an agent says, it answers.

`Stage` holds a controller, a clock that only the test moves, and what a service would
keep: records, configs, commit statuses. `Actor` is an OpAMP agent that says what the
test tells it to, numbered as a real client numbers.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reconciler.controller import AgentSettings, Controller
from reconciler.fleet.documents import Fleet
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.ids import CommitSha, ConfigHash, InstanceUid
from reconciler.state import drift
from reconciler.state.actions import (
    Action,
    AgentAction,
    CompareEffective,
    DropConfigs,
    ForgetAgent,
    PublishCommitStatus,
    SaveAgent,
    SaveConfig,
    SaveRevision,
)
from reconciler.state.agent import Agent, Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.events import (
    AgentReported,
    ConnectionClosed,
    EffectiveCompared,
    Event,
    RevisionFetched,
    Tick,
)
from reconciler.state.observed import (
    POLLING,
    AgentDescription,
    AgentReport,
    AvailableComponents,
    Capability,
    ConfigStatus,
    ConnectionId,
    EffectiveConfig,
    Health,
    RemoteConfigStatus,
    Transport,
)
from reconciler.state.records import RevisionRecord, StatusRecord, StoredState
from tests.toy_fleet import effective, sha

Answer: TypeAlias = list[AgentAction]

SUPERVISOR = Capability(0x7C47) & ~Capability.REPORTS_OWN_METRICS
"""What the Collector's supervisor announces, but for its own metrics."""

WELL = Health(healthy=True)
ILL = Health(healthy=False, last_error="exit code 1")
NO_HASH = ConfigHash(b"")
APPLIED, APPLYING, FAILED, UNSET = (
    ConfigStatus.APPLIED,
    ConfigStatus.APPLYING,
    ConfigStatus.FAILED,
    ConfigStatus.UNSET,
)

# The service around the controller.


@dataclass
class Kept:
    """What a store holds."""

    agents: dict[InstanceUid, SaveAgent] = field(default_factory=dict)
    configs: dict[ConfigHash, RenderedConfig] = field(default_factory=dict)
    revisions: dict[CommitSha, RevisionRecord] = field(default_factory=dict)


@dataclass
class Stage:
    """A controller with everything around it that a story needs.

    Attributes:
        compares: `CompareEffective` is answered at once, as `loop.Comparer` does.
        pushed: What agents were sent outside an answer, newest last.
        statuses: The last status of each (commit, context).
        told: Every status in order, as (commit, context, state, description).
    """

    settings: AgentSettings | None = None
    compares: bool = True
    now: float = 1_000_000.0
    kept: Kept = field(default_factory=Kept)
    pushed: Answer = field(default_factory=list)
    statuses: dict[tuple[str, str], tuple[CommitState, str]] = field(
        default_factory=dict
    )
    told: list[tuple[str, str, CommitState, str]] = field(default_factory=list)
    comparisons: list[CompareEffective] = field(default_factory=list)
    fleet: Fleet | None = None

    def __post_init__(self) -> None:
        self._uids = itertools.count(1)
        self._connections = itertools.count(1)
        self.controller = self._new_controller()

    def _new_controller(self) -> Controller:
        return Controller(new_uid=self.new_uid, settings=self.settings)

    def new_uid(self) -> InstanceUid:
        """A uid that was never used."""
        return InstanceUid(next(self._uids).to_bytes(16, "big"))

    def new_connection(self) -> ConnectionId:
        """A WebSocket that was never used."""
        return ConnectionId(next(self._connections))

    def actor(self, *, polls: bool = False, **given: Any) -> "Actor":
        """An agent that has not said anything yet."""
        return Actor(self, self.new_uid(), polls=polls, **given)

    def handle(self, event: Event) -> list[Action]:
        """Hand over an event and keep house as the service does."""
        actions = self.controller.handle(event, self.now)
        answering = (
            event.report.instance_uid if isinstance(event, AgentReported) else None
        )
        for action in actions:
            self._execute(action, answering)
        if self.compares:
            self.compare()
        return actions

    def _execute(self, action: Action, answering: InstanceUid | None) -> None:
        match action:
            case SaveAgent(record):
                self.kept.agents[record.uid] = action
            case ForgetAgent(uid):
                self.kept.agents.pop(uid, None)
            case SaveConfig(config):
                self.kept.configs[config.hash] = config
            case DropConfigs(hashes):
                for one in hashes:
                    del self.kept.configs[one]
            case SaveRevision(record):
                self.kept.revisions[record.commit] = record
            case PublishCommitStatus(commit, context, state, words):
                self.statuses[commit, context] = (state, words)
                self.told.append((commit, context, state, words))
            case CompareEffective():
                self.comparisons.append(action)
            case _ if action.uid != answering:
                self.pushed.append(action)
            case _:
                pass

    def compare(self) -> None:
        """Answer every comparison that was asked for."""
        while self.comparisons:
            asked = self.comparisons.pop(0)
            report = drift.compare(asked.desired, asked.effective)
            digest = asked.effective.digest
            self.handle(EffectiveCompared(asked.desired.hash, digest, report))

    def commit(self, new: Fleet) -> list[Action]:
        """The source moved; every agent is judged by the Ticks that follow."""
        actions = [*self.handle(RevisionFetched(new, "a message")), *self.tick()]
        self.fleet = self.controller.fleet
        return actions

    def tick(self) -> list[Action]:
        """As many Ticks as there is work for."""
        actions = self.handle(Tick())
        while self.controller.has_work(self.now):
            actions += self.handle(Tick())
        return actions

    def wait(self, seconds: float, *, step: float = 0.5) -> Answer:
        """Let time pass; returns what was pushed to agents meanwhile."""
        already, end = len(self.pushed), self.now + seconds
        while self.now < end:
            self.now = min(self.now + step, end)
            self.tick()
        return self.pushed[already:]

    def restart(self, *, orderly: bool = True, downtime: float = 1.0) -> None:
        """End the process and begin again with what was kept."""
        if orderly:
            for action in self.controller.farewell():
                self._execute(action, None)
        self.now += downtime
        self.comparisons.clear()
        self.controller = self._new_controller()
        actions = self.controller.restore(self.stored(), self.fleet, now=self.now)
        for decided in actions:
            self._execute(decided, None)

    def stored(self) -> StoredState:
        """What the store gives back."""
        return StoredState(
            snapshot=None,
            agents=[saved.record for saved in self.kept.agents.values()],
            revisions=list(self.kept.revisions.values()),
            configs=dict(self.kept.configs),
            statuses=[
                StatusRecord(CommitSha(commit), context, *said, None, None, None, 0.0)
                for (commit, context), said in self.statuses.items()
            ],
        )

    def status(self, commit: str, context: str = "fleet/default") -> CommitState:
        """What a commit was told last; `commit` as in `fleet`."""
        return self.statuses[sha(commit), context][0]

    def words(self, commit: str, context: str = "fleet/default") -> str:
        """The description that came with it."""
        return self.statuses[sha(commit), context][1]


# The agent.


@dataclass
class Actor:
    """An agent by what it says; `says` numbers, sends and returns the answer."""

    stage: Stage
    uid: InstanceUid
    polls: bool = False
    capabilities: Capability = SUPERVISOR
    labels: dict[str, str] = field(default_factory=dict)
    connection: ConnectionId | None = None
    number: int = -1
    health: Health | None = WELL
    status: RemoteConfigStatus = RemoteConfigStatus(NO_HASH, ConfigStatus.UNSET)  # noqa: RUF009 - frozen
    effective: EffectiveConfig = field(default_factory=lambda: EffectiveConfig({}))

    def connects(self, **parts: Any) -> Answer:
        """Speak for the first time on a new connection, telling everything."""
        self.reopens()
        return self.sends(first=True, **{**self.everything(), **parts})

    def returns(self) -> Answer:
        """A new connection and a bare message that continues the numbering."""
        self.reopens()
        return self.sends(first=True)

    def reopens(self) -> None:
        """Have a new connection, without a word."""
        self.connection = POLLING if self.polls else self.stage.new_connection()

    def restarts(self) -> Answer:
        """A new process with the same uid: numbering from the start, all told."""
        self.number = -1
        return self.connects()

    def everything(self) -> dict[str, Any]:
        """A full report."""
        return {
            "description": AgentDescription({}, dict(self.labels)),
            "health": self.health,
            "remote_config_status": self.status,
            "effective_config": self.effective,
            "available_components": AvailableComponents(b""),
        }

    def says(self, **parts: Any) -> Answer:
        """One message with these parts; none is a heartbeat."""
        return self.sends(**parts)

    def echoes(
        self,
        what: RenderedConfig | ConfigHash,
        status: ConfigStatus = APPLIED,
        error: str = "",
    ) -> Answer:
        """Report a remote config status."""
        digest = what.hash if isinstance(what, RenderedConfig) else what
        self.status = RemoteConfigStatus(digest, status, error)
        parts: dict[str, Any] = {"remote_config_status": self.status}
        tells = self.capabilities & Capability.REPORTS_EFFECTIVE_CONFIG
        fresh = status is APPLIED and not self.effective.entries
        if tells and fresh and isinstance(what, RenderedConfig):
            # Nobody that runs a config keeps saying that it runs none.
            self.effective = EffectiveConfig(what.entries)
            parts["effective_config"] = self.effective
        return self.says(**parts)

    def feels(self, health: Health) -> Answer:
        """Report health."""
        self.health = health
        return self.says(health=health)

    def runs(self, text: str) -> Answer:
        """Report an effective config."""
        self.effective = effective(text)
        return self.says(effective_config=self.effective)

    def leaves(self) -> None:
        """Its socket closes without a word."""
        assert self.connection is not None
        self.stage.handle(ConnectionClosed(self.connection, [self.uid]))
        self.connection = None

    def takes(self, what: RenderedConfig) -> Answer:
        """Apply an offer and stay healthy for the soak time of any test."""
        answer = self.echoes(what, APPLYING) + self.echoes(what, APPLIED)
        self.effective = EffectiveConfig(what.entries)
        answer += self.says(effective_config=self.effective)
        return answer + self.stage.wait(11)

    def sends(self, *, first: bool = False, **parts: Any) -> Answer:
        """One message with these parts, perhaps the first on its connection."""
        return self.repeats(self.writes(parts), first=first)

    def writes(self, parts: dict[str, Any]) -> AgentReport:
        """The next message, not sent yet."""
        self.number += 1
        return AgentReport(self.uid, self.number, self.capabilities, **parts)

    def repeats(self, report: AgentReport, *, first: bool = False) -> Answer:
        """Send exactly this message."""
        assert self.connection is not None
        transport = Transport.HTTP if self.polls else Transport.WEBSOCKET
        first = first and not self.polls
        event = AgentReported(report, self.connection, transport, first=first)
        return for_agent(self.stage.handle(event), self.uid)

    @property
    def known(self) -> Agent:
        """What the controller remembers of it."""
        return self.stage.controller.agents[self.uid]

    @property
    def stands(self) -> tuple[Sync, Reason]:
        """Where it stands."""
        return self.known.sync, self.known.reason


def for_agent(actions: Iterable[Action], uid: InstanceUid) -> Answer:
    """Of all actions, those that become a message to this agent."""
    return [a for a in actions if isinstance(a, AgentAction) and a.uid == uid]
