import dataclasses
import math
from typing import Any

import pytest
from google.protobuf.message import Message

from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.ids import ConfigHash
from reconciler.opamp import convert, scrub
from reconciler.opamp.convert import Offers
from reconciler.opamp.limits import Limits
from reconciler.opamp.pb.anyvalue_pb2 import AnyValue, ArrayValue, KeyValueList
from reconciler.opamp.pb.opamp_pb2 import (
    AgentToServer,
    RemoteConfigStatuses_FAILED,
    ServerCapabilities_AcceptsConnectionSettingsRequest,
    ServerErrorResponseType_BadRequest,
    ServerErrorResponseType_Unavailable,
    ServerToAgent,
)
from reconciler.opamp.wire import BadRequest
from reconciler.state.actions import (
    AskComponents,
    AskFullState,
    AssignInstanceUid,
    OfferConnectionSettings,
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
from tests.opamp import examples
from tests.opamp.examples import OTHER_UID, UID


def read(message: Message, limits: Limits | None = None) -> AgentReport:
    return convert.read_report(message.SerializeToString(), limits or Limits())


def answer(*actions: Any, announce: bool = False) -> ServerToAgent:
    data = convert.write_answer(UID, actions, offers=Offers(), announce=announce)
    return ServerToAgent.FromString(data)


def described(**values: AnyValue) -> AgentToServer:
    message = examples.heartbeat()
    for key, value in values.items():
        attributes = message.agent_description.identifying_attributes
        attributes.add(key=key, value=value)
    return message


def test_obligation_33_a_heartbeat_is_bare() -> None:
    report = read(examples.heartbeat(number=7))
    assert report == AgentReport(
        instance_uid=UID,
        sequence_num=7,
        capabilities=Capability(0x1807),
    )
    assert report.is_bare


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("agent_description", "description"),
        ("health", "health"),
        ("remote_config_status", "remote_config_status"),
        ("available_components", "available_components"),
        ("custom_capabilities", "custom_capabilities"),
        ("connection_settings_status", "connection_settings_hash"),
    ],
)
def test_obligation_10_an_absent_part_is_none_and_an_empty_one_is_not(
    name: str, part: str
) -> None:
    message = examples.heartbeat()
    assert getattr(read(message), part) is None
    getattr(message, name).SetInParent()
    assert getattr(read(message), part) is not None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (AnyValue(string_value="prod"), "prod"),
        (AnyValue(string_value=""), ""),
        (AnyValue(bool_value=True), "true"),
        (AnyValue(bool_value=False), "false"),
        (AnyValue(int_value=-42), "-42"),
        (AnyValue(double_value=3.0), "3"),
        (AnyValue(double_value=-0.0), "0"),
        (AnyValue(double_value=2.5), "2.5"),
        (AnyValue(double_value=1e300), "1e+300"),
        (AnyValue(double_value=math.inf), "inf"),
    ],
)
def test_attributes_of_any_scalar_type_become_text(value: AnyValue, text: str) -> None:
    assert read(described(key=value)).description == AgentDescription({"key": text}, {})


@pytest.mark.parametrize(
    "value",
    [
        AnyValue(),
        AnyValue(bytes_value=b"x"),
        AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1)] * 5000)),
        AnyValue(kvlist_value=KeyValueList()),
    ],
)
def test_null_bytes_lists_and_maps_are_no_labels(value: AnyValue) -> None:
    message = described(bad=value, good=AnyValue(string_value="x"))
    assert read(message).description == AgentDescription({"good": "x"}, {})


def test_both_sets_of_attributes_are_kept_apart() -> None:
    message = described(a=AnyValue(string_value="1"))
    other = message.agent_description.non_identifying_attributes
    other.add(key="b", value=AnyValue(string_value="2"))
    assert read(message).description == AgentDescription({"a": "1"}, {"b": "2"})


def test_a_description_without_attributes_replaces_the_former() -> None:
    message = examples.heartbeat()
    message.agent_description.SetInParent()
    assert read(message).description == AgentDescription({}, {})


@pytest.mark.parametrize("long", ["key", "value"])
def test_a_long_attribute_is_refused_with_the_uid_of_its_sender(long: str) -> None:
    parts = {"key": "k", "value": "v", long: "é" * 6}
    message = described(**{parts["key"]: AnyValue(string_value=parts["value"])})
    assert read(message, Limits(attribute_bytes=12)).description is not None
    with pytest.raises(BadRequest, match="over 11 bytes") as caught:
        read(message, Limits(attribute_bytes=11))
    assert caught.value.uid == UID


