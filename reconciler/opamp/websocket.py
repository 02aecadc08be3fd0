"""A WebSocket connection: from the bytes of a socket to a `Session` and back.

`connection.py` makes one after the handshake and gives it the transport. Framing is
`websockets`' sans-I/O protocol without extensions; deadlines, budgets and the peer that
does not read are handled here.
"""

import asyncio
from collections.abc import Sequence

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from reconciler.ids import InstanceUid
from reconciler.opamp.deadline import Deadline
from reconciler.opamp.listener import Listener
from reconciler.opamp.session import Session
from reconciler.state.actions import AgentAction
from reconciler.state.observed import Transport

# What is parsed between two looks at the frame budget.
_SLICE = 4096
_SMALL_FRAME = 1024
_REASON_BYTES = 123
_DATA = (Opcode.CONT, Opcode.TEXT, Opcode.BINARY)


class WebSocketConnection(asyncio.Protocol):
    """One open WebSocket; `close` is polite, `abort` is not."""

    __slots__ = (
        "_closing",
        "_frames",
        "_heard_at",
        "_held",
        "_id",
        "_listener",
        "_loop",
        "_message",
        "_message_deadline",
        "_peer",
        "_pinged_at",
        "_session",
        "_silence",
        "_small_frames",
        "_text",
        "_transport",
        "_unread",
        "_window_start",
        "_write_deadline",
    )

    def __init__(
        self,
        frames: ServerProtocol,
        *,
        transport: asyncio.Transport,
        listener: Listener,
        peer: str,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._frames = frames
        self._transport = transport
        self._listener = listener
        self._peer = peer
        self._session = Session(
            Transport.WEBSOCKET, limits=listener.limits, offers=listener.offers
        )
        self._message = bytearray()
        self._text = False
        self._closing = False
        self._heard_at = self._window_start = now
        self._pinged_at = 0.0
        self._small_frames = 0
        self._held = 0
        # Who was pushed to since the peer stopped reading; None while it reads.
        self._unread: set[InstanceUid] | None = None
        self._silence = Deadline(self._loop)
        self._message_deadline = Deadline(self._loop)
        self._write_deadline = Deadline(self._loop)
        # Any byte that stays in our buffer says that the peer does not keep up.
        transport.set_write_buffer_limits(high=0)
        self._id = listener.opened(self)
        self._watch(listener.limits.ping_interval)

    # What others ask for

    def push(self, uid: InstanceUid, actions: Sequence[AgentAction]) -> bool:
        """Send to an agent now; False when it is not here or does not read."""
        if not self._is_open or not self._session.knows(uid):
            return False
        if self._unread is not None:
            if uid in self._unread:
                self._cut("does not read what it is sent")
                return False
            self._unread.add(uid)
        answer = self._session.answer(uid, actions)
        self._listener.counted("pushes")
        self._listener.sent(answer, uid)
        self._frames.send_binary(answer.data)
        self._flush()
        if answer.refused is not None:
            self.close(answer.refused, code=CloseCode.POLICY_VIOLATION)
        return True

    def close(self, reason: str, *, code: int) -> None:
        """Send a Close frame and wait for the peer's, bounded."""
        if self._is_open:
            self._closing = True
            short = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
            self._frames.send_close(code, short)
            self._flush()
            self._limit_writing()

    def abort(self) -> None:
        """Close without a word."""
        self._transport.abort()

    # What the event loop calls

    def data_received(self, data: bytes) -> None:
        """Take bytes from the peer."""
        self._heard_at = self._loop.time()
        was_open = self._is_open
        for start in range(0, len(data), _SLICE):
            self._frames.receive_data(data[start : start + _SLICE])
            for frame in self._frames.events_received():
                if isinstance(frame, Frame):
                    self._take(frame)
            self._flush()
        self._limit_message()
        self._limit_memory()
        if was_open and self._frames.parser_exc is not None:
            detail = str(self._frames.parser_exc)
            self._note("broken framing", detail=detail)

    def pause_writing(self) -> None:
        """The peer does not read: nothing more is taken from it meanwhile."""
        self._unread = set()
        self._limit_writing()
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The peer has read everything."""
        self._unread = None
        if self._is_open:
            self._write_deadline.lift()
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything."""
        del exc
        self._silence.lift()
        self._message_deadline.lift()
        self._write_deadline.lift()
        self._listener.hold(-self._held, held=0)
        self._listener.lost(self._id, self._session.agents)

    # Frames

    @property
    def _is_open(self) -> bool:
        return self._frames.state is State.OPEN and not self._transport.is_closing()

    def _take(self, frame: Frame) -> None:
        # What came together with the peer's own Close is still heard.
        if self._closing:
            return
        if len(frame.data) < _SMALL_FRAME and not self._may_send_small():
            self._closing = True
            self._frames.fail(CloseCode.POLICY_VIOLATION, "too many small frames")
            self._listener.counted("cut")
            self._note("too many small frames")
        elif frame.opcode in _DATA:
            self._take_data(frame)

    def _take_data(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
            if frame.fin:
                self._receive(bytes(frame.data))
                return
        self._message += frame.data
        if frame.fin:
            message, self._message = bytes(self._message), bytearray()
            self._receive(message)

    def _receive(self, message: bytes) -> None:
        self._message_deadline.lift()
        received = (
            self._session.receive_text()
            if self._text
            else self._session.receive(message)
        )
        reply = self._listener.respond(
            self._session, received, peer=self._peer, connection=self._id
        )
        if self._is_open:
            self._frames.send_binary(reply.data)
        if reply.close is not None:
            self.close(reply.close, code=CloseCode.POLICY_VIOLATION)

    def _may_send_small(self) -> bool:
        if self._heard_at - self._window_start >= 1.0:
            self._window_start, self._small_frames = self._heard_at, 0
        self._small_frames += 1
        return self._small_frames <= self._listener.limits.frames_per_second

    def _flush(self) -> None:
        for data in self._frames.data_to_send():
            if data:
                self._transport.write(data)
            elif not self._transport.is_closing():
                self._end()

    def _end(self) -> None:
        if self._frames.close_rcvd is None and self._transport.can_write_eof():
            # Half-closed, so that a peer in the middle of sending reads our Close.
            self._transport.write_eof()
        else:
            self._transport.close()
        self._limit_writing()

    # Deadlines

    def _limit_message(self) -> None:
        partial = self._frames.current_size is not None or self._frames.reader.buffer
        if not partial:
            self._message_deadline.lift()
        elif not self._message_deadline.is_set:
            seconds = self._listener.limits.body_seconds
            self._message_deadline.set(seconds, self._on_slow_message)

    def _limit_memory(self) -> None:
        held = len(self._message) + len(self._frames.reader.buffer)
        if held == self._held:
            return
        fits = self._listener.hold(held - self._held, held=held)
        self._held = held
        if not fits:
            self._cut("the unfinished messages of all peers are too large")

    def _limit_writing(self) -> None:
        if not self._write_deadline.is_set:
            seconds = self._listener.limits.write_seconds
            self._write_deadline.set(seconds, self._on_slow_reader)

    def _on_silence(self) -> None:
        limits, now = self._listener.limits, self._loop.time()
        unanswered = self._pinged_at > self._heard_at
        if self._write_deadline.is_set:
            # It is not read from while it does not read; that has its own deadline.
            self._watch(limits.write_seconds)
        elif unanswered and now >= self._pinged_at + limits.ping_timeout:
            self._cut("did not answer a ping")
        elif unanswered:
            self._watch(self._pinged_at + limits.ping_timeout - now)
        elif now < self._heard_at + limits.ping_interval:
            self._watch(self._heard_at + limits.ping_interval - now)
        else:
            self._pinged_at = now
            self._frames.send_ping(b"")
            self._flush()
            self._watch(min(limits.ping_interval, limits.ping_timeout))

    def _watch(self, seconds: float) -> None:
        self._silence.set(seconds, self._on_silence)

    def _on_slow_message(self) -> None:
        self._cut("did not finish a message in time")

    def _on_slow_reader(self) -> None:
        if self._is_open:
            self._cut("does not read what it is sent")
        else:
            self.abort()

    def _cut(self, fault: str) -> None:
        self._listener.counted("cut")
        self._note(f"cut off, {fault}")
        self.abort()

    def _note(self, fault: str, *, detail: str = "") -> None:
        host = self._session.host
        self._listener.fault(fault, peer=self._peer, host=host, detail=detail)
