"""What both transports of a simulated agent have in common: dialling and time.

`websocket.py` and `http.py` build on it; `fleet.py` opens and closes. Callbacks and one
timer an agent instead of tasks, so that ten thousand fit into one process.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf

from reconciler.ids import stable_fraction
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.backoff import Backoff
from reconciler.simulator.endpoint import Endpoint

DIAL_SECONDS = 45.0
"""For a TCP connection and TLS, and again for the answer to a handshake."""

MESSAGE_BYTES = 64 * 1024 * 1024
"""The specification's recommended cap of one message."""

_TIMER_GRAIN = 0.001


@dataclass(slots=True)
class Traffic:
    """Counted by all links of a fleet together since its start.

    Attributes:
        connected: Agents that have a WebSocket, or whose last request was answered.
        connects: Connections the server took.
        refused: Handshakes and requests answered with an error status.
        unreachable: Attempts that found nobody listening.
        lost: Connections that ended although the agent wanted them.
    """

    connected: int = 0
    connects: int = 0
    refused: int = 0
    unreachable: int = 0
    lost: int = 0
    messages_out: int = 0
    messages_in: int = 0
    bytes_out: int = 0
    bytes_in: int = 0

    def copy(self) -> "Traffic":
        """The counts as they are now."""
        return replace(self)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What all links of a fleet share.

    Attributes:
        now: Seconds since the epoch on a clock that never jumps.
    """

    loop: asyncio.AbstractEventLoop
    endpoint: Endpoint
    now: Callable[[], float]
    gzip: bool = False
    traffic: Traffic = field(default_factory=Traffic)


class Link(asyncio.Protocol):
    """One agent's way to the server; `open`, then `leave` or `cut`, then again."""

    __slots__ = (
        "_alarm",
        "_alarm_at",
        "_backoff",
        "_deadline",
        "_dial",
        "_gone",
        "_retry",
        "_transport",
        "_wanted",
        "agent",
        "is_up",
        "wiring",
    )

    def __init__(self, agent: SimulatedAgent, wiring: Wiring) -> None:
        self.agent = agent
        self.wiring = wiring
        self.is_up = False
        self._wanted = False
        self._transport: asyncio.Transport | None = None
        self._backoff = Backoff()
        self._dial: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = inf
        self._gone: asyncio.Future[None] | None = None

    def open(self) -> None:
        """Connect, and stay connected from now on."""
        if not self._wanted:
            self._wanted = True
            self._begin()

    def leave(self) -> asyncio.Future[None]:
        """Say agent_disconnect and close; the future ends when that is done."""
        return self._end(self._say_goodbye)

    def cut(self) -> asyncio.Future[None]:
        """Break the connection without a word, and stay away; ends as with `leave`."""
        return self._end(lambda transport: transport.abort())

    def _end(self, close: Callable[[asyncio.Transport], None]) -> asyncio.Future[None]:
        self._wanted = False
        if self._gone is None or self._gone.done():
            self._gone = self.wiring.loop.create_future()
        gone = self._gone
        if self._transport is None:
            self._finish()
        else:
            close(self._transport)
        return gone

    def nudge(self) -> None:
        """The agent was changed from outside and may have something to say."""
        self._speak()

    @abstractmethod
    def _begin(self) -> None:
        """The agent wants to talk."""

    @abstractmethod
    def _say_goodbye(self, transport: asyncio.Transport) -> None:
        """Send the last message; the connection ends afterwards."""

    @abstractmethod
    def _speak(self) -> None:
        """Send what the agent has to say now, as far as the transport lets it."""

    @abstractmethod
    def _unreached(self) -> None:
        """No connection came about."""

    def _connect(self) -> None:
        self._retry = None
        if self._wanted and self._transport is None and self._dial is None:
            self._dial = self.wiring.loop.create_task(self._create_connection())

    async def _create_connection(self) -> None:
        endpoint = self.wiring.endpoint
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                await self.wiring.loop.create_connection(
                    lambda: self,
                    endpoint.address,
                    endpoint.port,
                    ssl=endpoint.tls,
                    server_hostname=endpoint.host if endpoint.tls else None,
                )
        except OSError:  # TimeoutError is one
            self.wiring.traffic.unreachable += 1
            self._dial = None
            self._unreached()
        finally:
            self._dial = None

    def _later(self, callback: Callable[[], None], retry_after: float = 0.0) -> None:
        """Try again after a growing delay."""
        failures = self._backoff.failures
        luck = stable_fraction(self.agent.identity.uid, b"%d" % failures)
        delay = self._backoff.failed(luck=luck, retry_after=retry_after)
        self._retry = self.wiring.loop.call_later(delay, callback)

    def _went_up(self) -> None:
        if not self.is_up:
            self.is_up = True
            self.wiring.traffic.connected += 1

    def _went_down(self) -> None:
        if self.is_up:
            self.is_up = False
            self.wiring.traffic.connected -= 1
            self.wiring.traffic.lost += self._wanted

    def _set_deadline(self, seconds: float, callback: Callable[[], None]) -> None:
        self._clear_deadline()
        self._deadline = self.wiring.loop.call_later(seconds, callback)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _wake_when_due(self) -> None:
        """Keep one timer; one that fires too early costs less than moving it."""
        due = self.agent.due
        if due >= self._alarm_at or not self._wanted:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = due
        delay = max(due - self.wiring.now(), 0.0) + _TIMER_GRAIN
        self._alarm = self.wiring.loop.call_later(delay, self._ring)

    def _ring(self) -> None:
        self._silence()
        self._speak()

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None
        self._alarm_at = inf

    def _finish(self) -> None:
        """The agent is away and nothing of it is left on the loop."""
        self._went_down()
        self._silence()
        self._clear_deadline()
        if self._retry is not None:
            self._retry.cancel()
        if self._dial is not None:
            self._dial.cancel()
        self._retry = self._dial = None
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)
