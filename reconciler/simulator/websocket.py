"""A simulated agent over a WebSocket: `websockets` without I/O on a bare transport.

Made by `fleet.py`. Reconnects as opamp-go does: at once when a connection was lost,
with back-off and Retry-After while connecting fails.
"""

import asyncio
from contextlib import suppress

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN

from reconciler.simulator import backoff
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.link import DIAL_SECONDS, MESSAGE_BYTES, Link, Wiring

HEADER = b"\x00"
"""OpAMP's header of a WebSocket message: the varint 0."""

CLOSE_SECONDS = 5.0


class WebSocketLink(Link):
    """One agent and at most one socket."""

    __slots__ = ("_fragments", "_retry_after", "_ws")

    def __init__(self, agent: SimulatedAgent, wiring: Wiring) -> None:
        super().__init__(agent, wiring)
        self._ws: ClientProtocol | None = None
        self._fragments: list[bytes] = []
        self._retry_after = 0.0

    def _begin(self) -> None:
        self._connect()

    def _unreached(self) -> None:
        if self._wanted:
            self._later(self._connect)

    def connection_made(  # type: ignore[override]  # TCP gives a whole Transport
        self, transport: asyncio.Transport
    ) -> None:
        """Send the handshake."""
        if not self._wanted:
            transport.abort()
            return
        self._transport = transport
        self._retry_after = 0.0
        self._ws = ClientProtocol(
            self.wiring.endpoint.websocket_uri, max_size=MESSAGE_BYTES
        )
        self._ws.send_request(self._ws.connect())
        self._set_deadline(DIAL_SECONDS, transport.abort)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Hand what came to the protocol, and its events to the agent."""
        if self._ws is None:
            return
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            match event:
                case Response():
                    self._shaken(event, self._ws)
                case Frame(opcode=Opcode.BINARY | Opcode.CONT):
                    self._take_frame(event)
                case Frame(opcode=Opcode.TEXT):
                    self._ws.fail(1003, "OpAMP messages are binary")
                case _:
                    pass  # pings are answered, a close is followed by the protocol
        if self._ws.close_expected():
            self._expect_close()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Come back at once if the socket had stood, else after a while."""
        was_up = self.is_up
        self._transport = self._ws = None
        self._fragments.clear()
        self._clear_deadline()
        self._went_down()
        if not self._wanted:
            self._finish()
        elif was_up:
            self._connect()
        else:
            self._later(self._connect, self._retry_after)

    def _shaken(self, response: Response, ws: ClientProtocol) -> None:
        self._clear_deadline()
        if ws.handshake_exc is not None:
            self.wiring.traffic.refused += 1
            self._retry_after = backoff.parse_retry_after(
                response.headers.get("Retry-After", ""), self.wiring.now()
            )
            self._expect_close()
            return
        self._backoff.succeeded()
        self.wiring.traffic.connects += 1
        self._went_up()
        self.agent.connect(self.wiring.now())
        self._speak()

    def _take_frame(self, frame: Frame) -> None:
        if not frame.fin or self._fragments:
            self._fragments.append(bytes(frame.data))
        if not frame.fin:
            return
        message = b"".join(self._fragments) or bytes(frame.data)
        self._fragments.clear()
        self.wiring.traffic.messages_in += 1
        self.wiring.traffic.bytes_in += len(message)
        # As opamp-go: a message whose header was left out is taken as it is.
        self.agent.receive(message.removeprefix(HEADER), self.wiring.now())
        self._speak()

    def _speak(self) -> None:
        ws = self._ws
        if ws is None or ws.state is not OPEN:
            return
        now = self.wiring.now()
        while (payload := self.agent.take(now)) is not None:
            self._send(ws, payload)
        self._flush()
        self._wake_when_due()

    def _send(self, ws: ClientProtocol, payload: bytes) -> None:
        ws.send_binary(HEADER + payload)
        self.wiring.traffic.messages_out += 1
        self.wiring.traffic.bytes_out += len(payload) + len(HEADER)

    def _say_goodbye(self, transport: asyncio.Transport) -> None:
        ws = self._ws
        if ws is None or not self.is_up:
            transport.abort()
            return
        with suppress(InvalidState):  # the server is closing already
            self._send(ws, self.agent.farewell(self.wiring.now()))
            ws.send_close(1000)
        self._flush()
        self._expect_close()

    def _expect_close(self) -> None:
        """The server closes first, so that it is not us who run out of ports."""
        if self._transport is not None and self._deadline is None:
            self._set_deadline(CLOSE_SECONDS, self._transport.abort)

    def _flush(self) -> None:
        if self._ws is None or self._transport is None:
            return
        for data in self._ws.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()
            else:
                self._transport.close()