def test_obligation_32_health_is_the_root_and_its_first_unhealthy_cause() -> None:
    message = examples.heartbeat()
    message.health.last_error = "2 of 3 failed, password=hunter2"
    message.health.status = "StatusRecoverableError"
    parts = message.health.component_health_map
    parts["extensions"].healthy = True
    parts["pipeline:traces"].last_error = "exporter down"
    exporter = parts["pipeline:traces"].component_health_map["exporter:otlp"]
    exporter.last_error = "\x1b[31mrefused\x1b[0m by http://me:pw@host"
    parts["pipeline:zzz"].status = "StatusFatalError"
    assert read(message).health == Health(
        healthy=False,
        last_error="2 of 3 failed, password=***",
        status="StatusRecoverableError",
        worst="pipeline:traces/exporter:otlp: refused by http://***@host",
    )


def test_an_unhealthy_part_without_words_is_named_by_its_path_alone() -> None:
    message = examples.heartbeat()
    message.health.healthy = True
    message.health.component_health_map["a"].SetInParent()
    health = read(message).health
    assert health == Health(healthy=True, worst="a")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (0, ConfigStatus.UNSET),
        (1, ConfigStatus.APPLIED),
        (2, ConfigStatus.APPLYING),
        (3, ConfigStatus.FAILED),
        (99, ConfigStatus.UNSET),
        (-1, ConfigStatus.UNSET),
    ],
)
def test_obligation_05_an_unknown_status_number_reads_as_unset(
    number: int, status: ConfigStatus
) -> None:
    data = examples.heartbeat().SerializeToString()
    # Set on the wire, where any number may come.
    enum = examples.varint(number & 0xFFFFFFFFFFFFFFFF)
    data += b"\x3a" + bytes([1 + len(enum)]) + b"\x10" + enum
    report = convert.read_report(data, Limits())
    assert report.remote_config_status == RemoteConfigStatus(ConfigHash(b""), status)


def test_the_words_of_a_failed_config_are_fit_to_be_shown() -> None:
    message = examples.heartbeat()
    message.remote_config_status.last_remote_config_hash = b"\x01" * 32
    message.remote_config_status.status = RemoteConfigStatuses_FAILED
    message.remote_config_status.error_message = "token: abc\n" + "x " * 5000
    status = read(message).remote_config_status
    assert status is not None
    assert status.error.startswith("token: *** x x x")
    assert len(status.error) <= scrub.TEXT_LIMIT
    assert status.hash == b"\x01" * 32


def test_an_effective_config_without_a_map_says_nothing_and_an_empty_one_does() -> None:
    message = examples.heartbeat()
    message.effective_config.SetInParent()
    assert read(message).effective_config is None
    message.effective_config.config_map.SetInParent()
    assert read(message).effective_config == EffectiveConfig({})


def test_obligation_28_every_entry_of_the_effective_config_keeps_its_bytes() -> None:
    message = examples.heartbeat()
    entries = message.effective_config.config_map.config_map
    entries[""].body = b"\xff\x00 not text"
    entries[""].content_type = "text/yaml"
    entries["raw"].body = b"x"
    assert read(message).effective_config == EffectiveConfig(
        {
            "": ConfigEntry(b"\xff\x00 not text", "text/yaml"),
            "raw": ConfigEntry(b"x", ""),
        }
    )


def test_obligation_58_components_come_as_a_hash_alone_or_as_a_tree() -> None:
    message = examples.heartbeat()
    message.available_components.hash = b"h"
    assert read(message).available_components == AvailableComponents(b"h")
    receivers = message.available_components.components["receivers"]
    receivers.sub_component_map["otlp"].metadata.add(key="code.namespace")
    receivers.sub_component_map["nop"].SetInParent()
    assert read(message).available_components == AvailableComponents(
        b"h", {"receivers": frozenset({"nop", "otlp"})}
    )


def test_every_other_part_is_seen() -> None:
    message = examples.heartbeat()
    message.package_statuses.SetInParent()
    message.agent_disconnect.SetInParent()
    message.flags = 0xFF
    message.connection_settings_status.last_connection_settings_hash = b"s"
    message.custom_capabilities.capabilities.append("com.example.thing")
    bare = read(examples.heartbeat())
    assert read(message) == dataclasses.replace(
        bare,
        reported_packages=True,
        disconnect=True,
        requests_instance_uid=True,
        connection_settings_hash=b"s",
        custom_capabilities=("com.example.thing",),
    )


def test_a_message_with_every_field_set_is_read() -> None:
    for message in examples.filled(AgentToServer):
        assert isinstance(message, AgentToServer)
        message.instance_uid = UID
        assert not read(message).is_bare


