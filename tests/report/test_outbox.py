import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from reconciler.errors import Waiting
from reconciler.ids import CommitSha
from reconciler.report.exchange import Request, Response
from reconciler.report.forge import RestForge
from reconciler.report.github import GitHub
from reconciler.report.http import Http
from reconciler.report.outbox import Outbox
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from reconciler.state.records import StatusRecord
from tests.report import fake_forge
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
    Truncate,
)
from tests.report.virtual_time import VirtualTimeLoop

Run = Callable[[Coroutine[Any, Any, None]], None]

PENDING, SUCCESS = CommitState.PENDING, CommitState.SUCCESS
FAILURE, ERROR = CommitState.FAILURE, CommitState.ERROR
BROKE_OFF = "the connection broke off"
COMMIT, OLDER = CommitSha("c" * 40), CommitSha("b" * 40)


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

    def states(self) -> list[str]:
        return [row.state for row in self.forge.posted]


async def test_the_truth_arrives_over_a_real_socket() -> None:
    forge = FakeForge()
    saved: list[StatusRecord] = []
    async with fake_forge.serve(forge) as url:
        rest = RestForge(GitHub(url, "acme", "fleet", TOKEN), Http())
        loop = asyncio.get_running_loop()
        outbox = Outbox(rest, ledger=[], save=saved.append, now=loop.time)
        stop = asyncio.Event()
        running = asyncio.create_task(outbox.run(stop))
        outbox.publish(PublishCommitStatus(COMMIT, "fleet/nodes", PENDING, "0/3"))
        outbox.publish(PublishCommitStatus(COMMIT, "fleet/nodes", SUCCESS, "3/3"))
        async with asyncio.timeout(10):
            while outbox.undelivered:  # noqa: ASYNC110 - the outbox tells nobody
                await asyncio.sleep(0.01)
        stop.set()
        await running
        await rest.aclose()
    assert [(row.state, row.description) for row in forge.posted] == [
        ("success", "3/3")
    ]
    assert outbox.statuses(COMMIT) == [saved[-1]]
    assert saved[-1].posted_state is SUCCESS


