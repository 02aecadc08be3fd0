import asyncio
import time

import pytest

from reconciler.source.polling import LONGEST_BACK_OFF, Pace


def test_failures_double_the_pause_up_to_five_minutes_and_success_resets_it() -> None:
    pace = Pace(10)
    pauses = [pace.pause]
    for _ in range(7):
        pace.failed()
        pauses.append(pace.pause)
    pace.succeeded()
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]
    assert pace.pause == 10


def test_an_interval_beyond_the_longest_back_off_stays_as_it_is() -> None:
    pace = Pace(3600)
    pace.failed()
    assert pace.pause == 3600


def test_a_named_time_is_waited_for_once() -> None:
    pace = Pace(1)
    pace.failed(LONGEST_BACK_OFF)
    assert pace.pause == LONGEST_BACK_OFF
    pace.failed()
    assert pace.pause == 4


def test_many_failures_do_not_overflow() -> None:
    pace = Pace(0.1)
    for _ in range(5000):
        pace.failed()
    assert pace.pause == LONGEST_BACK_OFF


async def test_the_pause_varies_by_a_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    async def note(awaitable: object, seconds: float) -> None:
        awaitable.close()  # type: ignore[attr-defined]  # a coroutine, as wait_for takes
        waited.append(seconds)
        raise TimeoutError

    monkeypatch.setattr(asyncio, "wait_for", note)
    stop, pace = asyncio.Event(), Pace(10)
    for _ in range(200):
        assert await pace.elapsed(stop)
    assert 9 <= min(waited) < 9.5
    assert 10.5 < max(waited) <= 11


async def test_a_stop_ends_the_pause_at_once() -> None:
    stop = asyncio.Event()
    waiting = asyncio.create_task(Pace(3600).elapsed(stop))
    started = time.monotonic()
    stop.set()
    assert not await waiting
    assert time.monotonic() - started < 5
