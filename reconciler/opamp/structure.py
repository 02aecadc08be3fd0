"""Counts what is in a message before anything walks it.

Called by `convert.py`: `check_bytes` before a message is parsed, `find_excess` after.
A valid message of 1 MiB can hold half a million empty attributes; parsing those costs
milliseconds, touching each from Python a second of everybody's event loop.
"""

from collections.abc import Iterator
from enum import IntEnum

from reconciler.opamp.limits import Limits
from reconciler.opamp.pb.opamp_pb2 import AgentToServer
from reconciler.opamp.wire import BadRequest

_EFFECTIVE_CONFIG = AgentToServer.EFFECTIVE_CONFIG_FIELD_NUMBER
_CONFIG_MAP = 1
_TOP_FIELDS = 64

_VARINT_BYTES = 10


class _Wire(IntEnum):
    VARINT = 0
    FIXED64 = 1
    LENGTH_DELIMITED = 2
    FIXED32 = 5


def check_bytes(data: bytes, limits: Limits) -> None:
    """Refuse a message that only a large effective config may make so large.

    Raises:
        BadRequest: Its other parts are over `report_bytes`, the config has too many
            entries, or it is not protobuf.
    """
    if len(data) <= limits.report_bytes:
        return
    rest, entries = len(data), 0
    for number, part in _fields(memoryview(data), most=_TOP_FIELDS):
        if number == _EFFECTIVE_CONFIG:
            rest -= len(part)
            entries += _count_entries(part, most=limits.map_entries)
    if rest > limits.report_bytes:
        raise BadRequest(f"{rest} bytes beside the effective config are too many")
    if entries > limits.map_entries:
        raise BadRequest(f"{entries} config entries are too many")


def _count_entries(effective_config: memoryview, *, most: int) -> int:
    return sum(
        1
        for number, config_map in _fields(effective_config, most=_TOP_FIELDS)
        if number == _CONFIG_MAP
        for _ in _fields(config_map, most=most)
    )


def _fields(data: memoryview, *, most: int) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each field, not looking inside; at most `most` of them."""
    position = 0
    for _ in range(most):
        if position == len(data):
            return
        tag, position = _varint(data, position)
        start, end = _extent(data, position, wire_type=tag & 7)
        if end > len(data):
            raise BadRequest("a field is longer than the message")
        yield tag >> 3, data[start:end]
        position = end
    if position != len(data):
        raise BadRequest(f"more than {most} fields in one place")


def _extent(data: memoryview, position: int, *, wire_type: int) -> tuple[int, int]:
    match wire_type:
        case _Wire.VARINT:
            return position, _varint(data, position)[1]
        case _Wire.FIXED64:
            return position, position + 8
        case _Wire.LENGTH_DELIMITED:
            length, start = _varint(data, position)
            return start, start + length
        case _Wire.FIXED32:
            return position, position + 4
    raise BadRequest("the message is not protobuf")


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[position : position + _VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 - the high bit says that more follow
            return value, position + index + 1
    raise BadRequest("the message is not protobuf")


def find_excess(message: AgentToServer, limits: Limits) -> str | None:
    """What there is too much of, in words; None when the message may be walked."""
    counts = (
        ("attributes", count_attributes(message), limits.attributes),
        (
            "components in the health tree",
            _count_health(message, limits),
            limits.map_entries,
        ),
        (
            "available components",
            _count_components(message, limits),
            limits.map_entries,
        ),
        ("config entries", _count_config_entries(message), limits.map_entries),
        ("custom capabilities", _count_capabilities(message), limits.map_entries),
    )
    for what, count, most in counts:
        if count > most:
            return f"more than {most} {what}"
    return None


def count_attributes(message: AgentToServer) -> int:
    """Attributes of a description, over both sets."""
    if not message.HasField("agent_description"):
        return 0
    description = message.agent_description
    identifying = len(description.identifying_attributes)
    return identifying + len(description.non_identifying_attributes)


def _count_health(message: AgentToServer, limits: Limits) -> int:
    """Components below the root; over the limit when the tree is too deep."""
    if not message.HasField("health"):
        return 0
    level, count = [message.health], 0
    for _ in range(limits.depth + 1):
        below = sum(len(health.component_health_map) for health in level)
        count += below
        if not below or count > limits.map_entries:
            return count
        level = [
            part for health in level for part in health.component_health_map.values()
        ]
    return limits.map_entries + 1


def _count_components(message: AgentToServer, limits: Limits) -> int:
    if not message.HasField("available_components"):
        return 0
    components = message.available_components.components
    count = len(components)
    if count > limits.map_entries:
        return count
    return count + sum(len(kind.sub_component_map) for kind in components.values())


def _count_config_entries(message: AgentToServer) -> int:
    if not message.HasField("effective_config"):
        return 0
    return len(message.effective_config.config_map.config_map)


def _count_capabilities(message: AgentToServer) -> int:
    if not message.HasField("custom_capabilities"):
        return 0
    return len(message.custom_capabilities.capabilities)
