"""The listener for agents: WebSocket and plain HTTP on one path and one port.

`service.py` starts it and hands in the two functions below. Everything the agents send
ends in `report`; everything they are sent comes out of it or through `push`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.ids import InstanceUid
from reconciler.opamp.limits import Limits
from reconciler.state.actions import AgentAction
from reconciler.state.observed import AgentReport, ConnectionId, Transport


class Report(Protocol):
    """What is called with every well-formed message; answers with what to send back."""

    def __call__(
        self,
        report: AgentReport,
        *,
        connection: ConnectionId,
        transport: Transport,
        first: bool,
    ) -> Sequence[AgentAction]:
        """Decide at once; never awaits. All actions are for `report.instance_uid`."""


class Closed(Protocol):
    """What is called when a WebSocket is gone, with every agent that spoke over it."""

    def __call__(self, connection: ConnectionId, agents: Sequence[InstanceUid]) -> None:
        """Note it; never awaits."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int


class OpampServer:
    """One listener; `start`, then `drain`, then `stop`."""

    def __init__(
        self, address: Address, *, limits: Limits, report: Report, closed: Closed
    ) -> None:
        raise NotImplementedError

    async def start(self) -> Address:
        """Listen; returns the address with the real port.

        Raises:
            SetupError: The address is taken or not ours.
        """
        raise NotImplementedError

    def push(
        self, connection: ConnectionId, uid: InstanceUid, actions: Sequence[AgentAction]
    ) -> bool:
        """Send to an agent over its WebSocket now; False when it is gone.

        Never waits and never queues more than the newest: a peer that does not read
        loses its connection.
        """
        raise NotImplementedError

    def close(self, connection: ConnectionId, reason: str) -> None:
        """Close a WebSocket politely."""
        raise NotImplementedError

    async def drain(self, seconds: float) -> None:
        """Take no new connection (503) and close the open ones, spread over `seconds`.

        WebSockets get 1012 (service restart); HTTP answers carry `Connection: close`.
        """
        raise NotImplementedError

    async def stop(self) -> None:
        """Close the listener and whatever is left."""
        raise NotImplementedError
