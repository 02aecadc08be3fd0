"""What all connections of one `OpampServer` share.

Made by `server.py`; `connection.py`, `websocket.py` and `polling.py` ask it who may
come in and hand it what they received. It calls the controller and counts.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import count

import structlog
from starlette.exceptions import HTTPException

from reconciler.ids import InstanceUid, format_uid
from reconciler.opamp.admission import (
    RETRY_AFTER,
    RETRY_AFTER_DRAIN,
    Denial,
    TokenBucket,
)
from reconciler.opamp.contracts import Closed, Pushable, Report
from reconciler.opamp.convert import Offers
from reconciler.opamp.faults import ALL_PEERS, FaultLog
from reconciler.opamp.limits import Limits
from reconciler.opamp.session import Answer, Malformed, Received, Session, Understood
from reconciler.state.actions import AgentAction
from reconciler.state.observed import POLLING, ConnectionId, Transport

log = structlog.get_logger(__name__)

_SMALL = 64 * 1024


class Port(StrEnum):
    """The two ports of this service, by whom they are for."""

    AGENTS = "agents"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to a peer.

    Attributes:
        close: Why a WebSocket is closed after it, or None.
        status: For an exchange over HTTP.
    """

    data: bytes
    close: str | None = None
    status: HTTPStatus = HTTPStatus.OK


