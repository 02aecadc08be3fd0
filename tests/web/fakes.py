"""A `View` over state that a test builds, and a fleet of a few telling agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.errors import Where
from reconciler.fleet.compatibility import Components
from reconciler.fleet.documents import Broken
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.rendering.render import (
    Blocked,
    ConfigEntry,
    RenderedConfig,
    Unmatched,
)
from reconciler.ids import (
    CommitSha,
    ConfigHash,
    Generation,
    GroupName,
    InstanceUid,
    Revision,
)
from reconciler.state.agent import Agent, Failure, Offer, OfferKind, Reason, Sync
from reconciler.state.conditions import CommitState, GroupStatus, Standing
from reconciler.state.desired import Resolution
from reconciler.state.drift import Difference, DriftReport, LeafVerdict
from reconciler.state.expected import MissingHost
from reconciler.state.explain import Line
from reconciler.state.observed import (
    POLLING,
    AgentDescription,
    Capability,
    ConfigStatus,
    ConnectionId,
    EffectiveConfig,
    Health,
    RemoteConfigStatus,
    Transport,
)
from reconciler.state.records import RevisionRecord, RevisionState, StatusRecord
from reconciler.web.view import Check, SourceAges

NOW = 1_790_000_000.0
COMMIT = CommitSha("4f2a" + "0" * 36)
BEFORE = CommitSha("9b1c" + "0" * 36)
GOOD = ConfigHash(b"\x01" * 32)
BAD = ConfigHash(b"\x02" * 32)
GATEWAYS = GroupName("gateways")
NODES = GroupName("nodes")
FORGET_AFTER = 7 * 86_400.0
FRESH = SourceAges(head_not_in_force=0.0, last_good_fetch=0.0)
EFFECTIVE = b"""\
exporters:
  otlp:
    endpoint: https://bob:s3cret@central.example:4317
    headers: {x-team: hunter2, authorization: "Bearer ${env:TOKEN}"}
