from typing import Any

import pytest

from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.ids import InstanceUid
from reconciler.state.observed import (
    AgentDescription,
    AgentReport,
    AvailableComponents,
    Capability,
    EffectiveConfig,
    RemoteConfigStatus,
)
from tests.playbook import NO_HASH, UNSET, WELL

PARTS: dict[str, Any] = {
    "description": AgentDescription({}, {}),
    "health": WELL,
    "remote_config_status": RemoteConfigStatus(NO_HASH, UNSET),
    "effective_config": EffectiveConfig({}),
    "available_components": AvailableComponents(b""),
    "custom_capabilities": (),
    "connection_settings_hash": b"",
    "reported_packages": True,
    "disconnect": True,
    "requests_instance_uid": True,
}


def report(capabilities: Capability = Capability.NONE, **parts: Any) -> AgentReport:
    return AgentReport(InstanceUid(bytes(16)), 0, capabilities, **parts)


@pytest.mark.parametrize("part", PARTS)
def test_a_message_with_any_part_is_no_heartbeat(part: str) -> None:
    assert report().is_bare
    assert not report(**{part: PARTS[part]}).is_bare


@pytest.mark.parametrize(
    ("bit", "part"),
    [
        (Capability.REPORTS_HEALTH, "health"),
        (Capability.REPORTS_REMOTE_CONFIG, "remote_config_status"),
        (Capability.REPORTS_EFFECTIVE_CONFIG, "effective_config"),
        (Capability.REPORTS_AVAILABLE_COMPONENTS, "available_components"),
        (Capability.REPORTS_PACKAGE_STATUSES, "reported_packages"),
        (Capability.REPORTS_CONNECTION_SETTINGS_STATUS, "connection_settings_hash"),
    ],
)
def test_obligation_13_a_report_is_complete_with_what_its_bits_promise(
    bit: Capability, part: str
) -> None:
    described = {"description": PARTS["description"]}
    assert not report(bit, **described).is_complete()
    assert report(bit, **described, **{part: PARTS[part]}).is_complete()
    assert not report(bit, **{part: PARTS[part]}).is_complete()


def test_the_identifying_attribute_wins_over_another_of_its_name() -> None:
    description = AgentDescription({"a": "1"}, {"a": "2", "b": "3"})
    assert description.labels == {"a": "1", "b": "3"}


def test_a_digest_knows_names_from_bodies_and_not_their_order() -> None:
    def digest(**bodies: bytes) -> bytes:
        entries = {name: ConfigEntry(body, "") for name, body in bodies.items()}
        return EffectiveConfig(entries).digest

    assert digest(a=b"1", b=b"2") == digest(b=b"2", a=b"1")
    different = [digest(a=b"1"), digest(a=b"2"), digest(b=b"1"), digest(a=b"", b=b"1")]
    assert len(set(different)) == len(different)
