import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from reconciler.report.forge import RestForge
from reconciler.report.github import GitHub
from reconciler.report.http import Http
from reconciler.report.outbox import Outbox
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from tests.report import fake_forge
from tests.report.fake_forge import (
    TOKEN,
    AcceptAndDrop,
    Answer,
    Delay,
    Drop,
    FakeForge,
    Fault,
)
from tests.report.world import (
    BROKE_OFF,
    COMMIT,
    OLDER,
    Crash,
    Publish,
    Restart,
    Run,
    World,
    live_in_virtual_time,
    numbered,
    steps,
)

if TYPE_CHECKING:
    from reconciler.state.records import StatusRecord

PENDING, SUCCESS = CommitState.PENDING, CommitState.SUCCESS
FAILURE, ERROR = CommitState.FAILURE, CommitState.ERROR


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
    cannot_read, *of_posts = [entry["log_level"] for entry in logs]
    assert (cannot_read, of_posts) == ("info", ["warning", "warning", "info"])
    assert "canary" not in str(logs)


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
    world = live_in_virtual_time(numbered(story))
    for commit, context in world.truth:
        order = [
            int(row.description)
            for row in world.forge.posted
            if (row.commit, row.context) == (commit, context)
        ]
        assert order == sorted(order)
