"""One simulated agent: an OpAMP client without I/O around a simulated supervisor.

`websocket.py` and `http.py` carry its messages; tests talk to it directly. As with
opamp-go there is one next message, in which changes gather until `take` is called: the
newest of each kind wins. Status compression, numbering from 0, heartbeats. `now` is
seconds since the epoch.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import IntFlag
from math import inf

from google.protobuf.message import DecodeError

from reconciler.ids import UID_BYTES, InstanceUid
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import collector, obligations, reports
from reconciler.simulator.identity import Identity
from reconciler.simulator.personality import Personality
from reconciler.simulator.supervisor import Part, Supervisor


class Speech(IntFlag):
    """What the next message must hold besides what the supervisor changed."""

    NOTHING = 0
    SOMETHING = 1
    DESCRIPTION = 2
    COMPONENTS_HASH = 4
    COMPONENTS = 8


@dataclass(slots=True, eq=False)
class SimulatedAgent:
    """One agent; `connect`, then `receive` and `take` in any order.

    Attributes:
        uid: The instance_uid it uses now.
        sequence: The number of its next message.
        heartbeat: Seconds between its messages; infinity when switched off.
        polls: It talks plain HTTP, where heartbeats cannot be switched off.
        violations: What the server did against the protocol, by rule.
        server_errors: Messages answered with an error_response.
        last_server_error: The text of the last one.
    """

    identity: Identity
    supervisor: Supervisor
    heartbeat: float = 30.0
    polls: bool = False
    violations: Counter[str] = field(default_factory=Counter)
    server_errors: int = 0
    last_server_error: str = ""
    uid: InstanceUid = field(init=False)
    sequence: int = 0
    _capabilities: int = field(init=False)
    _parts: Part = Part.NONE
    _speech: Speech = Speech.NOTHING
    _spoke: float = 0.0
    _greeted: bool = False

    def __post_init__(self) -> None:
        self.uid = self.identity.uid
        self._capabilities = self.personality.capabilities

    @property
    def personality(self) -> Personality:
        """How it behaves."""
        return self.supervisor.personality

    @property
    def labels(self) -> dict[str, str]:
        """Its attributes, as selectors see them."""
        return {**self.identity.other, **self.identity.identifying}

    def connect(self, now: float) -> None:
        """A connection stands: the next message is the first on it.

        The very first holds everything. So does a later one, except of agents that
        count on the server's memory and only go on with their numbering.
        """
        self._greeted = False
        if not self.sequence:
            self.supervisor.boot(now)
        if self.sequence and self.personality is Personality.BARE_RECONNECT:
            self._speech |= Speech.SOMETHING
        else:
            self._say_everything(Speech.COMPONENTS_HASH)

    def restart(self, *, keeps_config: bool) -> None:
        """The process died and starts anew, under another uid; `connect` follows."""
        self.identity = self.identity.renewed()
        self.uid = self.identity.uid
        self.sequence = 0
        self.supervisor.die(keeps_config=keeps_config)

    @property
    def due(self) -> float:
        """When `take` has a message at the latest, if nothing is received before."""
        return min(self.supervisor.due, self._spoke + self.heartbeat)

    def take(self, now: float) -> bytes | None:
        """The next AgentToServer, or None when there is nothing to say yet."""
        parts = self._take_parts(now)
        is_beat = now >= self._spoke + self.heartbeat
        if not (parts or self._speech or is_beat):
            return None
        message = self._next_message(now)
        if parts:
            reports.add(message, parts, self.supervisor, self.uid)
        if self._speech:
            self._add_speech(message)
        return message.SerializeToString()

    def farewell(self, now: float) -> bytes:
        """The last message of a life, with agent_disconnect."""
        message = self._next_message(now)
        message.agent_disconnect.SetInParent()
        return message.SerializeToString()

    def receive(self, payload: bytes, now: float) -> None:
        """Take a ServerToAgent; what follows from it comes out of `take`."""
        try:
            message = opamp_pb2.ServerToAgent.FromString(payload)
        except DecodeError:
            self.violations["not a ServerToAgent"] += 1
            return
        self._inspect(message)
        if message.HasField("error_response"):
            self.server_errors += 1
            self.last_server_error = message.error_response.error_message
        elif message.HasField("command") and self._can(_RESTARTS):
            self.supervisor.restart(now)
        else:
            self._obey(message, now)

    def _inspect(self, message: opamp_pb2.ServerToAgent) -> None:
        is_first, self._greeted = not self._greeted, True
        for rule in obligations.broken_by(
            message, uid=self.uid, capabilities=self._capabilities, is_first=is_first
        ):
            self.violations[rule] += 1

    def _obey(self, message: opamp_pb2.ServerToAgent, now: float) -> None:
        if message.flags & opamp_pb2.ServerToAgentFlags_ReportFullState:
            self._say_everything(Speech.COMPONENTS)
        if message.flags & opamp_pb2.ServerToAgentFlags_ReportAvailableComponents:
            self._speech |= Speech.COMPONENTS
        if message.HasField("remote_config") and self._can(_ACCEPTS_CONFIG):
            self._take_offer(message.remote_config, now)
        if message.HasField("connection_settings") and self._can(_HEARTBEATS):
            self._take_settings(message.connection_settings)
        if message.HasField("agent_identification"):
            self._take_uid(message.agent_identification.new_instance_uid)

    def _take_offer(self, offer: opamp_pb2.AgentRemoteConfig, now: float) -> None:
        entries = tuple(
            (name, one.body) for name, one in offer.config.config_map.items()
        )
        self.supervisor.offer(offer.config_hash, tuple(sorted(entries)), now)

    def _take_settings(self, offer: opamp_pb2.ConnectionSettingsOffers) -> None:
        if not offer.HasField("opamp"):
            return
        seconds = offer.opamp.heartbeat_interval_seconds
        if seconds:
            self.heartbeat = float(seconds)
        elif not self.polls:
            self.heartbeat = inf

    def _take_uid(self, new_uid: bytes) -> None:
        """Use it from the next message on; the description keeps the old one."""
        if len(new_uid) == UID_BYTES:
            self.uid = InstanceUid(new_uid)

    def _can(self, capability: int) -> bool:
        return bool(self._capabilities & capability)

    def _take_parts(self, now: float) -> Part:
        self.supervisor.advance(now)
        if self.supervisor.changed:
            self._parts |= self.supervisor.take_changes()
        if not self._parts:
            return Part.NONE
        parts, self._parts = self._parts, Part.NONE
        return reports.promised(parts, self._capabilities)

    def _say_everything(self, components: Speech) -> None:
        self._parts = Part.HEALTH | Part.EFFECTIVE | Part.STATUS
        self._speech |= Speech.SOMETHING | Speech.DESCRIPTION | components

    def _next_message(self, now: float) -> opamp_pb2.AgentToServer:
        message = opamp_pb2.AgentToServer(
            instance_uid=self.uid,
            sequence_num=self.sequence,
            capabilities=self._capabilities,
        )
        self.sequence += 1
        self._spoke = now
        return message

    def _add_speech(self, message: opamp_pb2.AgentToServer) -> None:
        speech, self._speech = self._speech, Speech.NOTHING
        if speech & Speech.DESCRIPTION:
            message.agent_description.CopyFrom(self.identity.describe())
            message.package_statuses.SetInParent()
        if not self._capabilities & _REPORTS_COMPONENTS:
            return
        components = collector.available_components()
        if speech & Speech.COMPONENTS:
            message.available_components.CopyFrom(components)
        elif speech & Speech.COMPONENTS_HASH:
            message.available_components.hash = components.hash


_RESTARTS = opamp_pb2.AgentCapabilities_AcceptsRestartCommand
_ACCEPTS_CONFIG = opamp_pb2.AgentCapabilities_AcceptsRemoteConfig
_REPORTS_COMPONENTS = opamp_pb2.AgentCapabilities_ReportsAvailableComponents
_HEARTBEATS = opamp_pb2.AgentCapabilities_ReportsHeartbeat
