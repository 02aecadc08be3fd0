"""Two live agents with one instance_uid: cloned disks and bad generators.

Called by `controller.py` before a report is taken. The uid is a name, not an identity
(opamp-spec, "Duplicate WebSocket Connections"): an agent that reconnects before its old
socket was seen to die is one agent, and its newest socket wins; an old socket that
speaks after a newer one took over is another agent.
"""

from reconciler.state.agent import Agent
from reconciler.state.events import AgentReported
from reconciler.state.observed import POLLING, AgentDescription

HOST_KEYS = ("service.instance.id", "host.name", "host.id")


def is_clone(agent: Agent, event: AgentReported) -> bool:
    """Whether this message comes from another agent than the record is of."""
    if event.connection == POLLING:
        return _alternates(agent, event.report.description)
    if agent.connection in {None, event.connection}:
        return False
    return not event.first


def note_description(agent: Agent, description: AgentDescription | None) -> None:
    """Remember the last host but one, before the report is absorbed."""
    if description is None or not agent.labels:
        return
    if _host(description) != _host(agent.description):
        agent.described_before = agent.description


def _alternates(agent: Agent, description: AgentDescription | None) -> bool:
    # Pollers have no socket to tell them apart: two that answer to one uid describe
    # themselves in turns.
    if description is None or agent.described_before is None:
        return False
    host = _host(description)
    return host != _host(agent.description) and host == _host(agent.described_before)


def _host(description: AgentDescription) -> tuple[str | None, ...]:
    labels = description.labels
    return tuple(labels.get(key) for key in HOST_KEYS)