def test_obligation_05_unknown_bits_and_fields_are_ignored() -> None:
    message = examples.heartbeat()
    message.capabilities = 2**64 - 1
    data = message.SerializeToString() + b"\xfa\x3f\x03abc\xc8\x3e\x05"
    report = convert.read_report(data, Limits())
    known = Capability(0)
    for capability in Capability:
        known |= capability
    assert report.capabilities == known
    assert report.is_bare


def test_obligation_47_a_request_for_connection_settings_is_ignored() -> None:
    message = examples.heartbeat()
    message.connection_settings_request.opamp.certificate_request.csr = b"PEM"
    assert read(message).is_bare


def test_numbers_fit_the_signed_integers_of_a_database() -> None:
    message = examples.heartbeat(number=2**64 - 1)
    assert read(message).sequence_num == 2**63 - 1


@pytest.mark.parametrize("length", [0, 1, 15, 17, 26, 10_000])
def test_obligation_07_a_uid_that_is_not_16_bytes_is_malformed(length: int) -> None:
    with pytest.raises(BadRequest, match=f"{length} bytes instead of 16") as caught:
        read(AgentToServer(instance_uid=b"x" * length))
    assert caught.value.uid is None


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"\x0a\x10short",
        b"\x1a\x03\x0a\x01\xff",
        # service.name as a key that is not UTF-8
        examples.heartbeat().SerializeToString() + b"\x1a\x05\x0a\x03\x0a\x01\xff",
        # a health tree of 200 levels
        examples.heartbeat().SerializeToString() + b"\x0b" * 200,
    ],
)
def test_obligation_07_bytes_that_do_not_parse_are_malformed(data: bytes) -> None:
    with pytest.raises(BadRequest, match="not an AgentToServer"):
        convert.read_report(data, Limits())


def test_a_value_nested_too_deeply_is_malformed() -> None:
    value = b""
    for _ in range(80):
        # A list of one value, and that value, each with its length in front.
        item = b"\x0a" + examples.varint(len(value)) + value
        value = b"\x2a" + examples.varint(len(item)) + item
    attribute = b"\x12" + examples.varint(len(value)) + value
    described = b"\x0a" + examples.varint(len(attribute)) + attribute
    data = b"\x1a" + examples.varint(len(described)) + described
    with pytest.raises(BadRequest, match="not an AgentToServer"):
        convert.read_report(examples.heartbeat().SerializeToString() + data, Limits())


@pytest.mark.parametrize(
    "name",
    ["remote_config_status", "available_components", "connection_settings_status"],
)
def test_a_hash_of_a_kilobyte_is_no_hash(name: str) -> None:
    message = examples.heartbeat()
    match name:
        case "remote_config_status":
            message.remote_config_status.last_remote_config_hash = b"x" * 1025
        case "available_components":
            message.available_components.hash = b"x" * 1025
        case _:
            status = message.connection_settings_status
            status.last_connection_settings_hash = b"x" * 1025
    with pytest.raises(BadRequest, match="hash"):
        read(message)


def test_obligation_01_nothing_to_say_is_only_the_uid() -> None:
    assert answer() == ServerToAgent(instance_uid=UID)


def test_obligation_04_announcing_sets_what_we_do_and_nothing_else() -> None:
    assert answer(announce=True) == ServerToAgent(
        instance_uid=UID, capabilities=0x01 | 0x02 | 0x04 | 0x20
    )


def test_obligations_12_and_58_questions_are_flags_and_go_together() -> None:
    assert answer(AskFullState(UID)) == ServerToAgent(instance_uid=UID, flags=1)
    assert answer(AskComponents(UID)) == ServerToAgent(instance_uid=UID, flags=2)
    assert answer(AskFullState(UID), AskComponents(UID)).flags == 3


def test_obligation_19_a_new_uid_is_sent_to_the_old_one() -> None:
    message = answer(AssignInstanceUid(UID, OTHER_UID))
    assert message.instance_uid == UID
    assert message.agent_identification.new_instance_uid == OTHER_UID


def test_obligations_24_and_27_an_offer_holds_the_hash_and_every_entry() -> None:
    config = examples.rendered(b"a: 1\n", extra=b"b: 2\n")
    message = answer(examples.offer(config)).remote_config
    assert message.config_hash == config.hash
    entries = message.config.config_map
    assert {name: (e.body, e.content_type) for name, e in entries.items()} == {
        "": (b"a: 1\n", "text/yaml"),
        "extra": (b"b: 2\n", "text/yaml"),
    }


def test_obligation_35_opamp_settings_hold_endpoint_and_interval_together() -> None:
    offered = OfferConnectionSettings(UID, "wss://host/v1/opamp", 30, b"hash")
    settings = answer(offered).connection_settings
    assert settings.hash == b"hash"
    assert settings.opamp.destination_endpoint == "wss://host/v1/opamp"
    assert settings.opamp.heartbeat_interval_seconds == 30


