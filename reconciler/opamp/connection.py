"""A new connection: HTTP with deadlines, until it is upgraded to a WebSocket.

`server.py` gives this protocol to the event loop. uvicorn parses and runs the ASGI
application of `polling.py`; it leaves idle and trickling connections open, so every
wait has an absolute deadline here. Leans on members of uvicorn's class that are not
public: its minor version is pinned.
"""

import asyncio
import logging
from http import HTTPStatus

import httptools
from starlette.exceptions import HTTPException
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol

from reconciler import tls
from reconciler.opamp import handshake, refusal
from reconciler.opamp.content import is_protobuf
from reconciler.opamp.deadline import Deadline
from reconciler.opamp.listener import Listener, Port
from reconciler.opamp.polling import PATHS, PutOff, wrong_path
from reconciler.opamp.websocket import WebSocketConnection

# What peers do is logged by `faults.py`, with a limit; here only bugs are.
_QUIET = logging.getLogger(__name__)
_QUIET.setLevel(logging.ERROR)

_OF_UPGRADES = (b"connection", b"upgrade", b"http2-settings")


class HttpConnection(HttpToolsProtocol):
    """One TCP connection that has not become a WebSocket."""

    def __init__(
        self, *, config: Config, server_state: ServerState, listener: Listener
    ) -> None:
        super().__init__(config, server_state, {}, asyncio.get_running_loop())
        self.logger = _QUIET
        self.access_log = False
        self._listener = listener
        self._is_judged = False
        self._put_off: PutOff | None = None
        self._in_head = True
        self._head_bytes = 0
        self._unwanted_bytes = 0
        self._deadline = Deadline(self.loop)

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def _exchange(self) -> RequestResponseCycle | None:
        """The last request, if there was one; uvicorn types it as always there."""
        return self.cycle

    # Connection

    def connection_made(  # type: ignore[override] # as uvicorn narrows it
        self, transport: asyncio.Transport
    ) -> None:
        """Start the clock."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)
        self._deadline.set(self._listener.limits.header_seconds, self._on_slow_head)
        if not self._listener.connected():
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._deadline.lift()
        self._listener.disconnected()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._exchange is None and not self._head_bytes and tls.is_spoken(data):
            self._end_tls()
            return
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._on_upgrade(rest=data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._turn_away("broken HTTP", "this port speaks HTTP/1.1; that was not")
        else:
            if self._in_head and self._head_bytes > self._listener.limits.header_bytes:
                self._refuse_head()

    def pause_writing(self) -> None:
        """The peer does not read."""
        super().pause_writing()
        self._deadline.set(self._listener.limits.write_seconds, self._on_slow_reader)

    def resume_writing(self) -> None:
        """The peer has read everything."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._deadline.lift()
            self._on_answered()

    # Requests

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._deadline.set(self._listener.limits.header_seconds, self._on_slow_head)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; trailers behind a body are not kept."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: the first of a connection decides about it."""
        self._in_head = False
        if self.parser.should_upgrade():
            return
        self._deadline.set(self._listener.limits.body_seconds, self._on_slow_body)
        self._admit()
        super().on_headers_complete()

    def _admit(self) -> None:
        """Let the connection in or put it off, as was decided at its first request."""
        if not self._is_judged:
            self._is_judged = True
            denial = self._listener.admit()
            if denial is not None:
                self.app = self._put_off = PutOff(self._listener, denial)

    def on_body(self, body: bytes) -> None:
        """A piece of a body; what follows a refusal is dropped, within bounds."""
        super().on_body(body)
        exchange = self._exchange
        if exchange is not None and exchange.response_complete:
            self._unwanted_bytes += len(body)
            if self._unwanted_bytes > self._listener.limits.message_bytes:
                self._cut("sends on after it was refused")

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._in_head, self._head_bytes = True, 0
        if self.parser.should_upgrade():
            return
        super().on_message_complete()
        self._deadline.lift()
        if (exchange := self._exchange) is not None:
            exchange.more_body = False
            self._on_answered()

    def on_response_complete(self) -> None:
        """The answer was written, at least to our own buffer."""
        super().on_response_complete()
        # uvicorn's own clock is stopped by any byte; ours is not.
        self._unset_keepalive_if_required()
        self._on_answered()

    def _on_answered(self) -> None:
        """Wait for the next request once nothing of this one is left to come or go."""
        exchange = self._exchange
        if exchange is None or not exchange.response_complete or exchange.more_body:
            return
        if not self.flow.write_paused:
            self._deadline.set(self._listener.limits.idle_seconds, self._on_idle)

    # Upgrade

    def _on_upgrade(self, *, rest: bytes) -> None:
        self._deadline.lift()
        headers = dict(self.headers)
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        # opamp-spec: this Content-Type means plain HTTP, whatever else is in the head.
        plain = is_protobuf(content_type)
        if b"upgrade" not in headers:
            self._turn_away("broken HTTP", "CONNECT is for proxies, which this is not")
        elif headers[b"upgrade"].lower() != b"websocket" or plain:
            self._go_on_without_upgrade(rest)
        else:
            self._on_websocket(rest)

    def _on_websocket(self, rest: bytes) -> None:
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self._admit()
        try:
            frames, accepted = self._shake_hands()
        except HTTPException as refused:
            self._listener.refused_handshake(refused, peer=self._peer)
            self._refuse(refused)
        else:
            self.transport.write(accepted)
            self._upgrade(frames, rest)

    def _shake_hands(self) -> tuple[ServerProtocol, bytes]:
        if self._put_off is not None:
            raise self._put_off.refusal()
        if self.url.partition(b"?")[0].decode("latin-1") not in PATHS:
            raise wrong_path()
        limit = self._listener.limits.message_bytes
        return handshake.accept(self._request(), max_size=limit)

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Parse the request again as if it asked for nothing.

        Java's client offers h2c with every POST, and the parser drops the body of what
        may be an upgrade.
        """
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/1.1\r\n"]
        for name, value in self.headers:
            if name not in _OF_UPGRADES:
                head += [name, b": ", value, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([*head, b"\r\n", rest]))

    def _upgrade(self, frames: ServerProtocol, rest: bytes) -> None:
        self._deadline.lift()
        self.connections.discard(self)
        websocket = WebSocketConnection(
            frames,
            transport=self.transport,
            listener=self._listener,
            peer=self._peer,
        )
        self.transport.set_protocol(websocket)
        # The parser refers back to us; without it nothing is left for the collector.
        self.parser = None  # type: ignore[assignment] # as uvicorn does on a loss
        if rest:
            websocket.data_received(rest)

    def _request(self) -> Request:
        headers = Headers(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self.headers
        )
        return Request(
            path=self.url.decode("latin-1"),
            headers=headers,
            method=self.scope["method"],
            protocol=f"HTTP/{self.parser.get_http_version()}",
        )

    # Refusals and deadlines

    def _end_tls(self) -> None:
        self._listener.refused_tls(Port.AGENTS, peer=self._peer)
        self.transport.write(tls.ALERT)
        self._close()

    def _turn_away(
        self, fault: str, why: str, *, status: HTTPStatus = HTTPStatus.BAD_REQUEST
    ) -> None:
        """Refuse what is not even a request."""
        self._listener.counted("bad_requests")
        self._listener.fault(fault, peer=self._peer, detail=why)
        self._refuse(HTTPException(status, why))

    def _refuse(self, refused: HTTPException) -> None:
        if not self.transport.is_closing():
            method = self.parser.get_method()
            self.transport.write(refusal.response(refused, method=method))
            self._close()

    def _refuse_head(self) -> None:
        limit = self._listener.limits.header_bytes
        self._turn_away(
            "refused request",
            f"the headers are over {limit} bytes",
            status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        )

    def _close(self) -> None:
        """Close when everything is written, and without that after a while."""
        self.transport.close()
        self._deadline.set(self._listener.limits.write_seconds, self.transport.abort)

    def _cut(self, fault: str) -> None:
        if not self.transport.is_closing():
            self._listener.counted("cut")
            self._listener.fault(f"cut off, {fault}", peer=self._peer)
        self.transport.abort()

    def _on_slow_head(self) -> None:
        self._time_out("did not finish its headers in time", heard=self._head_bytes > 0)

    def _on_slow_body(self) -> None:
        exchange = self._exchange
        started = exchange is not None and exchange.response_started
        self._time_out("did not finish its body in time", heard=not started)

    def _time_out(self, fault: str, *, heard: bool) -> None:
        self._listener.counted("cut")
        self._listener.fault(f"cut off, {fault}", peer=self._peer)
        if heard:
            why = f"cut off: this peer {fault}"
            self._refuse(HTTPException(HTTPStatus.REQUEST_TIMEOUT, why))
        else:
            self._close()

    def _on_slow_reader(self) -> None:
        self._cut("does not read what it is sent")

    def _on_idle(self) -> None:
        self._close()
