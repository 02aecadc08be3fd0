"""A service's part of the outbox on a fake forge, in virtual time, and random stories.

A story is a list of steps: what is published, how long nothing happens, what breaks.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from reconciler.errors import Waiting
from reconciler.ids import CommitSha
from reconciler.report.exchange import Request, Response
from reconciler.report.forge import RestForge
from reconciler.report.github import GitHub
from reconciler.report.outbox import Outbox
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from reconciler.state.records import StatusRecord
from tests.report.fake_forge import (
    TOKEN,
    AcceptAndDrop,
    Answer,
    Delay,
    Drop,
    DropAndAccept,
    Duplicate,
    FakeForge,
    Fault,
    Lag,
    Truncate,
)
from tests.report.virtual_time import VirtualTimeLoop

Run = Callable[[Coroutine[Any, Any, None]], None]

COMMIT, OLDER = CommitSha("c" * 40), CommitSha("b" * 40)
BROKE_OFF = "the connection broke off"


@dataclass
class Wire:
    """Carries requests to a fake forge in virtual time; no socket."""

    forge: FakeForge
    latency: float = 0.05

    async def send(self, request: Request) -> Response:
        await asyncio.sleep(self.latency)
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers["user-agent"] = "test"
        path = request.url.removeprefix("https://forge.example")
        reply = self.forge.receive(request.method, path, headers, request.body)
        if reply is None:
            raise Waiting(BROKE_OFF)
        await asyncio.sleep(reply.delay)
        return Response(reply.status, reply.headers, reply.body)

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass
class World:
    """A service's part of the outbox: its disk, its forge, its crashes.

    Attributes:
        disk: What a restart finds.
        cached: What was saved and is not on the disk yet.
        truth: What was published last of each (commit, context).
    """

    forge: FakeForge = field(default_factory=FakeForge)
    disk: dict[tuple[str, str], StatusRecord] = field(default_factory=dict)
    cached: dict[tuple[str, str], StatusRecord] = field(default_factory=dict)
    truth: dict[tuple[CommitSha, str], tuple[CommitState, str]] = field(
        default_factory=dict
    )
    latency: float = 0.05
    writing: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self.forge.clock = loop.time
        dialect = GitHub("https://forge.example", "acme", "fleet", TOKEN)
        self.outbox = Outbox(
            RestForge(dialect, Wire(self.forge, self.latency)),
            ledger=self.disk.values(),
            save=self.save,
            now=loop.time,
            durable=self.sync,
        )
        self.stop = asyncio.Event()
        self.running = asyncio.create_task(self.outbox.run(self.stop))

    def save(self, record: StatusRecord) -> None:
        self.cached[record.commit, record.context] = record
        if self.writing is None:
            loop = asyncio.get_running_loop()
            self.writing = loop.call_later(0.1, self.write)

    def write(self) -> None:
        self.writing = None
        self.disk |= self.cached
        self.cached.clear()

    async def sync(self) -> None:
        await asyncio.sleep(0.002)
        self.write()

    async def crash(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        self.cached.clear()

    async def stop_orderly(self) -> None:
        self.stop.set()
        await self.running
        await self.sync()

    def publish(
        self,
        state: CommitState,
        description: str = "",
        context: str = "fleet/nodes",
        commit: CommitSha = COMMIT,
    ) -> None:
        self.truth[commit, context] = state, description
        self.outbox.publish(PublishCommitStatus(commit, context, state, description))

    def republish(self) -> None:
        """What a controller does after a restart: it says again what is true."""
        for (commit, context), (state, description) in self.truth.items():
            self.publish(state, description, context, commit)

    async def quiesce(self) -> None:
        deadline = self.forge.clock() + 3 * 3600
        while self.outbox.undelivered:
            assert self.forge.clock() < deadline
            await asyncio.sleep(1)
        self.forge.settle()

    def shown(self) -> dict[tuple[CommitSha, str], tuple[str, str] | None]:
        found = {}
        for commit, context in self.truth:
            row = self.forge.newest(commit, context)
            found[commit, context] = (row.state, row.description) if row else None
        return found

    def contested(self) -> str | None:
        return self.outbox.contested

    def states(self) -> list[str]:
        return [row.state for row in self.forge.posted]


@dataclass(frozen=True)
class Publish:
    commit: CommitSha
    context: str
    state: CommitState
    description: str


@dataclass(frozen=True)
class Pass:
    seconds: float


@dataclass(frozen=True)
class Break:
    faults: Sequence[Fault]


@dataclass(frozen=True)
class BreakLists:
    faults: Sequence[Fault]


@dataclass(frozen=True)
class Outage:
    fault: Fault | None


@dataclass(frozen=True)
class Crash:
    pass


@dataclass(frozen=True)
class Restart:
    pass


faults = st.sampled_from(
    [
        Answer(401),
        Answer(404),
        Answer(409),
        Answer(429, "", {"retry-after": "30"}),
        Answer(500),
        Answer(503, body=b"<html>"),
        Drop(),
        AcceptAndDrop(),
        DropAndAccept(),
        Duplicate(),
        Truncate(),
        Delay(3),
        Delay(100),
    ]
)
lags = st.builds(Lag, st.integers(0, 3))
publishing = st.builds(
    Publish,
    st.sampled_from([COMMIT, COMMIT, COMMIT, OLDER]),
    st.sampled_from(["fleet/a", "fleet/a", "fleet/b"]),
    st.sampled_from(CommitState),
    st.sampled_from(["", "1/3"]),
)
steps = st.one_of(
    publishing,
    publishing,
    publishing,
    # Within the wait for the disk, on the wire, answered but not yet saved; and longer.
    st.builds(Pass, st.sampled_from([0.001, 0.03, 0.06])),
    st.builds(Pass, st.sampled_from([0.03, 0.06, 1, 9, 70, 1000])),
    st.builds(Break, st.lists(faults, min_size=1, max_size=3)),
    st.builds(BreakLists, st.lists(faults | lags, min_size=1, max_size=3)),
    st.builds(Outage, st.none() | faults),
    st.just(Crash()),
    st.just(Restart()),
)


bursts = st.lists(publishing, min_size=3, max_size=6).map(
    lambda publishes: [step for publish in publishes for step in (publish, Pass(1))]
)
busy = st.lists(bursts | st.lists(steps, max_size=3), min_size=2, max_size=8).map(
    lambda parts: [step for part in parts for step in part]
)
"""Stories in which much is told between two looks at what stands at the forge."""


async def live(world: World, story: Sequence[object]) -> None:
    world.start()
    for step in story:
        assert world.contested() is None
        match step:
            case Publish(commit, context, state, description):
                world.publish(state, description, context, commit)
            case Pass(seconds):
                await asyncio.sleep(seconds)
            case Break(these):
                world.forge.faults += these
            case BreakLists(these):
                world.forge.list_faults += these
            case Outage(fault):
                world.forge.outage = fault
            case Crash():
                await world.crash()
                world.start()
                world.republish()
            case Restart():
                await world.stop_orderly()
                world.start()
                world.republish()
    world.forge.outage = None
    world.forge.faults.clear()
    world.forge.list_faults.clear()
    await world.quiesce()
    await asyncio.sleep(1000)
    assert world.contested() is None
    await world.stop_orderly()


def numbered(story: Sequence[object]) -> list[object]:
    """The same story with its truths told apart."""
    return [
        Publish(step.commit, step.context, step.state, f"{number}")
        if isinstance(step, Publish)
        else step
        for number, step in enumerate(story)
    ]


def live_in_virtual_time(story: Sequence[object]) -> World:
    world = World()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(live(world, story))
    return world
