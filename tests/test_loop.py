import asyncio
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from reconciler import loop
from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.ids import ConfigHash, format_hash
from reconciler.loop import Clock, Comparer
from reconciler.state import drift
from reconciler.state.actions import CompareEffective
from reconciler.state.drift import DriftReport
from reconciler.state.events import EffectiveCompared, Event
from reconciler.state.observed import EffectiveConfig
from tests.support.fleet_repo import collector


def comparison() -> CompareEffective:
    body = collector().encode()
    entries = {"": ConfigEntry(body, "text/yaml")}
    desired = RenderedConfig(ConfigHash(b"h" * 32), entries, {}, ("base",))
    return CompareEffective(desired, EffectiveConfig(entries))


async def compared(action: CompareEffective) -> EffectiveCompared:
    answers: asyncio.Queue[Event] = asyncio.Queue()
    comparer = Comparer(answers.put_nowait)
    task = asyncio.create_task(comparer.run())
    comparer.ask(action)
    event = await asyncio.wait_for(answers.get(), 10)
    task.cancel()
    await asyncio.wait([task])
    assert isinstance(event, EffectiveCompared)
    return event


async def test_a_comparison_comes_back_under_the_two_hashes() -> None:
    action = comparison()
    event = await compared(action)
    assert event == EffectiveCompared(
        action.desired.hash, action.effective.digest, DriftReport(())
    )


async def test_a_comparison_that_breaks_confirms_nothing_and_is_logged_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> DriftReport:
        raise RecursionError

    monkeypatch.setattr(drift, "compare", broken)
    with capture_logs() as lines:
        report = (await compared(comparison())).report
    assert report == DriftReport((), unconfirmed=drift.FAULT)
    [line] = lines
    assert line["log_level"] == "error"
    assert line["exc_info"]
    assert line["config"] == format_hash(comparison().desired.hash)


async def test_ticks_follow_each_other_at_once_while_there_is_more() -> None:
    stop = asyncio.Event()
    left = 5

    def beat() -> bool:
        nonlocal left
        left -= 1
        if left == 0:
            stop.set()
        return True

    await asyncio.wait_for(loop.tick(beat, stop, seconds=3600), 10)
    assert left == 0


async def test_a_stop_ends_the_wait_for_the_next_tick() -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(loop.tick(lambda: False, stop, seconds=3600))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(task, 10)


def test_the_clock_never_goes_back_when_the_wall_clock_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    before = clock()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert clock() >= before