def test_one_answer_carries_all_that_was_decided() -> None:
    config = examples.rendered()
    message = answer(AskFullState(UID), examples.offer(config), announce=True)
    assert message.flags == 1
    assert message.capabilities == 0x27
    assert message.remote_config.config_hash == config.hash


def test_of_two_offers_the_last_is_sent() -> None:
    late = dataclasses.replace(examples.rendered(), hash=ConfigHash(b"\x08" * 32))
    message = answer(examples.offer(examples.rendered()), examples.offer(late))
    assert message.remote_config.config_hash == late.hash


def test_obligation_03_a_refusal_stands_alone() -> None:
    message = answer(AskFullState(UID), RefuseAgent(UID, "no"), announce=True)
    expected = ServerToAgent(instance_uid=UID)
    expected.error_response.type = ServerErrorResponseType_BadRequest
    expected.error_response.error_message = "no"
    assert message == expected


def test_obligation_56_no_answer_of_ours_holds_a_command() -> None:
    every_action = (
        AskFullState(UID),
        AskComponents(UID),
        AssignInstanceUid(UID, OTHER_UID),
        OfferConnectionSettings(UID, "ws://h", 1, b"h"),
        examples.offer(examples.rendered()),
    )
    message = answer(*every_action, announce=True)
    assert not message.HasField("command")


def test_obligation_48_packages_are_neither_announced_nor_offered() -> None:
    message = answer(announce=True)
    assert not message.capabilities & (0x08 | 0x10)
    assert not message.HasField("packages_available")


def test_obligations_42_and_43_and_44_and_45_no_certificate_is_asked_for_or_made() -> (
    None
):
    asked = examples.heartbeat()
    asked.connection_settings_request.opamp.certificate_request.csr = b"PEM"
    assert read(asked).instance_uid == UID
    message = answer(announce=True)
    assert (
        not message.capabilities & ServerCapabilities_AcceptsConnectionSettingsRequest
    )
    assert not message.HasField("connection_settings")


def test_obligations_41_and_46_offered_settings_hold_no_credential() -> None:
    settings = OfferConnectionSettings(UID, "ws://here/v1/opamp", 30, b"h")
    offered = answer(settings).connection_settings.opamp
    assert offered.destination_endpoint == "ws://here/v1/opamp"
    assert not offered.HasField("certificate")
    assert not offered.HasField("headers")


def test_obligations_49_and_50_and_51_and_52_and_53_packages_are_noted_alone() -> None:
    message = examples.heartbeat()
    message.package_statuses.server_provided_all_packages_hash = b"another"
    message.package_statuses.packages["collector"].name = "collector"
    assert read(message).reported_packages
    assert not answer(announce=True).HasField("packages_available")


def test_obligation_57_no_custom_capabilities_are_announced() -> None:
    message = answer(announce=True)
    assert not message.HasField("custom_capabilities")
    assert not message.HasField("custom_message")


def test_fields_that_are_put_together_are_the_message_built_whole() -> None:
    config = examples.rendered(b"body", other=b"2")
    whole = ServerToAgent(instance_uid=UID, flags=1, capabilities=0x27)
    whole.remote_config.config_hash = config.hash
    for name, entry in config.entries.items():
        whole.remote_config.config.config_map[name].body = entry.body
        whole.remote_config.config.config_map[name].content_type = entry.content_type
    actions = (AskFullState(UID), examples.offer(config))
    data = convert.write_answer(UID, actions, offers=Offers(), announce=True)
    assert data == whole.SerializeToString(deterministic=True)


def test_a_config_is_serialised_once_however_many_agents_get_it() -> None:
    offers, config = Offers(), examples.rendered()
    assert offers.field(config) is offers.field(config)
    assert offers.field(config) is offers.field(examples.rendered())


def test_equal_meaning_in_other_bytes_is_sent_in_its_own_bytes() -> None:
    offers = Offers()
    offers.field(examples.rendered(b"a: 1\n"))
    commented = examples.rendered(b"a: 1 # why\n")
    assert b"# why" in offers.field(commented)


def test_only_the_newest_configs_are_kept() -> None:
    offers = Offers()
    for number in range(Offers.KEPT + 10):
        hashed = ConfigHash(number.to_bytes(32, "big"))
        offers.field(dataclasses.replace(examples.rendered(), hash=hashed))
    assert len(offers._fields) == Offers.KEPT


def test_obligation_55_unavailable_says_when_to_return() -> None:
    data = convert.write_unavailable(UID, retry_after=30)
    message = ServerToAgent.FromString(data)
    assert message.error_response.type == ServerErrorResponseType_Unavailable
    assert message.error_response.retry_info.retry_after_nanoseconds == 30 * 10**9