class Listener:
    """Admission, the way to the controller, counters and open WebSockets.

    Attributes:
        draining: New connections are put off, polling agents are told to reconnect.
        no_websockets: Set while none is open.
        no_connections: Set while none is open, of any kind.
    """

    def __init__(self, *, limits: Limits, report: Report, closed: Closed) -> None:
        self.limits = limits
        self.offers = Offers()
        self.draining = False
        self.no_websockets = asyncio.Event()
        self.no_connections = asyncio.Event()
        self._report = report
        self._closed = closed
        self._ids = count(POLLING + 1)
        now = time.monotonic()
        self._handshakes = TokenBucket(limits.handshakes_per_second, now=now)
        self._faults = FaultLog(now=now)
        self._websockets: dict[ConnectionId, Pushable] = {}
        self._connections = 0
        self._unfinished = 0
        self._counters = dict.fromkeys(COUNTERS, 0)
        self._note_departures()

    @property
    def counters(self) -> Mapping[str, int]:
        """By the names in `COUNTERS`; they only grow."""
        return dict(self._counters)

    @property
    def websockets(self) -> Mapping[ConnectionId, Pushable]:
        """Those that are open."""
        return self._websockets

    # Coming and going

    def connected(self) -> bool:
        """Count a connection; False when not even a refusal is owed to it."""
        self.counted("connections_opened")
        self._connections += 1
        self.no_connections.clear()
        limits = self.limits
        waiting = limits.handshakes_per_second * limits.header_seconds
        if self._connections <= limits.connections + waiting:
            return True
        self._put_off(Denial.FULL)
        return False

    def disconnected(self) -> None:
        """Count a connection that is gone."""
        self.counted("connections_closed")
        self._connections -= 1
        self._note_departures()

    def admit(self) -> Denial | None:
        """Why a new connection is put off with 503; None when it may go on."""
        denial = self._denial()
        if denial is not None:
            self._put_off(denial)
        return denial

    def _put_off(self, why: Denial) -> None:
        self.counted("refused")
        self.fault("connections are put off", peer=ALL_PEERS, detail=why)

    def _denial(self) -> Denial | None:
        if self.draining:
            return Denial.DRAINING
        if self._connections > self.limits.connections:
            return Denial.FULL
        admitted = self._handshakes.take(time.monotonic())
        return None if admitted else Denial.TOO_FAST

    def retry_after(self) -> int:
        """Seconds to put somebody off for: an overload lasts, a restart does not."""
        least = RETRY_AFTER_DRAIN if self.draining else RETRY_AFTER
        return least + secrets.randbelow(least)

    def opened(self, websocket: Pushable) -> ConnectionId:
        """Enter a WebSocket after its handshake."""
        connection = ConnectionId(next(self._ids))
        self.counted("websockets_opened")
        self._websockets[connection] = websocket
        self.no_websockets.clear()
        return connection

    def lost(self, connection: ConnectionId, agents: Sequence[InstanceUid]) -> None:
        """Remove a WebSocket that is gone and tell the controller."""
        self.counted("websockets_closed")
        del self._websockets[connection]
        self.disconnected()
        try:
            self._closed(connection, agents)
        except Exception:
            log.exception("closing a connection failed in the controller")

    def hold(self, more: int, *, held: int) -> bool:
        """Count bytes of unfinished messages; False when this peer must give way.

        Args:
            more: Bytes since the last call, negative when they are done with.
            held: Bytes that this peer holds now.
        """
        self._unfinished += more
        fits = self._unfinished <= self.limits.unfinished_bytes
        return fits or held <= _SMALL

    def _note_departures(self) -> None:
        if not self._websockets:
            self.no_websockets.set()
        if not self._connections:
            self.no_connections.set()

    # Messages

    def respond(
        self,
        session: Session,
        received: Received,
        *,
        peer: str,
        connection: ConnectionId = POLLING,
    ) -> Reply:
        """The reply to what a session made of a message."""
        self.counted("messages_in")
        self.counted("messages_out")
        match received:
            case Malformed():
                return self._reply_to_malformed(received, peer)
            case Understood(report=report, host=host):
                actions = self._decide(received, connection)
                if actions is None:
                    return self._excuse(session, report.instance_uid)
                answer = session.answer(report.instance_uid, actions)
                self.sent(answer, report.instance_uid)
                if answer.refused is not None:
                    detail = answer.refused
                    self.fault("refused agent", peer=peer, host=host, detail=detail)
                return Reply(answer.data, close=answer.refused)

    def sent(self, answer: Answer, uid: InstanceUid) -> None:
        """Record what could not be sent as it was meant."""
        if answer.oversized:
            self.counted("offers_oversized")
            log.error(
                "an offer is over the limit of a message and was not sent",
                agent=format_uid(uid),
                bytes=answer.oversized,
            )

    def counted(self, what: str) -> None:
        """Count one more of this."""
        self._counters[what] += 1

    def fault(self, fault: str, *, peer: str, host: str = "", detail: str = "") -> None:
        """Log what a peer did wrong, unless it does it all the time."""
        now = time.monotonic()
        self._faults.note(fault, peer=peer, now=now, host=host, detail=detail)

    def refused_handshake(self, refusal: HTTPException, *, peer: str) -> None:
        """Count and log a WebSocket that was asked for in vain."""
        self.counted("handshakes_refused")
        # Those that are put off were counted and logged when they were.
        if refusal.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            self.counted("bad_requests")
            self.fault("refused handshake", peer=peer, detail=refusal.detail)

    def refused_tls(self, port: Port, *, peer: str) -> None:
        """Count and log TLS on one of the two ports, neither of which speaks it."""
        self.counted("tls_refused")
        self.fault(
            f"TLS on the plain port for {port}",
            peer=peer,
            detail="use ws:// or http://, or put a proxy that ends TLS in front",
        )

    def strayed(self, *, peer: str, port: int) -> None:
        """Count and log an agent that came to the port for people."""
        self.counted("agents_strayed")
        self.fault(
            "an agent came to the port for people",
            peer=peer,
            detail=f"agents connect to port {port}",
        )

    def _decide(
        self, message: Understood, connection: ConnectionId
    ) -> Sequence[AgentAction] | None:
        transport = Transport.HTTP if connection == POLLING else Transport.WEBSOCKET
        try:
            return self._report(
                message.report,
                connection=connection,
                transport=transport,
                first=message.first,
            )
        except Exception:
            uid = format_uid(message.report.instance_uid)
            log.exception("a message failed in the controller", agent=uid)
            return None

    def _reply_to_malformed(self, malformed: Malformed, peer: str) -> Reply:
        self.counted("bad_requests")
        self.fault(
            "malformed message",
            peer=peer,
            host=malformed.host,
            detail=malformed.reason,
        )
        known = malformed.uid is not None
        return Reply(
            malformed.answer,
            close="too many malformed messages" if malformed.close else None,
            status=HTTPStatus.OK if known else HTTPStatus.BAD_REQUEST,
        )

    def _excuse(self, session: Session, uid: InstanceUid) -> Reply:
        return Reply(
            session.unavailable(uid, retry_after=RETRY_AFTER),
            status=HTTPStatus.SERVICE_UNAVAILABLE,
        )


COUNTERS = (
    "connections_opened",
    "connections_closed",
    "websockets_opened",
    "websockets_closed",
    "messages_in",
    "messages_out",
    "bad_requests",
    "pushes",
    "offers_oversized",
    "refused",
    "handshakes_refused",
    "tls_refused",
    "agents_strayed",
    "cut",
)
"""`refused` are connections and polls put off with 503; `handshakes_refused` are the
handshakes of WebSockets among those and among `bad_requests`; `tls_refused` spoke TLS
to one of our ports, `agents_strayed` came to the one for people; `cut` are connections
that missed a deadline, sent too much, or did not read. What is opened less what is
closed is open."""
