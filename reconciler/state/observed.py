"""What an agent says of itself, in our own types.

`opamp/convert.py` makes these from protobuf; nothing above that room sees protobuf.
Absent parts of a report mean *unchanged* (OpAMP status compression).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntFlag, StrEnum
from functools import cached_property
from hashlib import sha256
from typing import NewType

from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.ids import ConfigHash, InstanceUid

ConnectionId = NewType("ConnectionId", int)
"""Counts the WebSocket connections of this process; polling agents share 0."""

POLLING = ConnectionId(0)


class Transport(StrEnum):
    """How an agent talks to us; only a WebSocket can be pushed to."""

    WEBSOCKET = "websocket"
    HTTP = "http"


class Capability(IntFlag):
    """OpAMP `AgentCapabilities`; `opamp/convert.py` drops unknown bits."""

    NONE = 0
    REPORTS_STATUS = 0x1
    ACCEPTS_REMOTE_CONFIG = 0x2
    REPORTS_EFFECTIVE_CONFIG = 0x4
    ACCEPTS_PACKAGES = 0x8
    REPORTS_PACKAGE_STATUSES = 0x10
    REPORTS_OWN_TRACES = 0x20
    REPORTS_OWN_METRICS = 0x40
    REPORTS_OWN_LOGS = 0x80
    ACCEPTS_OPAMP_CONNECTION_SETTINGS = 0x100
    ACCEPTS_OTHER_CONNECTION_SETTINGS = 0x200
    ACCEPTS_RESTART_COMMAND = 0x400
    REPORTS_HEALTH = 0x800
    REPORTS_REMOTE_CONFIG = 0x1000
    REPORTS_HEARTBEAT = 0x2000
    REPORTS_AVAILABLE_COMPONENTS = 0x4000
    REPORTS_CONNECTION_SETTINGS_STATUS = 0x8000


class ConfigStatus(Enum):
    """OpAMP `RemoteConfigStatuses`; an unknown number reads as UNSET."""

    UNSET = 0
    APPLIED = 1
    APPLYING = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class RemoteConfigStatus:
    """Outcome of the last remote config the agent received; hash may be empty."""

    hash: ConfigHash
    status: ConfigStatus
    error: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The root of the health tree, and the first unhealthy part below it.

    Attributes:
        healthy: The agent as a whole is up.
        last_error: The agent's words when it is not; capped and scrubbed by convert.
        status: Agent-specific word.
        worst: `path: error` of the first unhealthy component, or empty.
    """

    healthy: bool
    last_error: str = ""
    status: str = ""
    worst: str = ""


@dataclass(frozen=True)
class EffectiveConfig:
    """What the agent says it runs after its own merging; never equal to the offer."""

    entries: Mapping[str, ConfigEntry]

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the entries, to know equal reports by."""
        state = sha256()
        for name in sorted(self.entries):
            entry = self.entries[name]
            for part in (name.encode(), entry.body):
                state.update(len(part).to_bytes(8, "big") + part)
        return state.digest()


@dataclass(frozen=True, slots=True)
class AvailableComponents:
    """The agent's own hash of its components, and the tree when it sent it.

    `components` maps kind (`receivers`, …) to the types in this build; None when only
    the hash came.
    """

    hash: bytes
    components: Mapping[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class AgentDescription:
    """Attributes as text; arrays and maps are dropped.

    `identifying` and `other` are OpAMP's two sets; labels are both together, the
    identifying ones winning.
    """

    identifying: Mapping[str, str]
    other: Mapping[str, str]

    @property
    def labels(self) -> dict[str, str]:
        """What selectors see."""
        return {**self.other, **self.identifying}


@dataclass(frozen=True, slots=True)
class AgentReport:
    """One AgentToServer. A part that is None was not sent and is unchanged.

    `reported_packages` only says that the part was present: we do not use the content
    yet, but a full report must hold it.
    """

    instance_uid: InstanceUid
    sequence_num: int
    capabilities: Capability
    description: AgentDescription | None = None
    health: Health | None = None
    remote_config_status: RemoteConfigStatus | None = None
    effective_config: EffectiveConfig | None = None
    available_components: AvailableComponents | None = None
    custom_capabilities: tuple[str, ...] | None = None
    connection_settings_hash: bytes | None = None
    reported_packages: bool = False
    disconnect: bool = False
    requests_instance_uid: bool = False

    @property
    def is_bare(self) -> bool:
        """A heartbeat: nothing but uid, number and capabilities."""
        return (
            self.description is None
            and self.health is None
            and self.remote_config_status is None
            and self.effective_config is None
            and self.available_components is None
            and self.custom_capabilities is None
            and self.connection_settings_hash is None
            and not self.reported_packages
            and not self.disconnect
            and not self.requests_instance_uid
        )

    def is_complete(self) -> bool:
        """Whether it holds everything its capability bits promise (obligation 13)."""
        promised = (
            (Capability.REPORTS_EFFECTIVE_CONFIG, self.effective_config),
            (Capability.REPORTS_HEALTH, self.health),
            (Capability.REPORTS_REMOTE_CONFIG, self.remote_config_status),
            (Capability.REPORTS_AVAILABLE_COMPONENTS, self.available_components),
            (Capability.REPORTS_PACKAGE_STATUSES, self.reported_packages or None),
            (
                Capability.REPORTS_CONNECTION_SETTINGS_STATUS,
                self.connection_settings_hash,
            ),
        )
        return self.description is not None and all(
            part is not None or not self.capabilities & bit for bit, part in promised
        )
