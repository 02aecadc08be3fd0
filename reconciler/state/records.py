"""What outlives the process: rows as the controller writes and reads them back.

`store/` keeps them; the store is not the truth: lose it, and Git plus the agents' own
reports rebuild everything without a push.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import CommitSha, ConfigHash, Generation, GroupName, InstanceUid
from reconciler.state.agent import Agent, Doubt, Failure, Offer, Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.observed import (
    AgentDescription,
    Capability,
    ConfigStatus,
    Health,
    RemoteConfigStatus,
    Transport,
)


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """One agent as of its last transition; heartbeats write nothing.

    Attributes:
        desired: The hash its failures and offer were judged against.
        disconnected_at: Since when it is away; None while it is connected.
        interval: Seconds between two of its polls, where learned.
        moved_from: Groups it was in before, while it ran a config of ours.
        has_run_ours: It took a config of ours, and nobody released it since.
        doubt: What is known against it.
        is_clone: Another agent of its place spoke while it did.
        forgotten: It counts no more; what it failed is still remembered.
        sequence_num: True only after an orderly stop; a kill leaves an older one, and
            the agent is asked for its full state.
    """

    uid: InstanceUid
    transport: Transport
    sequence_num: int
    capabilities: Capability
    description: AgentDescription
    health: Health | None
    remote_config_status: RemoteConfigStatus | None
    components_hash: bytes
    group: GroupName
    sync: Sync
    reason: Reason
    detail: str
    moved_from: frozenset[GroupName]
    has_run_ours: bool
    doubt: Doubt | None
    since: float
    first_heard: float
    last_seen: float
    disconnected_at: float | None
    interval: float | None
    desired: ConfigHash | None
    offer: Offer | None
    good: ConfigHash | None
    failures: Sequence[Failure]
    settings_hash: bytes
    is_clone: bool
    forgotten: bool


class RevisionState(StrEnum):
    """What became of a revision.

    A carried one was overtaken by a commit that means the same, and is told what that
    one is told.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class RevisionRecord:
    """One revision that was seen; `generation` is 0 for one that never was in force."""

    ref: str
    commit: CommitSha
    generation: Generation
    state: RevisionState
    seen_at: float
    message: str


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """One commit status: what is true, and what the forge was last told."""

    commit: CommitSha
    context: str
    state: CommitState
    description: str
    posted_state: CommitState | None
    posted_description: str | None
    error: str | None
    changed_at: float


@dataclass(frozen=True, slots=True)
class StoredState:
    """All that a restart begins with.

    Attributes:
        snapshot: The last good snapshot, in force until the source says otherwise.
        configs: By hash, those that agents may be given back.
    """

    snapshot: Snapshot | None
    agents: Sequence[AgentRecord]
    revisions: Sequence[RevisionRecord]
    configs: Mapping[ConfigHash, RenderedConfig]
    statuses: Sequence[StatusRecord]


def record(agent: Agent) -> AgentRecord:
    """What is worth keeping of an agent."""
    return AgentRecord(
        uid=agent.uid,
        transport=agent.transport,
        sequence_num=agent.sequence_num,
        capabilities=agent.capabilities,
        description=agent.description,
        health=agent.health,
        remote_config_status=agent.status,
        components_hash=agent.components_hash,
        group=agent.group,
        sync=agent.sync,
        reason=agent.reason,
        detail=agent.detail,
        moved_from=agent.moved_from,
        has_run_ours=agent.has_run_ours,
        doubt=agent.doubt,
        since=agent.since,
        first_heard=agent.first_heard,
        last_seen=agent.last_seen,
        disconnected_at=agent.disconnected_at,
        interval=agent.interval,
        desired=agent.desired,
        offer=agent.offer,
        good=agent.good,
        failures=tuple(agent.failures.values()),
        settings_hash=agent.settings_hash,
        is_clone=agent.is_clone,
        forgotten=agent.forgotten,
    )


def revive(kept: AgentRecord, *, now: float) -> Agent:
    """The agent as it was, away until it speaks; since now, if it was connected."""
    was_on_it = kept.sync in {Sync.SYNCED, Sync.DRIFTED}
    healthy = kept.health is None or kept.health.healthy
    status = kept.remote_config_status
    applied = status is not None and status.status is ConfigStatus.APPLIED
    # When each began is not kept; the last message is the latest it can have been.
    begun = kept.last_seen
    # That it differed for long enough is known.
    doubted = kept.doubt.reason if kept.doubt else kept.reason
    differs = doubted in {Reason.EFFECTIVE_DIFFERS, Reason.EFFECTIVE_UNREADABLE}
    away_since = now if kept.disconnected_at is None else kept.disconnected_at
    return Agent(
        uid=kept.uid,
        transport=kept.transport,
        first_heard=kept.first_heard,
        last_seen=kept.last_seen,
        disconnected_at=away_since,
        interval=kept.interval,
        heard=True,
        sequence_num=kept.sequence_num,
        capabilities=kept.capabilities,
        description=kept.description,
        labels=kept.description.labels,
        known=_is_judged(kept),
        health=kept.health,
        healthy_since=begun if healthy else None,
        unhealthy_since=None if healthy else begun,
        ailing_since=None if healthy else begun,
        status=status,
        echoed_since=begun,
        applied_since=begun if applied else None,
        differs_since=0.0 if differs else None,
        components_hash=kept.components_hash,
        settings_hash=kept.settings_hash,
        group=kept.group,
        moved_from=kept.moved_from,
        has_run_ours=kept.has_run_ours,
        doubt=kept.doubt,
        sync=kept.sync,
        reason=kept.reason,
        detail=kept.detail,
        since=kept.since,
        desired=kept.desired,
        offer=kept.offer,
        good=kept.good,
        synced_on=kept.desired if was_on_it else None,
        failures={failure.hash: failure for failure in kept.failures},
        is_clone=kept.is_clone,
        forgotten=kept.forgotten,
    )


def _is_judged(kept: AgentRecord) -> bool:
    """Whether it needs to say nothing again: its effective config is not kept."""
    if kept.sync is Sync.UNKNOWN:
        return False
    if not kept.capabilities & Capability.REPORTS_EFFECTIVE_CONFIG:
        return True
    judged = kept.sync in {Sync.SYNCED, Sync.READ_ONLY}
    return judged and kept.reason is not Reason.COMPARING
