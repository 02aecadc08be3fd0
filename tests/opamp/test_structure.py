import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.opamp import structure
from reconciler.opamp.limits import Limits
from reconciler.opamp.pb.opamp_pb2 import AgentToServer, ComponentHealth
from reconciler.opamp.wire import BadRequest
from tests.opamp import examples
from tests.opamp.running import cpu_seconds, peak_bytes

SMALL = Limits(report_bytes=200, attributes=3, map_entries=4, depth=3)


def config_of(*bodies: bytes) -> AgentToServer:
    message = examples.heartbeat()
    for index, body in enumerate(bodies):
        message.effective_config.config_map.config_map[f"{index}"].body = body
    return message


def health_of(depth: int, width: int = 1) -> AgentToServer:
    message = examples.heartbeat()
    level: list[ComponentHealth] = [message.health]
    for _ in range(depth):
        level = [
            health.component_health_map[str(index)]
            for health in level
            for index in range(width)
        ]
    for health in level:
        health.healthy = True
    return message


def test_a_small_message_is_not_looked_at() -> None:
    structure.check_bytes(b"\xff" * SMALL.report_bytes, SMALL)


def test_only_a_large_effective_config_makes_a_large_message_acceptable() -> None:
    structure.check_bytes(config_of(b"x" * 1000).SerializeToString(), SMALL)


def test_a_large_message_without_a_large_config_is_refused() -> None:
    message = config_of(b"x" * 1000)
    message.health.last_error = "y" * 300
    with pytest.raises(BadRequest, match="bytes beside the effective config"):
        structure.check_bytes(message.SerializeToString(), SMALL)


def test_config_entries_are_counted_before_they_are_parsed() -> None:
    structure.check_bytes(config_of(*[b"x" * 60] * 4).SerializeToString(), SMALL)
    with pytest.raises(BadRequest, match="more than 4 fields"):
        structure.check_bytes(config_of(*[b"x" * 60] * 5).SerializeToString(), SMALL)


def test_a_config_in_many_pieces_counts_as_one() -> None:
    piece = config_of(*[b"x" * 60] * 3).SerializeToString()
    with pytest.raises(BadRequest, match="6 config entries"):
        structure.check_bytes(piece * 2, SMALL)


@pytest.mark.parametrize(
    "data",
    [
        b"\x1a\x00" * 500,  # one field, over and over
        b"\xff" * 500,  # a varint that does not end
        b"\x0b" * 500,  # groups
        b"\x32\xff\xff\xff\xff\x0f" + b"x" * 500,  # 4 GiB announced
        b"\x32" + b"\xff" * 9 + b"\x01" + b"x" * 500,  # 2**64 announced
        b"\x09" * 196,  # a fixed64 at the end
        b"\x32\xc8\x01" + b"\x0a\xc5\x01" + b"\x0a" * 197,  # broken inside
    ],
)
def test_what_is_not_protobuf_is_refused_without_an_accident(data: bytes) -> None:
    with pytest.raises(BadRequest):
        structure.check_bytes(data + b"\x00" * 201, SMALL)


@given(st.binary(min_size=201, max_size=600))
def test_no_bytes_make_the_scan_fail_otherwise(data: bytes) -> None:
    try:
        structure.check_bytes(data, SMALL)
    except BadRequest:
        return


def test_an_honest_message_has_no_excess() -> None:
    assert structure.find_excess(health_of(3), SMALL) is None


def test_attributes_count_over_both_sets() -> None:
    message = examples.heartbeat()
    message.agent_description.identifying_attributes.add(key="a")
    message.agent_description.identifying_attributes.add(key="b")
    message.agent_description.non_identifying_attributes.add(key="c")
    assert structure.find_excess(message, SMALL) is None
    message.agent_description.non_identifying_attributes.add(key="d")
    assert structure.find_excess(message, SMALL) == "more than 3 attributes"


@pytest.mark.parametrize("message", [health_of(4), health_of(1, 5), health_of(2, 2)])
def test_a_health_tree_is_bounded_in_depth_width_and_sum(
    message: AgentToServer,
) -> None:
    words = "more than 4 components in the health tree"
    assert structure.find_excess(message, SMALL) == words


def test_components_are_bounded_over_all_kinds() -> None:
    message = examples.heartbeat()
    kinds = message.available_components.components
    kinds["receivers"].sub_component_map["otlp"].SetInParent()
    kinds["exporters"].sub_component_map["debug"].SetInParent()
    assert structure.find_excess(message, SMALL) is None
    kinds["exporters"].sub_component_map["otlp"].SetInParent()
    assert structure.find_excess(message, SMALL) == "more than 4 available components"
    for index in range(9):
        kinds[str(index)].SetInParent()
    assert structure.find_excess(message, SMALL) == "more than 4 available components"


def test_config_entries_and_custom_capabilities_are_bounded() -> None:
    assert (
        structure.find_excess(config_of(*[b""] * 5), SMALL)
        == "more than 4 config entries"
    )
    message = examples.heartbeat()
    message.custom_capabilities.capabilities.extend("abcde")
    assert structure.find_excess(message, SMALL) == "more than 4 custom capabilities"


@pytest.mark.parametrize("count", [100_000, 500_000, 2_000_000])
def test_any_number_of_empty_attributes_is_refused_without_touching_one(
    count: int,
) -> None:
    data, limits = examples.empty_attributes(count), Limits()

    def refuse() -> None:
        try:
            structure.check_bytes(data, limits)
            message = AgentToServer.FromString(data)
            assert structure.find_excess(message, limits) is not None
        except BadRequest:
            pass

    assert cpu_seconds(refuse) < 0.05
    assert peak_bytes(refuse) < 1 << 20
