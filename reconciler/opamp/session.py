"""One peer's conversation in OpAMP, without I/O: bytes in, events and bytes out.

`websocket.py` keeps one for each connection, `polling.py` makes one for each exchange.
Whoever holds it hands what `receive` understood to the controller and gives the actions
back to `answer`. Numbering, offers and identities are decided there, not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.ids import InstanceUid
from reconciler.opamp import convert, sender, wire
from reconciler.opamp.convert import Offers
from reconciler.opamp.limits import Limits
from reconciler.opamp.wire import BadRequest
from reconciler.state.actions import AgentAction, OfferRemoteConfig, RefuseAgent
from reconciler.state.observed import AgentReport, Transport

MALFORMED_IN_A_ROW = 3
"""A WebSocket is closed after so many messages that were not understood."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A message to be answered.

    Attributes:
        first: It is the first of this agent on this WebSocket; False when polling.
        host: Where from, when that was said here; empty otherwise.
    """

    report: AgentReport
    first: bool
    host: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that stops here; `answer` goes back as it is.

    Attributes:
        reason: What was wrong, for the log.
        uid: Who sent it, when that much was understood.
        host: Where from, when that was said here; empty otherwise.
        close: The peer has shown that it does not speak OpAMP.
    """

    reason: str
    uid: InstanceUid | None
    host: str
    answer: bytes
    close: bool


Received: TypeAlias = Understood | Malformed


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes for one agent.

    Attributes:
        refused: Why the agent was refused, or None; its WebSocket is to be closed.
        oversized: Bytes of an offer that was left out because it is over the limit.
    """

    data: bytes
    refused: str | None = None
    oversized: int = 0


class Session:
    """Who speaks over a connection, and what they were told."""

    __slots__ = (
        "_agents",
        "_header",
        "_host",
        "_limits",
        "_malformed",
        "_offers",
        "_transport",
    )

    def __init__(self, transport: Transport, *, limits: Limits, offers: Offers) -> None:
        self._transport = transport
        self._limits = limits
        self._offers = offers
        self._header = wire.HEADER if transport is Transport.WEBSOCKET else b""
        self._malformed = 0
        # True for those that know our capabilities.
        self._agents: dict[InstanceUid, bool] = {}
        # None before one was named, empty after a second.
        self._host: str | None = None

    @property
    def agents(self) -> tuple[InstanceUid, ...]:
        """Those that have spoken here and did not say good-bye."""
        return tuple(self._agents)

    @property
    def host(self) -> str:
        """The only host that was named here; empty when there is none, or several."""
        return self._host or ""

    def knows(self, uid: InstanceUid) -> bool:
        """Whether this agent is one of `agents`."""
        return uid in self._agents

    def receive(self, message: bytes) -> Received:
        """Take one whole binary message."""
        try:
            data = wire.without_header(message) if self._header else message
            report = convert.read_report(data, self._limits)
            host = self._host_of(sender.host(report.description))
            first = self._enter(report, host)
        except BadRequest as fault:
            return self._malformed_message(fault)
        self._malformed = 0
        return Understood(report, first=first, host=host)

    def receive_text(self) -> Malformed:
        """Take a text message, which OpAMP does not have."""
        return self._malformed_message(BadRequest("OpAMP messages are binary"))

    def answer(self, uid: InstanceUid, actions: Sequence[AgentAction]) -> Answer:
        """The message that carries these actions, as an answer or as a push."""
        announce = not self._agents.get(uid)
        data = self._write(uid, actions, announce=announce)
        for action in actions:
            if isinstance(action, RefuseAgent):
                return Answer(data, refused=action.reason)
        if uid in self._agents:
            self._agents[uid] = True
        if len(data) <= self._limits.message_bytes:
            return Answer(data)
        small = [one for one in actions if not isinstance(one, OfferRemoteConfig)]
        return Answer(self._write(uid, small, announce=announce), oversized=len(data))

    def unavailable(self, uid: InstanceUid, *, retry_after: float) -> bytes:
        """The message that puts an agent off for so many seconds."""
        return self._header + convert.write_unavailable(uid, retry_after=retry_after)

    def _write(
        self, uid: InstanceUid, actions: Sequence[AgentAction], *, announce: bool
    ) -> bytes:
        return self._header + convert.write_answer(
            uid, actions, offers=self._offers, announce=announce
        )

    def _host_of(self, named: str) -> str:
        """Where a message is from that names this host, or none."""
        if named:
            self._host = named if self._host in {None, named} else ""
        return named or self.host

    def _enter(self, report: AgentReport, host: str) -> bool:
        uid = report.instance_uid
        if self._transport is Transport.HTTP:
            return False
        if report.disconnect:
            return self._agents.pop(uid, None) is None
        if uid in self._agents:
            return False
        if len(self._agents) >= self._limits.agents_per_connection:
            message = "too many agents share this connection"
            raise BadRequest(message, uid=uid, host=host)
        self._agents[uid] = False
        return True

    def _malformed_message(self, fault: BadRequest) -> Malformed:
        self._malformed += 1
        answer = convert.write_bad_request(fault.message, uid=fault.uid)
        return Malformed(
            reason=fault.message,
            uid=fault.uid,
            host=self._host_of(fault.host),
            answer=self._header + answer,
            close=self._malformed >= MALFORMED_IN_A_ROW,
        )
