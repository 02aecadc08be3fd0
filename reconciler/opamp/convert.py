"""Between OpAMP's messages and our own types, both ways.

Called by `session.py`. The only module that sees both sides: nothing above this room
knows protobuf. Pure; messages are from opamp-spec v0.20, unknown fields, enum numbers
and capability bits are ignored.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import DecodeError

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.ids import UID_BYTES, ConfigHash, InstanceUid
from reconciler.opamp import scrub, sender, structure
from reconciler.opamp.limits import Limits
from reconciler.opamp.pb import anyvalue_pb2, opamp_pb2
from reconciler.opamp.wire import BadRequest
from reconciler.state.actions import (
    AgentAction,
    AskComponents,
    AskFullState,
    AssignInstanceUid,
    OfferConnectionSettings,
    OfferRemoteConfig,
    RefuseAgent,
)
from reconciler.state.observed import (
    AgentDescription,
    AgentReport,
    AvailableComponents,
    Capability,
    ConfigStatus,
    EffectiveConfig,
    Health,
    RemoteConfigStatus,
)

_Part = TypeVar("_Part")

SERVER_CAPABILITIES = (
    opamp_pb2.ServerCapabilities_AcceptsStatus
    | opamp_pb2.ServerCapabilities_OffersRemoteConfig
    | opamp_pb2.ServerCapabilities_AcceptsEffectiveConfig
    | opamp_pb2.ServerCapabilities_OffersConnectionSettings
)

_HASH_BYTES = 1024
_WHOLE_FLOATS = 2.0**53
# Databases hold signed integers.
_LARGEST_INT64 = 2**63 - 1
# Python remembers every value an IntFlag ever had: unknown bits would fill its memory.
_KNOWN_CAPABILITIES = sum(capability.value for capability in Capability)
_CONFIG_STATUSES = {status.value: status for status in ConfigStatus}
_UID_FIELD = b"\x0a" + bytes([UID_BYTES])


def read_report(data: bytes, limits: Limits) -> AgentReport:
    """What an AgentToServer says, from the bytes of its protobuf.

    Raises:
        BadRequest: It is not protobuf, has no `instance_uid` of 16 bytes, or holds
            more than an agent may say.
    """
    structure.check_bytes(data, limits)
    message = opamp_pb2.AgentToServer()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise BadRequest("the message is not an AgentToServer") from None
    host = partial(sender.refused_host, message, limits)
    if len(message.instance_uid) != UID_BYTES:
        raise BadRequest(sender.bad_uid(message.instance_uid), host=host())
    uid = InstanceUid(message.instance_uid)
    if excess := structure.find_excess(message, limits):
        raise BadRequest(excess, uid=uid, host=host())
    try:
        return _report(message, uid, limits)
    except _TooLong as fault:
        raise BadRequest(str(fault), uid=uid, host=host()) from None


class _TooLong(Exception):  # noqa: N818 - never leaves this module
    pass


def _report(
    message: opamp_pb2.AgentToServer, uid: InstanceUid, limits: Limits
) -> AgentReport:
    flags = message.flags
    return AgentReport(
        instance_uid=uid,
        sequence_num=message.sequence_num & _LARGEST_INT64,
        capabilities=Capability(message.capabilities & _KNOWN_CAPABILITIES),
        description=_part(message, "agent_description", partial(_description, limits)),
        health=_part(message, "health", _health),
        remote_config_status=_part(
            message, "remote_config_status", _remote_config_status
        ),
        effective_config=_part(message, "effective_config", _effective_config),
        available_components=_part(message, "available_components", _components),
        custom_capabilities=_part(message, "custom_capabilities", _custom_capabilities),
        connection_settings_hash=_part(
            message, "connection_settings_status", _connection_settings_hash
        ),
        reported_packages=message.HasField("package_statuses"),
        disconnect=message.HasField("agent_disconnect"),
        requests_instance_uid=bool(
            flags & opamp_pb2.AgentToServerFlags_RequestInstanceUid
        ),
    )


def _part(
    message: opamp_pb2.AgentToServer, name: str, read: Callable[[Any], _Part | None]
) -> _Part | None:
    return read(getattr(message, name)) if message.HasField(name) else None


def _hash(digest: bytes) -> bytes:
    if len(digest) > _HASH_BYTES:
        raise _TooLong(f"a hash has more than {_HASH_BYTES} bytes")
    return digest


def _description(
    limits: Limits, description: opamp_pb2.AgentDescription
) -> AgentDescription:
    return AgentDescription(
        identifying=_attributes(limits, description.identifying_attributes),
        other=_attributes(limits, description.non_identifying_attributes),
    )


def _attributes(
    limits: Limits, attributes: Iterable[anyvalue_pb2.KeyValue]
) -> dict[str, str]:
    texts = {}
    for attribute in attributes:
        text = _text(attribute.value)
        if text is None:
            continue
        for part in (attribute.key, text):
            if len(part.encode()) > limits.attribute_bytes:
                raise _TooLong(f"an attribute has over {limits.attribute_bytes} bytes")
        texts[attribute.key] = text
    return texts


def _text(value: anyvalue_pb2.AnyValue) -> str | None:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "int_value":
            return str(value.int_value)
        case "double_value":
            return _number(value.double_value)
        case _:
            return None


def _number(number: float) -> str:
    # The Node client sends every number as a double: 3 must not become 3.0.
    if number.is_integer() and abs(number) <= _WHOLE_FLOATS:
        return str(int(number))
    return str(number)


def _health(health: opamp_pb2.ComponentHealth) -> Health:
    return Health(
        healthy=health.healthy,
        last_error=scrub.words(health.last_error),
        status=scrub.words(health.status),
        worst=scrub.words(next(_unhealthy(health, ()), "")),
    )


def _unhealthy(
    health: opamp_pb2.ComponentHealth, path: tuple[str, ...]
) -> Iterator[str]:
    """`path: error` of the unhealthy parts below, causes before what they pull down."""
    for name in sorted(health.component_health_map):
        below = health.component_health_map[name]
        inner = (*path, name)
        yield from _unhealthy(below, inner)
        if not below.healthy:
            place = "/".join(inner)
            error = below.last_error or below.status
            yield f"{place}: {error}" if error else place


def _remote_config_status(status: opamp_pb2.RemoteConfigStatus) -> RemoteConfigStatus:
    return RemoteConfigStatus(
        hash=ConfigHash(_hash(status.last_remote_config_hash)),
        status=_CONFIG_STATUSES.get(status.status, ConfigStatus.UNSET),
        error=scrub.words(status.error_message),
    )


def _effective_config(effective: opamp_pb2.EffectiveConfig) -> EffectiveConfig | None:
    if not effective.HasField("config_map"):
        return None  # libraries send the part though their agent has nothing to say
    return EffectiveConfig(
        {
            name: ConfigEntry(body=entry.body, content_type=entry.content_type)
            for name, entry in effective.config_map.config_map.items()
        }
    )


def _components(available: opamp_pb2.AvailableComponents) -> AvailableComponents:
    tree = {
        kind: frozenset(details.sub_component_map)
        for kind, details in available.components.items()
    }
    return AvailableComponents(hash=_hash(available.hash), components=tree or None)


def _custom_capabilities(custom: opamp_pb2.CustomCapabilities) -> tuple[str, ...]:
    return tuple(custom.capabilities)


def _connection_settings_hash(status: opamp_pb2.ConnectionSettingsStatus) -> bytes:
    return _hash(status.last_connection_settings_hash)


class Offers:
    """The serialised `remote_config` field of the configs that were offered last.

    A config goes to many agents and is serialised once; protobuf takes the fields of a
    message in any order and from any number of pieces.
    """

    KEPT = 64

    def __init__(self) -> None:
        self._fields: dict[ConfigHash, tuple[Mapping[str, ConfigEntry], bytes]] = {}

    def field(self, config: RenderedConfig) -> bytes:
        """Tag, length and content of the field."""
        known = self._fields.get(config.hash)
        # Equal hashes mean equal meaning; comments may still differ.
        if known is not None and known[0] == config.entries:
            return known[1]
        if len(self._fields) >= self.KEPT:
            del self._fields[next(iter(self._fields))]
        field = _remote_config_field(config)
        self._fields[config.hash] = (config.entries, field)
        return field


def _remote_config_field(config: RenderedConfig) -> bytes:
    message = opamp_pb2.ServerToAgent()
    message.remote_config.config_hash = config.hash
    entries = message.remote_config.config.config_map
    for name, entry in config.entries.items():
        entries[name].body = entry.body
        entries[name].content_type = entry.content_type
    return message.SerializeToString(deterministic=True)


def write_answer(
    uid: InstanceUid,
    actions: Sequence[AgentAction],
    *,
    offers: Offers,
    announce: bool,
) -> bytes:
    """The bytes of a ServerToAgent that carries these actions.

    No actions make an acknowledgement. Of several remote configs the last is sent; a
    refusal stands alone. `announce` puts our capabilities in.
    """
    message = opamp_pb2.ServerToAgent()
    if announce:
        message.capabilities = SERVER_CAPABILITIES
    offer = b""
    for action in actions:
        match action:
            case RefuseAgent(reason=reason):
                return write_bad_request(reason, uid=uid)
            case OfferRemoteConfig(config=config):
                offer = offers.field(config)
            case AskFullState():
                message.flags |= opamp_pb2.ServerToAgentFlags_ReportFullState
            case AskComponents():
                message.flags |= opamp_pb2.ServerToAgentFlags_ReportAvailableComponents
            case AssignInstanceUid(new_uid=new_uid):
                message.agent_identification.new_instance_uid = new_uid
            case OfferConnectionSettings():
                _fill_settings(message.connection_settings, action)
    return _UID_FIELD + uid + offer + message.SerializeToString()


def _fill_settings(
    settings: opamp_pb2.ConnectionSettingsOffers, offer: OfferConnectionSettings
) -> None:
    settings.hash = offer.hash
    settings.opamp.destination_endpoint = offer.endpoint
    settings.opamp.heartbeat_interval_seconds = offer.heartbeat_seconds


def write_bad_request(reason: str, *, uid: InstanceUid | None) -> bytes:
    """A ServerToAgent that says what was wrong, and nothing else."""
    return opamp_pb2.ServerToAgent(
        instance_uid=uid,
        error_response=opamp_pb2.ServerErrorResponse(
            type=opamp_pb2.ServerErrorResponseType_BadRequest,
            error_message=scrub.words(reason),
        ),
    ).SerializeToString()


def write_unavailable(uid: InstanceUid, *, retry_after: float) -> bytes:
    """A ServerToAgent that asks to come again after so many seconds."""
    return opamp_pb2.ServerToAgent(
        instance_uid=uid,
        error_response=opamp_pb2.ServerErrorResponse(
            type=opamp_pb2.ServerErrorResponseType_Unavailable,
            error_message="the server cannot answer now",
            retry_info=opamp_pb2.RetryInfo(
                retry_after_nanoseconds=int(retry_after * 1e9)
            ),
        ),
    ).SerializeToString()
