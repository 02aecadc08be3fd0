"""What the controller remembers of one agent.

`Agent` is the one mutable record of these rooms: a heartbeat must cost a few
assignments, not a copy. Only the controller and what it holds write to it; everyone
else reads.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.fleet.documents import DEFAULT_GROUP
from reconciler.ids import ConfigHash, Generation, GroupName, InstanceUid
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


class Sync(StrEnum):
    """Where an agent stands towards the config it should run (design §5)."""

    UNMANAGED = "Unmanaged"
    UNSELECTED = "Unselected"
    READ_ONLY = "ReadOnly"
    UNKNOWN = "Unknown"
    PENDING = "Pending"
    OFFERED = "Offered"
    APPLYING = "Applying"
    SYNCED = "Synced"
    UNCONFIRMED = "Unconfirmed"
    FAILED = "Failed"
    ROLLED_BACK = "RolledBack"
    INCOMPATIBLE = "Incompatible"
    TOO_LARGE = "TooLarge"
    DRIFTED = "Drifted"


class Reason(StrEnum):
    """Why an agent stands there; the same word in CLI, API and commit status."""

    NOT_SELECTED = "NotSelected"
    NO_LONGER_SELECTED = "NoLongerSelected"
    ACCEPTS_REMOTE_CONFIG_OFF = "AcceptsRemoteConfigOff"
    REPORTS_REMOTE_CONFIG_OFF = "ReportsRemoteConfigOff"
    NOT_REPORTED_YET = "NotReportedYet"
    SEQUENCE_GAP = "SequenceGap"
    NO_REVISION = "NoRevision"
    RENDER_ERROR = "RenderError"
    COMPONENTS_ASKED = "ComponentsAsked"
    MISSING_COMPONENTS = "MissingComponents"
    SUSPENDED = "Suspended"
    OSCILLATING = "Oscillating"
    WAITS_FOR_POLL = "WaitsForPoll"
    DISCONNECTED = "Disconnected"
    SENT = "Sent"
    NO_ANSWER = "NoAnswer"
    SUPERSEDING = "Superseding"
    ACKNOWLEDGED = "Acknowledged"
    SOAKING = "Soaking"
    COMPARING = "Comparing"
    RUNNING = "Running"
    UNHEALTHY_BRIEFLY = "UnhealthyBriefly"
    UNHEALTHY = "Unhealthy"
    REJECTED = "Rejected"
    UNHEALTHY_AFTER = "UnhealthyAfter"
    RETURNED_BY_ITSELF = "ReturnedByItself"
    OTHER_HASH = "OtherHash"
    EFFECTIVE_DIFFERS = "EffectiveDiffers"
    EFFECTIVE_UNREADABLE = "EffectiveUnreadable"
    OVER_MESSAGE_LIMIT = "OverMessageLimit"


class OfferKind(StrEnum):
    """Why a config was sent."""

    ROLLOUT = "rollout"
    CORRECTION = "correction"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Offer:
    """The last config sent to an agent.

    Attributes:
        attempt: 1 for the first time, 2 when it was asked again; 0 once the agent was
            Synced on it or should run something else, so that a later one counts anew.
        acknowledged: The agent echoed the hash since.
    """

    hash: ConfigHash
    generation: Generation
    kind: OfferKind
    at: float
    attempt: int
    connection: ConnectionId
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A quarantined (agent, hash): never offered again until Git changes."""

    hash: ConfigHash
    reason: Reason
    detail: str
    at: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is known against an agent that runs its config as far as it says.

    It stays known while the agent is away, or nobody can judge it.
    """

    sync: Sync
    reason: Reason
    detail: str


NOT_DESCRIBED = AgentDescription({}, {})


@dataclass(slots=True)
class Agent:
    """One agent by its instance_uid; outlives its connections.

    Attributes:
        connection: Its live WebSocket, POLLING, or None when it is away.
        first_heard: When this uid spoke for the first time.
        interval: Seconds between two of its polls, as far as learned (`rhythm.py`).
        beat_at: When it last polled.
        gaps: Seconds between its last such polls.
        described_before: Its description before the one it has, to tell clones by.
        heard: `sequence_num` is that of its last message; False before the first.
        known: A complete report was seen and no message is missing since.
        asked_full_at: When ReportFullState was last set.
        owes_full: It has not answered that yet.
        echoed_since: When it first echoed the hash it echoes now.
        applied_since: When it said APPLIED of that hash; None while it does not.
        healthy_since: When its health last turned good; None while bad.
        ailing_since: When its bad health began, of which it did not recover for the
            soak time yet.
        settings_hash: Of the connection settings it was offered last, and when.
        effective_of: The hash it ran when it reported `effective`; None when that
            report may have been written before the hash was taken.
        differs_since: When its effective config was first seen not to contain ours.
        doubt: What is known against it; of the hash it should run.
        effective_asked: The hash for which it was asked for its effective config.
        desired: The hash it should run; `corrections` and `synced_on` belong to it.
        group: The group it counts in: of an Unselected agent, the one it was in.
        moved_from: Named groups that it was in before, while it ran a config of ours.
        has_run_ours: It took a config of ours, and nobody released it since.
        good: The last config it was Synced on.
        synced_on: The hash it was Synced on last while it was desired, to tell drift
            from a first offer.
        corrections: Offers made against drift since `desired` changed.
        left: The hashes that its labels took it away from within one generation.
        returns: How often its labels brought it back to one of them.
        judged_in: The generation its sync belongs to.
        is_clone: Another agent of its place spoke while it did; nobody follows it.
        forgotten: It counts nowhere any more; only what it failed is remembered.
    """

    uid: InstanceUid
    transport: Transport = Transport.WEBSOCKET
    connection: ConnectionId | None = None
    connected_since: float = 0.0
    described_before: AgentDescription | None = None
    first_heard: float = 0.0
    last_seen: float = 0.0
    disconnected_at: float | None = None
    interval: float | None = None
    beat_at: float | None = None
    gaps: tuple[float, ...] = ()
    heard: bool = False
    sequence_num: int = 0
    capabilities: Capability = Capability.NONE
    description: AgentDescription = NOT_DESCRIBED
    labels: dict[str, str] = field(default_factory=dict)
    known: bool = False
    asked_full_at: float | None = None
    owes_full: bool = False
    health: Health | None = None
    healthy_since: float | None = 0.0
    unhealthy_since: float | None = None
    ailing_since: float | None = None
    status: RemoteConfigStatus | None = None
    echoed_since: float = 0.0
    applied_since: float | None = None
    effective: EffectiveConfig | None = None
    effective_of: ConfigHash | None = None
    differs_since: float | None = None
    components_hash: bytes = b""
    settings_hash: bytes = b""
    settings_at: float = 0.0
    group: GroupName = DEFAULT_GROUP
    moved_from: frozenset[GroupName] = frozenset()
    has_run_ours: bool = False
    sync: Sync = Sync.UNKNOWN
    reason: Reason = Reason.NOT_REPORTED_YET
    detail: str = ""
    since: float = 0.0
    doubt: Doubt | None = None
    effective_asked: ConfigHash | None = None
    desired: ConfigHash | None = None
    offer: Offer | None = None
    good: ConfigHash | None = None
    synced_on: ConfigHash | None = None
    corrections: int = 0
    left: set[ConfigHash] = field(default_factory=set)
    returns: int = 0
    failures: dict[ConfigHash, Failure] = field(default_factory=dict)
    judged_in: Generation = Generation(0)  # noqa: RUF009 - a NewType is the int itself
    is_clone: bool = False
    forgotten: bool = False

    @property
    def reported_hash(self) -> ConfigHash | None:
        """The hash it last echoed, whatever it said of it."""
        return self.status.hash if self.status and self.status.hash else None

    @property
    def says(self) -> ConfigStatus:
        """What it says of the hash it echoes."""
        return self.status.status if self.status else ConfigStatus.UNSET

    @property
    def is_applied(self) -> bool:
        """It says APPLIED of the hash it echoes."""
        return self.says is ConfigStatus.APPLIED

    @property
    def is_healthy(self) -> bool:
        """Healthy, or unable to say."""
        return self.health is None or self.health.healthy

    def has(self, capability: Capability) -> bool:
        """Whether its newest message carried the bit."""
        return bool(self.capabilities & capability)

    def release(self) -> None:
        """Forget that it ever ran a config of ours; it keeps what it has."""
        self.good = self.synced_on = self.desired = self.offer = self.doubt = None
        self.has_run_ours = False
        self.moved_from = frozenset()
        self.failures.clear()

    @property
    def is_reachable(self) -> bool:
        """It has a socket, or polled in time."""
        return self.connection is not None

    @property
    def polls(self) -> bool:
        """It can only be answered, not pushed to."""
        return self.connection == POLLING