def test_a_verdict_arrives_within_a_second_and_progress_is_debounced(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.start()
        for step in range(30):
            world.publish(PENDING, f"{step}/30")
            await asyncio.sleep(0.5)
        world.publish(SUCCESS, "30/30")
        await asyncio.sleep(1)
        assert world.states() == ["pending", "pending", "success"]
        await world.stop_orderly()

    in_virtual_time(story())


def test_nothing_is_sent_while_nothing_changes(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World()
        world.start()
        for _ in range(50):
            world.publish(SUCCESS, "3/3")
            await asyncio.sleep(60)
        await world.crash()
        world.start()
        world.republish()
        await asyncio.sleep(3600)
        assert world.states() == ["success"]
        await world.stop_orderly()

    in_virtual_time(story())


def test_an_outage_leaves_one_post_a_context_and_few_tries(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World(FakeForge(outage=Drop()))
        world.start()
        for minute in range(120):
            for context in ("a", "b", "c"):
                world.publish(PENDING, f"{minute}/120", context)
            await asyncio.sleep(60)
        assert (world.outbox.trouble, world.outbox.undelivered) == (BROKE_OFF, 3)
        assert len(world.forge.answered) < 150
        for context in ("a", "b", "c"):
            world.publish(SUCCESS, "", context)
        world.forge.outage = None
        await asyncio.sleep(80)
        assert world.states() == ["success"] * 3
        assert (world.outbox.trouble, world.outbox.undelivered) == (None, 0)
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_named_time_is_kept_and_the_newest_verdict_goes_first(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.forge.faults.append(
            Answer(403, "API rate limit exceeded", {"retry-after": "1800"})
        )
        world.start()
        world.publish(ERROR, "superseded by ccccccc", commit=OLDER)
        await asyncio.sleep(1)
        world.publish(SUCCESS, "3/3")
        await asyncio.sleep(1790)
        assert world.forge.answered == [403]
        await world.quiesce()
        assert [row.commit for row in world.forge.posted] == [COMMIT, OLDER]
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_revoked_token_is_tried_rarely_and_said(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World(FakeForge(token="another"))
        world.start()
        for hour in range(24):
            world.publish(FAILURE if hour % 2 else SUCCESS)
            await asyncio.sleep(3600)
        assert set(world.forge.answered) == {401}
        assert len(world.forge.answered) <= 24 * 4
        assert "Bad credentials" in (world.outbox.trouble or "")
        world.forge.token = TOKEN
        await world.quiesce()
        assert world.states() == ["failure"]
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_used_up_context_is_left_alone_and_the_others_go_on(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World(FakeForge(cap=3))
        world.start()
        for step in range(20):
            world.publish(FAILURE if step % 2 else SUCCESS)
            await asyncio.sleep(120)
        world.publish(SUCCESS, context="other")
        await asyncio.sleep(5)
        assert world.forge.answered == [201, 201, 201, 422, 201]
        used_up, other = world.outbox.statuses(COMMIT)
        assert used_up.error
        assert "maximum number of statuses" in used_up.error
        assert used_up.posted_state is SUCCESS
        assert other.posted_state is SUCCESS
        assert world.outbox.undelivered == 0
        await world.stop_orderly()
        world.start()
        world.republish()
        await asyncio.sleep(3600)
        assert len(world.forge.answered) == 5
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_lost_answer_and_a_truth_that_went_back_do_not_leave_a_lie(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.start()
        world.publish(SUCCESS, "3/3")
        await world.quiesce()
        world.forge.faults.append(AcceptAndDrop())
        world.publish(FAILURE, "1 drifted")
        await asyncio.sleep(1)
        world.publish(SUCCESS, "3/3")
        await world.quiesce()
        assert world.states() == ["success", "failure", "success"]
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_crash_right_after_a_post_left_does_not_leave_a_lie(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.start()
        world.publish(SUCCESS, "3/3")
        await world.quiesce()
        await asyncio.sleep(1)
        world.publish(FAILURE, "1 drifted")
        await asyncio.sleep(world.latency + 0.01)
        assert world.states() == ["success", "failure"]
        await world.crash()
        world.start()
        world.publish(SUCCESS, "3/3")
        await world.quiesce()
        assert world.states()[-1] == "success"
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_truth_that_changes_until_the_post_leaves_costs_no_post(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.start()
        world.publish(PENDING, "0/3")
        await asyncio.sleep(0.001)
        world.publish(SUCCESS, "3/3")
        await world.quiesce()
        assert world.states() == ["success"]
        await world.stop_orderly()

    in_virtual_time(story())


def test_stopping_tries_what_is_terminal_once_more(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World(latency=0.5)
        world.start()
        world.publish(PENDING, "0/3", "progress")
        await asyncio.sleep(1)
        world.publish(PENDING, "1/3", "progress")
        world.publish(SUCCESS, "", "one")
        world.publish(FAILURE, "", "two")
        await world.stop_orderly()
        assert sorted(world.states()) == ["failure", "pending", "success"]

    in_virtual_time(story())


@pytest.mark.parametrize("outage", [Drop(), Delay(3600), Answer(503)])
def test_stopping_while_the_forge_is_down_is_quick(
    in_virtual_time: Run, outage: Fault
) -> None:
    async def story() -> None:
        world = World(FakeForge(outage=outage))
        world.start()
        for number in range(20):
            world.publish(SUCCESS, "", f"c{number}")
        begin = world.forge.clock()
        await world.stop_orderly()
        assert world.forge.clock() - begin <= 11
        assert len(world.forge.answered) == 1

    in_virtual_time(story())


def test_without_a_forge_the_truth_is_recorded_and_nothing_waits(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        saved: list[StatusRecord] = []
        now = asyncio.get_running_loop().time
        outbox = Outbox(None, ledger=[], save=saved.append, now=now)
        stop = asyncio.Event()
        running = asyncio.create_task(outbox.run(stop))
        outbox.publish(PublishCommitStatus(COMMIT, "fleet/nodes", SUCCESS, "3/3"))
        await asyncio.sleep(60)
        assert outbox.statuses(COMMIT) == saved
        assert outbox.undelivered == 0
        assert outbox.trouble is None
        stop.set()
        await running

    in_virtual_time(story())


def test_trouble_is_logged_once_and_without_the_token(in_virtual_time: Run) -> None:
    echo = Answer(500, f"you sent Authorization: Bearer {TOKEN}")

    async def story() -> None:
        world = World(FakeForge(outage=echo))
        world.start()
        world.publish(SUCCESS)
        await asyncio.sleep(600)
        trouble = world.outbox.trouble or ""
        assert "you sent Authorization: Bearer ***" in trouble
        world.forge.outage = Answer(422, f"Bearer {TOKEN}")
        await asyncio.sleep(600)
        world.forge.outage = None
        world.publish(FAILURE)
        await world.quiesce()
        await world.stop_orderly()
        assert "canary" not in f"{trouble} {world.disk}"

    with capture_logs() as logs:
        in_virtual_time(story())
    assert [entry["log_level"] for entry in logs] == ["warning", "warning", "info"]
    assert "canary" not in str(logs)


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
    st.builds(Outage, st.none() | faults),
    st.just(Crash()),
    st.just(Restart()),
)


async def live(world: World, story: Sequence[object]) -> None:
    world.start()
    for step in story:
        match step:
            case Publish(commit, context, state, description):
                world.publish(state, description, context, commit)
            case Pass(seconds):
                await asyncio.sleep(seconds)
            case Break(these):
                world.forge.faults += these
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
    await world.quiesce()
    await world.stop_orderly()


def live_in_virtual_time(story: Sequence[object]) -> World:
    world = World()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(live(world, story))
    return world


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, min_size=4, max_size=25))
def test_in_the_end_the_forge_shows_the_last_truth_of_every_context(
    story: Sequence[object],
) -> None:
    world = live_in_virtual_time(story)
    assert world.shown() == {
        key: (state.value, description)
        for key, (state, description) in world.truth.items()
    }
    published = sum(isinstance(step, Publish) for step in story)
    ended = sum(isinstance(step, Crash | Restart) for step in story)
    failed = sum(status != 201 for status in world.forge.answered)
    assert len(world.forge.answered) <= published + failed + ended
    assert world.forge.limited == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, min_size=4, max_size=25))
def test_an_older_truth_is_never_sent_after_a_newer_one(
    story: Sequence[object],
) -> None:
    numbered = [
        Publish(step.commit, step.context, step.state, f"{number}")
        if isinstance(step, Publish)
        else step
        for number, step in enumerate(story)
    ]
    world = live_in_virtual_time(numbered)
    for commit, context in world.truth:
        order = [
            int(row.description)
            for row in world.forge.posted
            if (row.commit, row.context) == (commit, context)
        ]
        assert order == sorted(order)
