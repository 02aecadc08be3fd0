from dataclasses import replace

from reconciler.ids import InstanceUid
from reconciler.state import identity
from reconciler.state.agent import Agent
from reconciler.state.events import AgentReported
from reconciler.state.observed import (
    POLLING,
    AgentDescription,
    AgentReport,
    Capability,
    ConnectionId,
    Transport,
)

UID = InstanceUid(b"a" * 16)
OLD, NEW = ConnectionId(1), ConnectionId(2)
HERE = AgentDescription({}, {"host.name": "here"})
THERE = AgentDescription({}, {"host.name": "there"})


def said(
    connection: ConnectionId,
    *,
    first: bool = False,
    description: AgentDescription | None = None,
) -> AgentReported:
    report = AgentReport(UID, 5, Capability.NONE, description)
    transport = Transport.HTTP if connection == POLLING else Transport.WEBSOCKET
    return AgentReported(report, connection, transport, first=first)


def over(connection: ConnectionId) -> Agent:
    return Agent(UID, connection=connection, description=HERE, labels=HERE.labels)


def test_a_newer_socket_takes_over_from_one_that_may_be_half_open() -> None:
    assert not identity.is_clone(over(OLD), said(NEW, first=True))


def test_an_older_socket_that_speaks_after_a_newer_one_is_another_agent() -> None:
    assert identity.is_clone(over(NEW), said(OLD))


def test_an_agent_on_its_own_socket_is_itself() -> None:
    assert not identity.is_clone(over(NEW), said(NEW))


def test_pollers_that_describe_themselves_in_turns_are_two() -> None:
    agent = over(POLLING)
    identity.note_description(agent, THERE)
    agent.description, agent.labels = THERE, THERE.labels
    assert identity.is_clone(agent, said(POLLING, description=HERE))


def test_a_poller_that_moved_once_is_one() -> None:
    agent = over(POLLING)
    moved = said(POLLING, description=THERE)
    assert not identity.is_clone(agent, moved)
    assert not identity.is_clone(agent, replace(moved, first=True))
