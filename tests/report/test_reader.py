"""What the outbox makes of statuses that somebody else wrote, against a fake forge."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from structlog.testing import capture_logs

from reconciler.ids import CommitSha
from reconciler.report.ledger import NOTE
from reconciler.state.conditions import CommitState
from tests.report.fake_forge import (
    AcceptAndDrop,
    Answer,
    Delay,
    Drop,
    FakeForge,
    Fault,
    Posted,
)
from tests.report.world import (
    COMMIT,
    OLDER,
    Run,
    World,
    busy,
    live_in_virtual_time,
    numbered,
)

PENDING, SUCCESS, FAILURE, _ = CommitState
CONTEXT = "fleet/nodes"
SEEN = "another service writes a commit status context"
OVER = "a commit status context is not contested any more"
UNREAD = (
    "cannot read commit statuses back: "
    "another service that writes them would go unnoticed"
)


def theirs(context: str = CONTEXT) -> Posted:
    return Posted(COMMIT, context, "failure", "2 failed")


def events(logs: Sequence[Any], *, about: str) -> int:
    return sum(entry["event"] == about for entry in logs)


def descriptions(forge: FakeForge) -> list[str]:
    return [row.description for row in forge.posted]


def test_a_status_of_another_service_is_said_before_it_is_written_over(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.forge.posted.append(theirs())
        world.start()
        assert world.contested() is None
        world.publish(SUCCESS, "3/3 on it")
        await asyncio.sleep(1)
        assert descriptions(world.forge) == ["2 failed", f"3/3 on it{NOTE}"]
        assert world.contested() == (
            "another service writes fleet/nodes on ccccccc: failure: 2 failed. "
            "Give each service on this repository its own --status-prefix."
        )
        assert world.outbox.trouble is None
        await world.stop_orderly()

    with capture_logs() as logs:
        in_virtual_time(story())
    [entry] = logs
    assert entry == {
        "event": SEEN,
        "log_level": "warning",
        "commit": COMMIT[:12],
        "context": CONTEXT,
        "stands": "failure: 2 failed",
        "hint": "Give each service on this repository its own --status-prefix.",
    }


def test_a_status_written_after_ours_is_noticed_within_a_minute(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.start()
        world.publish(SUCCESS, "3/3 on it")
        await asyncio.sleep(600)
        world.forge.posted.append(theirs())
        await asyncio.sleep(61)
        assert world.contested()
        assert world.forge.posted[-1].description == f"3/3 on it{NOTE}"
        await world.stop_orderly()

    in_virtual_time(story())


def test_several_contested_contexts_are_counted(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World()
        world.forge.posted += [theirs(context="a"), theirs(context="b")]
        world.start()
        for context in ("a", "b", "c"):
            world.publish(SUCCESS, "", context)
        await asyncio.sleep(5)
        assert "(and 1 more)" in (world.contested() or "")
        await world.stop_orderly()

    in_virtual_time(story())


def test_the_case_of_a_context_means_nothing_to_github(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World()
        world.forge.posted.append(theirs(context="Fleet/Nodes"))
        world.start()
        world.publish(SUCCESS)
        await asyncio.sleep(1)
        assert world.contested()
        await world.stop_orderly()

    in_virtual_time(story())


def test_contexts_of_others_are_their_own_affair(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World()
        world.forge.posted.append(theirs(context="ci/build"))
        world.start()
        world.publish(SUCCESS)
        await asyncio.sleep(600)
        assert world.contested() is None
        await world.stop_orderly()

    in_virtual_time(story())


def test_it_ends_when_nobody_else_writes_for_half_an_hour(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World()
        world.forge.posted.append(theirs())
        world.start()
        world.publish(SUCCESS, "3/3 on it")
        await asyncio.sleep(1700)
        assert world.contested()
        await asyncio.sleep(200)
        assert world.contested() is None
        assert world.forge.posted[-1].description == "3/3 on it"
        await asyncio.sleep(7200)
        assert len(world.forge.posted) == 3
        await world.stop_orderly()

    with capture_logs() as logs:
        in_virtual_time(story())
    assert [entry["event"] for entry in logs] == [SEEN, OVER]


def test_it_ends_when_the_commit_is_no_longer_among_the_newest(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.forge.posted.append(theirs())
        world.start()
        world.publish(SUCCESS)
        await asyncio.sleep(60)
        for letter in "dea":
            world.publish(SUCCESS, commit=CommitSha(letter * 40))
        assert world.contested() is None
        await asyncio.sleep(70)
        await world.stop_orderly()

    with capture_logs() as logs:
        in_virtual_time(story())
    assert [entry["event"] for entry in logs] == [SEEN, OVER]


def test_reading_takes_one_request_a_minute_and_commit(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World()
        world.start()
        for commit in (OLDER, COMMIT):
            for context in ("a", "b", "c", "d"):
                world.publish(SUCCESS, "", context, commit)
        await asyncio.sleep(3600)
        assert 110 <= len(world.forge.listed) <= 125
        assert set(world.forge.listed) == {200}
        await world.stop_orderly()

    in_virtual_time(story())


@pytest.mark.parametrize(
    "fault", [Answer(403), Answer(404), Answer(500), Answer(200, body=b"{"), Drop()]
)
def test_a_read_that_fails_is_said_once_and_no_trouble_of_the_forge(
    in_virtual_time: Run, fault: Fault
) -> None:
    async def story() -> None:
        world = World()
        world.forge.list_faults.extend([fault] * 100)
        world.start()
        world.publish(SUCCESS, "3/3 on it")
        await asyncio.sleep(1)
        assert world.states() == ["success"]
        world.publish(FAILURE, "1 failed")
        await asyncio.sleep(1)
        assert world.states() == ["success", "failure"]
        await asyncio.sleep(3600)
        assert (world.outbox.trouble, world.contested()) == (None, None)
        assert len(world.forge.listed) <= 7
        await world.stop_orderly()

    with capture_logs() as logs:
        in_virtual_time(story())
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        (UNREAD, "info")
    ]


def test_a_forge_that_limits_reads_is_left_alone_as_long_as_it_says(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.forge.list_faults.append(Answer(429, "", {"retry-after": "3000"}))
        world.start()
        world.publish(SUCCESS)
        await asyncio.sleep(2990)
        assert world.forge.listed == [429]
        await asyncio.sleep(100)
        assert world.forge.listed[1] == 200
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_forge_that_limits_posts_is_not_read_either(in_virtual_time: Run) -> None:
    async def story() -> None:
        world = World()
        world.start()
        world.publish(PENDING)
        await asyncio.sleep(5)
        world.forge.faults.append(Answer(403, "rate limit", {"retry-after": "3000"}))
        world.publish(SUCCESS)
        await asyncio.sleep(1)
        before = len(world.forge.listed)
        await asyncio.sleep(2900)
        assert len(world.forge.listed) == before
        await asyncio.sleep(1000)
        assert len(world.forge.listed) > before
        await world.stop_orderly()

    in_virtual_time(story())


def test_a_read_that_hangs_delays_the_first_post_by_two_seconds_and_no_other(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.forge.list_faults.extend([Delay(3600)] * 3)
        world.start()
        world.publish(PENDING, "0/3")
        await asyncio.sleep(2.5)
        assert world.states() == ["pending"]
        await asyncio.sleep(60)
        world.publish(SUCCESS, "3/3")
        await asyncio.sleep(0.5)
        assert world.states() == ["pending", "success"]
        await world.stop_orderly()

    in_virtual_time(story())


def test_two_services_on_one_context_both_say_so_and_do_not_post_in_turns(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        forge = FakeForge()
        ours, their = World(forge), World(forge)
        ours.start()
        their.start()
        silent = 0
        for minute in range(6 * 60):
            ours.publish(SUCCESS, f"{minute}/{minute} on it")
            their.publish(FAILURE, f"{minute} failed of {minute + 7}")
            await asyncio.sleep(60)
            if 2 <= minute < 25:
                assert ours.contested()
                assert their.contested()
            silent += not (ours.contested() and their.contested())
        # Each half an hour, hour, two hours they try once whether they are alone.
        assert silent < 20
        assert len(forge.posted) < 30
        noted = {row.state for row in forge.posted if row.description.endswith(NOTE)}
        assert noted == {"success", "failure"}
        await ours.stop_orderly()
        await their.stop_orderly()

    in_virtual_time(story())


def test_two_services_whose_states_change_every_minute_post_every_ten(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        forge = FakeForge()
        ours, their = World(forge), World(forge)
        ours.start()
        their.start()
        for minute in range(120):
            ours.publish(SUCCESS if minute % 2 else FAILURE, f"ours {minute}")
            their.publish(FAILURE if minute % 2 else SUCCESS, f"theirs {minute}")
            await asyncio.sleep(60)
        assert len(forge.posted) < 2 * (12 + 6)
        assert ours.contested()
        assert their.contested()
        await ours.stop_orderly()
        await their.stop_orderly()

    in_virtual_time(story())


def test_an_own_status_whose_answer_was_lost_is_no_alarm_after_a_restart(
    in_virtual_time: Run,
) -> None:
    async def story() -> None:
        world = World()
        world.start()
        world.publish(SUCCESS, "3/3 on it")
        await world.quiesce()
        world.forge.faults.append(AcceptAndDrop())
        world.publish(FAILURE, "1 drifted")
        await asyncio.sleep(0.5)
        await world.crash()
        world.start()
        world.publish(SUCCESS, "3/3 on it")
        await asyncio.sleep(7200)
        assert world.contested() is None
        await world.stop_orderly()

    in_virtual_time(story())


@settings(max_examples=150, deadline=None)
@given(busy)
def test_a_service_that_is_alone_never_raises_an_alarm(
    story: Sequence[object],
) -> None:
    with capture_logs() as logs:
        world = live_in_virtual_time(numbered(story))
    assert not events(logs, about=SEEN)
    assert not any(NOTE in description for description in descriptions(world.forge))
