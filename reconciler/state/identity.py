"""Two live agents with one instance_uid: cloned disks and bad generators.

Called by `controller.py` before a report is taken. The uid is a name, not an identity
(opamp-spec, "Duplicate WebSocket Connections"): an agent that reconnects before its old
socket was seen to die is one agent, and its newest socket wins; an old socket that
speaks after a newer one took over is another agent.
"""

from collections.abc import Callable

from reconciler.ids import InstanceUid
from reconciler.state.actions import AgentAction, AssignInstanceUid, RefuseAgent
from reconciler.state.agent import Agent
from reconciler.state.events import AgentReported
from reconciler.state.observed import POLLING, AgentDescription

HOST_KEYS = ("service.instance.id", "host.name", "host.id")

IGNORED = 3
"""New uids that may stay unused before clones are refused; some clients ignore them."""

IGNORED_FOR = 600.0
"""Seconds after which an unused uid is forgotten: its answer may have been lost."""


class Renames:
    """The uids that clones were given, until somebody speaks under them."""

    def __init__(self, new_uid: Callable[[], InstanceUid]) -> None:
        self._new_uid = new_uid
        self._unused: dict[InstanceUid, tuple[InstanceUid, float]] = {}

    def rename(self, uid: InstanceUid, now: float) -> AgentAction:
        """What a clone of `uid` is told."""
        self._forget_before(now - IGNORED_FOR)
        if sum(old == uid for old, _ in self._unused.values()) >= IGNORED:
            reason = "another agent has this instance_uid, and the new one was ignored"
            return RefuseAgent(uid, reason)
        new = self._new_uid()
        self._unused[new] = (uid, now)
        return AssignInstanceUid(uid, new)

    def obeyed(self, new: InstanceUid) -> None:
        """An agent speaks under this uid for the first time."""
        self._unused.pop(new, None)

    def _forget_before(self, then: float) -> None:
        self._unused = {
            new: given for new, given in self._unused.items() if given[1] > then
        }


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