service: {pipelines: {}}
"""


@dataclass
class FakeStrays:
    """Remembers who took the wrong port."""

    port: int = 14320
    agents: list[str] = field(default_factory=list)
    tls: list[str] = field(default_factory=list)

    def agent_strayed(self, peer: str) -> None:
        self.agents.append(peer)

    def tls_strayed(self, peer: str) -> None:
        self.tls.append(peer)


@dataclass
class FakeView:
    """The service as the web room may see it, every part settable."""

    agents: dict[InstanceUid, Agent] = field(default_factory=dict)
    revision: Revision | None = None
    generation: Generation = Generation(0)  # noqa: RUF009 - a NewType is the int itself
    draining: bool = False
    group_statuses: list[GroupStatus] = field(default_factory=list)
    revision_records: list[RevisionRecord] = field(default_factory=list)
    status_records: dict[CommitSha, list[StatusRecord]] = field(default_factory=dict)
    resolutions: dict[InstanceUid, Resolution] = field(default_factory=dict)
    drifts: dict[InstanceUid, DriftReport] = field(default_factory=dict)
    check_list: list[Check] = field(default_factory=list)
    ages: SourceAges = FRESH
    totals: dict[str, int] = field(default_factory=dict)
    broken_documents: list[Broken] = field(default_factory=list)
    component_sets: dict[bytes, Components] = field(default_factory=dict)
    missing_hosts: list[MissingHost] = field(default_factory=list)
    forgotten: list[tuple[InstanceUid, str]] = field(default_factory=list)

    def missing(self) -> Sequence[MissingHost]:
        return self.missing_hosts

    def forgotten_at(self, uid: InstanceUid) -> float | None:
        away_since = self.agents[uid].disconnected_at
        return None if away_since is None else away_since + FORGET_AFTER

    def forget(self, uid: InstanceUid, *, peer: str) -> None:
        self.forgotten.append((uid, peer))
        del self.agents[uid]

    def broken(self) -> Sequence[Broken]:
        return self.broken_documents

    def groups(self) -> Sequence[GroupStatus]:
        return self.group_statuses

    def revisions(self) -> Sequence[RevisionRecord]:
        return self.revision_records

    def statuses(self, commit: CommitSha) -> Sequence[StatusRecord]:
        return self.status_records.get(commit, [])

    def resolution(self, uid: InstanceUid) -> Resolution | None:
        return self.resolutions.get(uid)

    def drift(self, uid: InstanceUid) -> DriftReport | None:
        return self.drifts.get(uid)

    def builds(self) -> Mapping[bytes, Components]:
        return self.component_sets

    def checks(self) -> Sequence[Check]:
        return self.check_list

    def source_ages(self) -> SourceAges:
        return self.ages

    def counters(self) -> Mapping[str, int]:
        return self.totals

    def add(self, agent: Agent) -> Agent:
        self.agents[agent.uid] = agent
        return agent


def uid(number: int) -> InstanceUid:
    return InstanceUid(number.to_bytes(2, "big") + b"\x00" * 13 + b"\x07")


def agent(number: int, name: str, *, group: GroupName = GATEWAYS) -> Agent:
    """A healthy agent, Synced on GOOD for ten minutes."""
    description = AgentDescription(
        {"service.name": "otelcol", "service.version": "0.140.0"},
        {"host.name": name, "role": "gateway"},
    )
    return Agent(
        uid(number),
        connection=ConnectionId(number),
        connected_since=NOW - 900,
        last_seen=NOW - 3,
        sequence_num=17,
        capabilities=Capability.REPORTS_STATUS | Capability.ACCEPTS_REMOTE_CONFIG,
        description=description,
        labels=description.labels,
        known=True,
        health=Health(healthy=True, status="StatusOK"),
        healthy_since=NOW - 800,
        status=RemoteConfigStatus(GOOD, ConfigStatus.APPLIED),
        group=group,
        sync=Sync.SYNCED,
        reason=Reason.RUNNING,
        since=NOW - 600,
        desired=GOOD,
        good=GOOD,
    )


def rejecting(number: int, name: str, error: str) -> Agent:
    """An agent that said FAILED of BAD five seconds ago."""
    one = agent(number, name)
    one.status = RemoteConfigStatus(BAD, ConfigStatus.FAILED, error)
    one.sync, one.reason, one.detail = Sync.FAILED, Reason.REJECTED, error
    one.since, one.desired = NOW - 5, BAD
    one.offer = Offer(
        BAD,
        Generation(2),
        OfferKind.ROLLOUT,
        at=NOW - 6,
        attempt=1,
        connection=ConnectionId(number),
        acknowledged=True,
    )
    one.failures = {BAD: Failure(BAD, Reason.REJECTED, error, NOW - 5)}
    return one


def rendered(digest: ConfigHash) -> RenderedConfig:
    return RenderedConfig(
        digest, {"": ConfigEntry(b"{}\n", "text/yaml")}, {}, ("base",)
    )


def fleet() -> FakeView:
    """Two gateways (one failed), a poller that drifted, a blocked one, one away."""
    view = FakeView(
        revision=Revision("main", COMMIT),
        generation=Generation(2),
        group_statuses=[
            GroupStatus(
                GATEWAYS,
                CommitState.FAILURE,
                "1/2 on it, 1 failed: unknown type",
                {Standing.ON_IT: 1, Standing.FAILED: 1},
            ),
            GroupStatus(NODES, CommitState.PENDING, "0/3 on it", {Standing.DRIFTED: 1}),
        ],
        check_list=[
            Check("revision", ok=True, detail="main@sha1:4f2a", required=True),
            Check("forge", ok=False, detail="502 Bad Gateway", required=False),
        ],
        ages=SourceAges(head_not_in_force=5400.5, last_good_fetch=12.25),
        totals={"offers": 7, "messages_received": 120, "statuses_undelivered": 3},
    )
    view.revision_records = [
        RevisionRecord(
            "main", COMMIT, Generation(2), RevisionState.ACCEPTED, NOW - 30, "Break it"
        ),
        RevisionRecord(
            "main", BEFORE, Generation(1), RevisionState.SUPERSEDED, NOW - 999, "Begin"
        ),
    ]
    view.status_records = {
        COMMIT: [
            StatusRecord(
                COMMIT,
                "fleet/gateways",
                CommitState.FAILURE,
                "1/2 on it, 1 failed",
                posted_state=CommitState.PENDING,
                posted_description="0/2 on it",
                error="502 Bad Gateway",
                changed_at=NOW - 5,
            )
        ]
    }
    view.add(agent(1, "gateway-1")).effective = EffectiveConfig(
        {"": ConfigEntry(EFFECTIVE, "text/yaml")}
    )
    view.add(rejecting(2, "gateway-2", "unknown type: “otlphtp”"))
    drifted = view.add(agent(3, "node-1", group=NODES))
    drifted.transport, drifted.connection = Transport.HTTP, POLLING
    drifted.sync, drifted.reason = Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS
    drifted.health = Health(healthy=False, last_error="out of memory")
    drifted.healthy_since, drifted.unhealthy_since = None, NOW - 20
    blocked = view.add(agent(4, "node-2", group=NODES))
    blocked.sync, blocked.reason, blocked.desired = (
        Sync.PENDING,
        Reason.RENDER_ERROR,
        None,
    )
    away = view.add(agent(5, "node-3", group=NODES))
    away.connection, away.disconnected_at = None, NOW - 120
    away.sync, away.reason = Sync.UNMANAGED, Reason.NOT_SELECTED
    away.status = away.health = away.desired = None
    _resolve(view)
    return view


def _resolve(view: FakeView) -> None:
    clash = Finding(
        "E010",
        Severity.ERROR,
        "two documents set one value",
        Where("layers/a.yaml", 3, 5),
        "raise one's priority",
    )
    view.resolutions = {
        uid(1): Resolution(GATEWAYS, rendered(GOOD)),
        uid(2): Resolution(GATEWAYS, rendered(BAD)),
        uid(3): Resolution(NODES, rendered(GOOD)),
        uid(4): Resolution(NODES, Blocked((clash,))),
        uid(5): Resolution(NODES, Unmatched()),
    }
    view.drifts = {
        uid(3): DriftReport(
            (Difference("/exporters/otlp/endpoint", LeafVerdict.CHANGED, "a", "b"),),
            explanation=(Line("", "/exporters/otlp/endpoint", "a -> b\x1b[31m"),),
        )
    }


def expects(view: FakeView, number: int) -> None:
    """Let the inventory name the host of an agent."""
    host = (("host.name", view.agents[uid(number)].labels["host.name"]),)
    view.resolutions[uid(number)] = replace(
        view.resolutions[uid(number)], hosts=(host,)
    )


def never_heard(view: FakeView) -> None:
    """Let the inventory name two hosts that nobody answers to."""
    view.missing_hosts = [
        MissingHost("gateway-8", GATEWAYS, {"host.name": "gateway-8", "env": "prod"}),
        MissingHost("node-9", NODES, {"host.name": "node-9", "env": "test"}),
    ]


def renamed(view: FakeView, number: int, name: str) -> None:
    """Give an agent another host name, as hostile as the test wants."""
    one = view.agents[uid(number)]
    one.description = replace(one.description, other={"host.name": name})
    one.labels = one.description.labels
