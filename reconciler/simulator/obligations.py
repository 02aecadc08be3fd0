"""What an OpAMP server must not do, checked by every simulated agent.

Pure; called by `agent.py` with every message received. A strict client on the other
side is the cheapest proof that a server keeps the protocol.
"""

from collections.abc import Iterator

from reconciler.ids import UID_BYTES, InstanceUid
from reconciler.opamp.pb import opamp_pb2

_BESIDE_AN_ERROR = (
    "remote_config",
    "connection_settings",
    "packages_available",
    "agent_identification",
    "command",
    "custom_capabilities",
    "custom_message",
)


def broken_by(
    message: opamp_pb2.ServerToAgent,
    *,
    uid: InstanceUid,
    capabilities: int,
    is_first: bool,
) -> Iterator[str]:
    """Each rule of the specification that the message breaks, in words.

    Args:
        message: What the server sent.
        uid: The instance_uid of the receiving agent.
        capabilities: The receiving agent's bits.
        is_first: It is the first message on this connection.
    """
    if message.instance_uid != uid:
        yield "instance_uid is not the agent's"
    if is_first and not message.HasField("error_response"):
        yield from _of_first(message)
    if message.HasField("error_response"):
        yield from _of_error(message)
    if message.HasField("remote_config"):
        yield from _of_offer(message.remote_config, capabilities)
    if message.HasField("connection_settings"):
        yield from _of_settings(message.connection_settings, capabilities)
    if message.HasField("agent_identification"):
        yield from _of_identification(message.agent_identification)


def _of_first(message: opamp_pb2.ServerToAgent) -> Iterator[str]:
    if not message.capabilities & opamp_pb2.ServerCapabilities_AcceptsStatus:
        yield "the first message lacks the AcceptsStatus capability"


def _of_error(message: opamp_pb2.ServerToAgent) -> Iterator[str]:
    if any(message.HasField(name) for name in _BESIDE_AN_ERROR):
        yield "error_response has other fields beside it"


def _of_offer(offer: opamp_pb2.AgentRemoteConfig, capabilities: int) -> Iterator[str]:
    if not capabilities & opamp_pb2.AgentCapabilities_AcceptsRemoteConfig:
        yield "remote_config for an agent without AcceptsRemoteConfig"
    if not offer.config_hash:
        yield "remote_config without config_hash"


def _of_settings(
    offer: opamp_pb2.ConnectionSettingsOffers, capabilities: int
) -> Iterator[str]:
    if not offer.HasField("opamp"):
        return
    if not capabilities & opamp_pb2.AgentCapabilities_AcceptsOpAMPConnectionSettings:
        yield "opamp settings for an agent without AcceptsOpAMPConnectionSettings"
    if not offer.opamp.destination_endpoint:
        yield "opamp settings without destination_endpoint"


def _of_identification(offer: opamp_pb2.AgentIdentification) -> Iterator[str]:
    if len(offer.new_instance_uid) != UID_BYTES:
        yield f"new_instance_uid is not {UID_BYTES} bytes"
