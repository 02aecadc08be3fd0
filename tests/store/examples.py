"""One record of each kind, to change with `dataclasses.replace`."""

from dataclasses import replace

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import (
    CommitSha,
    ConfigHash,
    Generation,
    GroupName,
    InstanceUid,
    Revision,
)
from reconciler.state.agent import Doubt, Failure, Offer, OfferKind, Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.observed import (
    AgentDescription,
    Capability,
    ConfigStatus,
    ConnectionId,
    Health,
    RemoteConfigStatus,
    Transport,
)
from reconciler.state.records import (
    AgentRecord,
    RevisionRecord,
    RevisionState,
    StatusRecord,
)

COMMIT = CommitSha("c0ffee" + "0" * 34)
HASH = ConfigHash(b"\x01" * 32)
BAD_HASH = ConfigHash(b"\x02" * 32)

AGENT = AgentRecord(
    uid=InstanceUid(bytes(16)),
    transport=Transport.WEBSOCKET,
    sequence_num=7,
    capabilities=Capability.ACCEPTS_REMOTE_CONFIG | Capability.REPORTS_HEALTH,
    description=AgentDescription({"service.name": "otelcol"}, {"env": "prod"}),
    health=Health(healthy=False, last_error="exit 1", status="down", worst="otlp: no"),
    remote_config_status=RemoteConfigStatus(BAD_HASH, ConfigStatus.FAILED, "no such"),
    components_hash=b"\xaa",
    group=GroupName("gateways"),
    sync=Sync.FAILED,
    reason=Reason.REJECTED,
    detail="no such exporter",
    since=1700000000.5,
    last_seen=1700000001.25,
    disconnected_at=None,
    interval=30.5,
    first_heard=1600000000.0,
    moved_from=frozenset({GroupName("edge"), GroupName("core")}),
    has_run_ours=True,
    doubt=Doubt(Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS, "/a is extra"),
    is_clone=True,
    forgotten=False,
    desired=BAD_HASH,
    offer=Offer(
        HASH, Generation(4), OfferKind.RESTORE, 1700000001.0, 1, ConnectionId(9)
    ),
    good=HASH,
    failures=(Failure(BAD_HASH, Reason.REJECTED, "no such exporter", 1700000000.5),),
    settings_hash=b"\xbb",
)

REVISION = RevisionRecord(
    ref="main",
    commit=COMMIT,
    generation=Generation(4),
    state=RevisionState.ACCEPTED,
    seen_at=1700000000.0,
    message="Raise the batch size",
)

STATUS = StatusRecord(
    commit=COMMIT,
    context="fleet/gateways",
    state=CommitState.FAILURE,
    description="0/1 on it, 1 failed: no such exporter",
    posted_state=CommitState.PENDING,
    posted_description="0/1 on it",
    error=None,
    changed_at=1700000000.5,
)

CONFIG = RenderedConfig(
    hash=HASH,
    entries={"": ConfigEntry(b"receivers: {}\n", "text/yaml")},
    nodes={},
    documents=("base", "gateway"),
)


def agent(number: int, **changed: object) -> AgentRecord:
    """Agent number so and so."""
    uid = InstanceUid(number.to_bytes(16, "big"))
    return replace(AGENT, uid=uid, **changed)  # type: ignore[arg-type] # test sugar


def snapshot(commit: str = COMMIT, **contents: bytes) -> Snapshot:
    """A snapshot of files named by keyword; `.yaml` is added."""
    files = [
        SourceFile(f"{name}.yaml", blob_id(content), content)
        for name, content in contents.items()
    ]
    revision = Revision("main", CommitSha(commit))
    return Snapshot(revision, {file.path: file for file in files})
