"""What a listener calls of others, and what they see of its WebSockets.

`server.py` is handed the two functions by `service.py`; `listener.py` calls them and
keeps the WebSockets.
"""

from collections.abc import Sequence
from typing import Protocol

from reconciler.ids import InstanceUid
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
        """Decide at once; never awaits. All actions are for `report.instance_uid`.

        `first` marks the first message of an agent on a WebSocket. Polls all bear the
        connection `POLLING`, and `first` is False.
        """


class Closed(Protocol):
    """What is called when a WebSocket is gone, with every agent that spoke over it."""

    def __call__(self, connection: ConnectionId, agents: Sequence[InstanceUid]) -> None:
        """Note it; never awaits."""


class Pushable(Protocol):
    """An open WebSocket, as others than its peer see it."""

    def push(self, uid: InstanceUid, actions: Sequence[AgentAction]) -> bool:
        """Send now; False when the agent is not there."""

    def close(self, reason: str, *, code: int) -> None:
        """Say good-bye, then close."""

    def abort(self) -> None:
        """Close without a word."""
