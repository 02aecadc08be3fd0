"""Messages, configs and peers' bytes that the tests of this room share."""

import gzip
import itertools
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.ids import ConfigHash, Generation, InstanceUid
from reconciler.opamp.pb.opamp_pb2 import AgentToServer, ServerToAgent
from reconciler.state.actions import OfferRemoteConfig
from reconciler.state.agent import OfferKind

UID = InstanceUid(bytes.fromhex("01902f5ac1d07c3e8a4b5c6d7e8f9a0b"))
OTHER_UID = InstanceUid(bytes.fromhex("01902f5ac1d07c3e8a4b000000000002"))


def heartbeat(uid: bytes = UID, *, number: int = 1) -> AgentToServer:
    return AgentToServer(instance_uid=uid, sequence_num=number, capabilities=0x1807)


def describe(
    message: AgentToServer, host: str, *, identifying: bool = False
) -> AgentToServer:
    """Let a message say the host it is from."""
    description = message.agent_description
    attribute = (
        description.identifying_attributes
        if identifying
        else description.non_identifying_attributes
    ).add(key="host.name")
    attribute.value.string_value = host
    return message


def framed(message: AgentToServer) -> bytes:
    return b"\x00" + message.SerializeToString()


def unframed(data: bytes | str) -> ServerToAgent:
    assert isinstance(data, bytes)
    assert data[:1] == b"\x00"
    return ServerToAgent.FromString(data[1:])


def empty_attributes(count: int) -> bytes:
    """An AgentToServer of nothing but attributes without key and value."""
    description = b"\x0a\x00" * count
    length = varint(len(description))
    return heartbeat().SerializeToString() + b"\x1a" + length + description


def zip_bomb(megabytes: int) -> bytes:
    return gzip.compress(bytes(megabytes << 20), mtime=0)


def rendered(body: bytes = b"receivers: {}\n", **entries: bytes) -> RenderedConfig:
    blobs = {"": body, **entries}
    return RenderedConfig(
        hash=ConfigHash(b"\x07" * 32),
        entries={name: ConfigEntry(blob, "text/yaml") for name, blob in blobs.items()},
        nodes={},
        documents=("base",),
    )


def offer(config: RenderedConfig, uid: InstanceUid = UID) -> OfferRemoteConfig:
    return OfferRemoteConfig(uid, config, Generation(1), OfferKind.ROLLOUT)


def filled(kind: type[Message]) -> Iterator[Message]:
    """Instances with every field set, one for each choice that a `oneof` leaves."""
    oneofs: list[list[Any]] = [list(oneof.fields) for oneof in kind.DESCRIPTOR.oneofs]
    for choice in itertools.product(*oneofs):
        message = kind()
        _fill(message, {field.name for field in choice}, depth=0)
        yield message


def _fill(message: Message, chosen: set[str], *, depth: int) -> None:
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof and field.name not in chosen:
            continue
        if field.message_type is None:
            _fill_scalar(message, field)
        elif _is_map(field.message_type):
            _fill_map(message, field, depth)
        elif field.is_repeated:
            for _ in range(2):
                _fill_below(getattr(message, field.name).add(), depth)
        else:
            below = getattr(message, field.name)
            below.SetInParent()
            _fill_below(below, depth)


def _fill_below(message: Message, depth: int) -> None:
    if depth < 3:
        oneofs: list[Any] = list(message.DESCRIPTOR.oneofs)
        # The choice changes with the depth, so that nested values differ in type.
        chosen = {list(one.fields)[depth % len(one.fields)].name for one in oneofs}
        _fill(message, chosen, depth=depth + 1)


def _fill_map(message: Message, field: Any, depth: int) -> None:
    value = field.message_type.fields_by_name["value"]
    entries = getattr(message, field.name)
    for key in ("", f"{field.name} é"):
        if value.message_type is None:
            entries[key] = _scalar(value)
        else:
            entries[key].SetInParent()
            _fill_below(entries[key], depth)


def _fill_scalar(message: Message, field: Any) -> None:
    value = _scalar(field)
    if field.is_repeated:
        getattr(message, field.name).extend([value, value])
    else:
        setattr(message, field.name, value)


def _scalar(field: Any) -> object:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            text = f"{field.full_name.rsplit('.', 1)[-1]} ü\x00"
            return text.encode() if field.type == FieldDescriptor.TYPE_BYTES else text
        case FieldDescriptor.CPPTYPE_BOOL:
            return True
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return 0.1 + field.number
        case FieldDescriptor.CPPTYPE_INT64:
            return -(2**63) + field.number
        case FieldDescriptor.CPPTYPE_UINT64:
            return 2**64 - field.number
        case FieldDescriptor.CPPTYPE_ENUM:
            return field.enum_type.values[-1].number
    raise AssertionError(field.full_name)


def _is_map(kind: Any) -> bool:
    return bool(kind.GetOptions().map_entry)


def varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
