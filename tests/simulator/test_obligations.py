import pytest

from reconciler.ids import InstanceUid
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import obligations

UID = InstanceUid(bytes(range(16)))
ALL = 0xFFFF


def broken(
    message: opamp_pb2.ServerToAgent, *, capabilities: int = ALL, is_first: bool = False
) -> list[str]:
    if not message.instance_uid:
        message.instance_uid = UID
    return list(
        obligations.broken_by(
            message, uid=UID, capabilities=capabilities, is_first=is_first
        )
    )


def offer(config_hash: bytes = b"h") -> opamp_pb2.ServerToAgent:
    config = opamp_pb2.AgentRemoteConfig(config_hash=config_hash)
    return opamp_pb2.ServerToAgent(remote_config=config)


def settings(endpoint: str = "ws://127.0.0.1:4320/v1/opamp") -> opamp_pb2.ServerToAgent:
    opamp = opamp_pb2.OpAMPConnectionSettings(destination_endpoint=endpoint)
    offers = opamp_pb2.ConnectionSettingsOffers(hash=b"h", opamp=opamp)
    return opamp_pb2.ServerToAgent(connection_settings=offers)


@pytest.mark.parametrize("message", [opamp_pb2.ServerToAgent(), offer(), settings()])
def test_an_ordinary_message_breaks_nothing(message: opamp_pb2.ServerToAgent) -> None:
    assert broken(message) == []


def test_a_message_for_another_agent_is_found() -> None:
    message = opamp_pb2.ServerToAgent(instance_uid=b"x" * 16)
    assert broken(message) == ["instance_uid is not the agent's"]


def test_the_first_message_must_accept_status() -> None:
    rule = "the first message lacks the AcceptsStatus capability"
    assert broken(opamp_pb2.ServerToAgent(), is_first=True) == [rule]
    assert broken(opamp_pb2.ServerToAgent(capabilities=2), is_first=True) == [rule]
    assert broken(opamp_pb2.ServerToAgent(capabilities=3), is_first=True) == []


def test_an_error_may_come_first_and_must_come_alone() -> None:
    error = opamp_pb2.ServerErrorResponse(error_message="no")
    message = opamp_pb2.ServerToAgent(error_response=error)
    assert broken(message, is_first=True) == []
    message.agent_identification.new_instance_uid = UID
    assert broken(message) == ["error_response has other fields beside it"]


def test_an_offer_needs_the_capability_and_a_hash() -> None:
    assert broken(offer(b""), capabilities=1) == [
        "remote_config for an agent without AcceptsRemoteConfig",
        "remote_config without config_hash",
    ]


def test_opamp_settings_need_the_capability_and_an_endpoint() -> None:
    assert broken(settings(""), capabilities=1) == [
        "opamp settings for an agent without AcceptsOpAMPConnectionSettings",
        "opamp settings without destination_endpoint",
    ]


def test_settings_of_other_classes_are_not_judged() -> None:
    offers = opamp_pb2.ConnectionSettingsOffers(hash=b"h")
    message = opamp_pb2.ServerToAgent(connection_settings=offers)
    assert broken(message, capabilities=1) == []


def test_a_new_uid_has_16_bytes() -> None:
    message = opamp_pb2.ServerToAgent()
    message.agent_identification.new_instance_uid = b"short"
    assert broken(message) == ["new_instance_uid is not 16 bytes"]
