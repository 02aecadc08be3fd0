"""A server under test with a controller that notes everything."""

import asyncio
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from reconciler.ids import InstanceUid
from reconciler.opamp.server import OpampServer
from reconciler.state.actions import AgentAction
from reconciler.state.observed import AgentReport, ConnectionId, Transport

PATIENCE = 10.0
"""Seconds until a test that waits in vain fails."""


@dataclass(frozen=True, slots=True)
class Reported:
    report: AgentReport
    connection: ConnectionId
    transport: Transport
    first: bool


@dataclass(slots=True)
class Running:
    """What came in, and what the controller answers: `actions`, or an error."""

    server: OpampServer = field(init=False)
    port: int = 0
    actions: Sequence[AgentAction] = ()
    error: Exception | None = None
    reported: list[Reported] = field(default_factory=list)
    closed: list[tuple[ConnectionId, Sequence[InstanceUid]]] = field(
        default_factory=list
    )

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def counters(self) -> dict[str, int]:
        """Those that are not zero."""
        return {name: n for name, n in self.server.counters.items() if n}

    def report(
        self,
        report: AgentReport,
        *,
        connection: ConnectionId,
        transport: Transport,
        first: bool,
    ) -> Sequence[AgentAction]:
        self.reported.append(Reported(report, connection, transport, first))
        if self.error is not None:
            raise self.error
        return self.actions

    def note_closed(
        self, connection: ConnectionId, agents: Sequence[InstanceUid]
    ) -> None:
        self.closed.append((connection, agents))
        if self.error is not None:
            raise self.error

    def open_connections(self) -> int:
        counters = self.server.counters
        return counters["connections_opened"] - counters["connections_closed"]


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.002)


async def within(awaited: Awaitable[bytes]) -> bytes:
    """Wait for bytes, not for ever."""
    async with asyncio.timeout(PATIENCE):
        return await awaited


def cpu_seconds(work: Callable[[], object]) -> float:
    """What some work costs this process at best; neighbours do not count."""
    costs = []
    for _ in range(3):
        started = time.process_time()
        work()
        costs.append(time.process_time() - started)
    return min(costs)


def peak_bytes(work: Callable[[], object]) -> int:
    """The most that Python had allocated during some work."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
