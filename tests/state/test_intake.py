from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.ids import ConfigHash, InstanceUid
from reconciler.state import intake
from reconciler.state.agent import Agent
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

UID = InstanceUid(b"a" * 16)
BITS = Capability.REPORTS_HEALTH | Capability.REPORTS_REMOTE_CONFIG
NEW, OLD = ConfigHash(b"n" * 32), ConfigHash(b"o" * 32)
APPLYING = RemoteConfigStatus(NEW, ConfigStatus.APPLYING)
APPLIED = RemoteConfigStatus(NEW, ConfigStatus.APPLIED)


def report(number: int, **parts: Any) -> AgentReport:
    return AgentReport(UID, number, BITS, **parts)


def complete(number: int, **parts: Any) -> AgentReport:
    everything: dict[str, Any] = {
        "description": AgentDescription({}, {"host.name": "h"}),
        "health": Health(healthy=True),
        "remote_config_status": RemoteConfigStatus(OLD, ConfigStatus.APPLIED),
    }
    return report(number, **(everything | parts))


def known() -> Agent:
    agent = Agent(UID)
    intake.absorb(agent, complete(0), now=1.0)
    return agent


def test_a_heartbeat_changes_nothing_but_presence() -> None:
    agent = known()
    assert intake.absorb(agent, report(1), now=9.0) is False
    assert (agent.last_seen, agent.sequence_num, agent.known) == (9.0, 1, True)


def test_obligation_10_an_absent_part_is_unchanged_and_a_present_one_replaces() -> None:
    agent = known()
    described = agent.description
    assert intake.absorb(agent, report(1, health=Health(healthy=False)), now=2.0)
    assert agent.description == described
    assert agent.health == Health(healthy=False)


@pytest.mark.parametrize("number", [0, 2, 7])
def test_obligation_12_a_gap_makes_an_agent_unknown(number: int) -> None:
    agent = known()
    assert intake.absorb(agent, report(number), now=2.0)
    assert not agent.known


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_obligation_12_full_state_is_asked_unless_the_number_is_the_next_one(
    last: int, number: int
) -> None:
    agent = Agent(UID, known=True, heard=True)
    asked = intake.must_ask_full_state(
        agent, report(number), expected=last + 1, now=100.0
    )
    assert asked == (number != last + 1)


def test_obligation_14_broken_numbering_is_not_asked_again_at_once() -> None:
    agent = Agent(UID, asked_full_at=100.0)
    assert not intake.must_ask_full_state(agent, report(0), expected=9, now=101.0)
    later = 100.0 + intake.ASK_AGAIN
    assert intake.must_ask_full_state(agent, report(0), expected=9, now=later)


def test_health_is_dated_from_its_last_turn() -> None:
    agent = known()
    intake.absorb(agent, report(1, health=Health(healthy=False)), now=5.0)
    again = Health(healthy=False, last_error="still")
    intake.absorb(agent, report(2, health=again), now=6.0)
    assert (agent.unhealthy_since, agent.healthy_since) == (5.0, None)
    intake.absorb(agent, report(3, health=Health(healthy=True)), now=7.0)
    assert (agent.unhealthy_since, agent.healthy_since) == (None, 7.0)


def test_an_effective_config_sent_with_the_first_echo_belongs_to_no_hash() -> None:
    agent = known()
    early = report(
        1, remote_config_status=APPLYING, effective_config=EffectiveConfig({})
    )
    intake.absorb(agent, early, now=2.0)
    assert agent.effective_of is None
    intake.absorb(agent, report(2, effective_config=EffectiveConfig({})), now=3.0)
    assert agent.effective_of == NEW


def test_obligation_17_applied_needs_no_applying_before_it() -> None:
    agent = known()
    both = report(1, remote_config_status=APPLIED, effective_config=EffectiveConfig({}))
    intake.absorb(agent, both, now=2.0)
    assert (agent.applied_since, agent.effective_of) == (2.0, NEW)


PARTS: dict[str, st.SearchStrategy[Any]] = {
    "description": st.builds(
        AgentDescription, st.just({}), st.dictionaries(st.text(max_size=3), st.text())
    ),
    "health": st.builds(Health, st.booleans()),
    "remote_config_status": st.builds(
        RemoteConfigStatus, st.sampled_from([NEW, OLD]), st.sampled_from(ConfigStatus)
    ),
    "effective_config": st.just(EffectiveConfig({})),
    "available_components": st.builds(AvailableComponents, st.binary(max_size=2)),
    "custom_capabilities": st.just(("x",)),
    "connection_settings_hash": st.binary(max_size=2),
    "reported_packages": st.booleans(),
}
MESSAGES = st.fixed_dictionaries({}, optional=PARTS)
CAPABILITIES = st.sampled_from([Capability.NONE, BITS, Capability(0x7C47)])
NUMBERED = ("sequence_num", "last_seen", "known", "heard")


def facts(agent: Agent) -> dict[str, Any]:
    """Everything that is known of an agent but the number and time of its message."""
    return {
        name: getattr(agent, name) for name in Agent.__slots__ if name not in NUMBERED
    }


@given(st.lists(st.tuples(MESSAGES, CAPABILITIES), max_size=6), st.integers(0, 9))
def test_a_bare_message_changes_nothing_of_what_is_known(
    messages: list[tuple[dict[str, Any], Capability]], number: int
) -> None:
    agent = known()
    for index, (parts, capabilities) in enumerate(messages, 1):
        said = AgentReport(UID, index, capabilities, **parts)
        intake.absorb(agent, said, now=float(index))
    before = facts(agent)
    bare = AgentReport(UID, number, Capability.NONE)
    assert bare.is_bare
    intake.absorb(agent, bare, now=100.0)
    assert facts(agent) == before


@given(MESSAGES.filter(lambda parts: "description" not in parts))
def test_capabilities_that_were_left_out_are_unchanged(parts: dict[str, Any]) -> None:
    agent = known()
    intake.absorb(agent, AgentReport(UID, 1, Capability.NONE, **parts), now=2.0)
    assert agent.capabilities == BITS


@given(MESSAGES)
def test_obligation_11_the_newest_capabilities_count(parts: dict[str, Any]) -> None:
    agent = known()
    fewer = Capability.REPORTS_HEALTH
    assert intake.absorb(agent, AgentReport(UID, 1, fewer, **parts), now=2.0)
    assert agent.capabilities == fewer


def test_only_a_message_that_describes_an_agent_may_leave_it_without_capabilities() -> (
    None
):
    agent = known()
    told = complete(1)
    intake.absorb(agent, replace(told, capabilities=Capability.NONE), now=2.0)
    assert agent.capabilities is Capability.NONE


@given(st.lists(MESSAGES, max_size=6))
def test_what_is_known_is_what_was_said_of_each_part_last(
    messages: list[dict[str, Any]],
) -> None:
    agent = known()
    last: dict[str, Any] = {
        "description": agent.description,
        "health": agent.health,
    }
    last |= {"remote_config_status": agent.status, "effective_config": None}
    for index, parts in enumerate(messages, 1):
        intake.absorb(agent, report(index, **parts), now=float(index))
        last |= parts
    assert agent.description == last["description"]
    assert agent.labels == agent.description.labels
    assert agent.health == last["health"]
    assert agent.status == last["remote_config_status"]
    assert agent.effective == last["effective_config"]
