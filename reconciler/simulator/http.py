"""A simulated agent that polls over plain HTTP: keep-alive, one request at a time.

Made by `fleet.py`. As opamp-go: 429, 503 and a broken connection repeat the same
message after a back-off; any other error status loses it.
"""

import asyncio
import gzip
import zlib

from httptools import HttpParserError, HttpResponseParser

from reconciler.ids import format_uid
from reconciler.simulator import backoff
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.link import MESSAGE_BYTES, Link, Wiring

CONTENT_TYPE = "application/x-protobuf"
ANSWER_SECONDS = 30.0
_OK = 200
_TRY_AGAIN = frozenset({429, 503})
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class HttpLink(Link):
    """One agent and at most one connection, used for one request after the other.

    `_request` is the message on its way; it stays until the server answered it.
    `_is_proven` says that the connection at hand has carried an answer.
    """

    __slots__ = ("_body", "_headers", "_is_last", "_is_proven", "_parser", "_request")

    def __init__(self, agent: SimulatedAgent, wiring: Wiring) -> None:
        super().__init__(agent, wiring)
        self._request: bytes | None = None
        self._is_last = False
        self._is_proven = False
        self._parser: HttpResponseParser | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    def _begin(self) -> None:
        self._is_last = False
        self._request = None
        self.agent.connect(self.wiring.now())
        self._speak()

    def _unreached(self) -> None:
        self._went_down()
        if self._wanted:
            self._later(self._deliver)

    def connection_made(  # type: ignore[override]  # TCP gives a whole Transport
        self, transport: asyncio.Transport
    ) -> None:
        """Send the request that was waiting for it."""
        if not self._wanted:
            transport.abort()
            return
        self._transport = transport
        self._parser = HttpResponseParser(self)
        self._is_proven = False
        self.wiring.traffic.connects += 1
        self._deliver()

    def data_received(self, data: bytes) -> None:
        """Parse; the callbacks below follow."""
        if self._parser is None or self._transport is None:
            return
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Repeat the request that was not answered; an idle end costs nothing.

        A connection that had worked may have ended just as we wrote: as Go's client,
        try once more at once. Not so after a fresh one that never answered.
        """
        self._transport = self._parser = None
        self._clear_deadline()
        if not self._wanted:
            self._request = None
            self._finish()
        elif self._request is None or self._retry is not None:
            return
        elif self._is_proven:
            self._connect()
        else:
            self._unreached()

    def on_message_begin(self) -> None:
        """A response starts (httptools)."""
        self._headers.clear()
        self._body.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header of it (httptools)."""
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        """A piece of its body (httptools)."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The response is there (httptools)."""
        if self._parser is None or self._transport is None:
            return
        self._clear_deadline()
        status = self._parser.get_status_code()
        if self._is_last or not self._parser.should_keep_alive():
            self._transport.close()
        self._is_proven = True
        if self._is_last:
            return
        if status in _TRY_AGAIN:
            self._refused(self._transport)
        else:
            self._answered(status)

    def _refused(self, transport: asyncio.Transport) -> None:
        self.wiring.traffic.refused += 1
        self._went_down()
        if not self._wanted:
            transport.close()
            return
        retry_after = backoff.parse_retry_after(
            self._headers.get(b"retry-after", b"").decode("latin-1"), self.wiring.now()
        )
        self._later(self._deliver, retry_after)

    def _answered(self, status: int) -> None:
        self._request = None
        self._backoff.succeeded()
        if status == _OK:
            self._went_up()
            self.wiring.traffic.messages_in += 1
            self._take_body(b"".join(self._body))
        else:
            self.wiring.traffic.refused += 1
        self._speak()

    def _take_body(self, body: bytes) -> None:
        self.wiring.traffic.bytes_in += len(body)
        if self._headers.get(b"content-encoding") == b"gzip":
            body = self._unzip(body)
        if self._headers.get(b"content-type") != CONTENT_TYPE.encode():
            self.agent.violations[f"Content-Type is not exactly {CONTENT_TYPE}"] += 1
        self.agent.receive(body, self.wiring.now())

    def _unzip(self, body: bytes) -> bytes:
        try:
            return zlib.decompressobj(_GZIP_WINDOW).decompress(body, MESSAGE_BYTES)
        except zlib.error:
            self.agent.violations["the body is not the gzip it claims to be"] += 1
            return body

    def _speak(self) -> None:
        if self._request is not None:
            return
        if not self._wanted:
            self._leave_now()
            return
        self._request = self.agent.take(self.wiring.now())
        if self._request is not None:
            self._deliver()
        self._wake_when_due()

    def _deliver(self) -> None:
        """Send the waiting request, over a new connection if need be."""
        self._retry = None
        if self._transport is None or self._transport.is_closing():
            self._connect()
        elif self._request is not None:
            self._transport.write(self._encode(self._request))
            self.wiring.traffic.messages_out += 1
            self.wiring.traffic.bytes_out += len(self._request)
            self._set_deadline(ANSWER_SECONDS, self._transport.abort)

    def _say_goodbye(self, transport: asyncio.Transport) -> None:  # noqa: ARG002 - a WebSocket's need
        self._speak()

    def _leave_now(self) -> None:
        if self._transport is None or self._is_last:
            return
        self._is_last = True
        self._request = self.agent.farewell(self.wiring.now())
        self._deliver()

    def _encode(self, message: bytes) -> bytes:
        endpoint = self.wiring.endpoint
        body = gzip.compress(message, 6) if self.wiring.gzip else message
        encoding = "Content-Encoding: gzip\r\n" if self.wiring.gzip else ""
        head = (
            f"POST {endpoint.target} HTTP/1.1\r\n"
            f"Host: {endpoint.authority}\r\n"
            f"Content-Type: {CONTENT_TYPE}\r\n"
            f"OpAMP-Instance-UID: {format_uid(self.agent.uid)}\r\n"
            f"{encoding}Accept-Encoding: gzip\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
