from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from reconciler.report import pacing

steps = st.lists(st.floats(0, 500), min_size=1, max_size=200)


def test_a_full_bucket_gives_its_size_at_once_and_then_one_a_period() -> None:
    bucket = pacing.full(3, 10.0, now=0.0)
    for _ in range(3):
        assert bucket.wait(1, 0.0) <= 0
        bucket.take(0.0)
    assert bucket.wait(1, 0.0) == 10.0
    assert bucket.wait(1, 4.0) == 6.0
    assert bucket.wait(2, 4.0) == 16.0
    assert bucket.wait(1, 10.0) == 0.0


def test_a_bucket_never_saves_up_more_than_its_size() -> None:
    bucket = pacing.full(2, 10.0, now=0.0)
    bucket.take(0.0)
    assert bucket.whole(0.0) == 1
    assert bucket.whole(1000.0) == 2


@given(steps)
def test_no_window_sees_more_than_size_and_refill(gaps: Sequence[float]) -> None:
    bucket = pacing.full(5, 10.0, now=0.0)
    now, taken = 0.0, []
    for gap in gaps:
        now += gap
        if bucket.wait(1, now) <= 0:
            bucket.take(now)
            taken.append(now)
    for start in taken:
        assert sum(1 for at in taken if start <= at < start + 100) <= 5 + 10


def test_waits_double_between_their_bounds() -> None:
    waits = [0.0]
    for _ in range(7):
        waits.append(pacing.doubled(waits[-1], shortest=2.0, longest=60.0))
    assert waits == [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


@given(st.floats(0, 3600), st.floats(0, 1, exclude_max=True))
def test_jitter_only_adds(seconds: float, fraction: float) -> None:
    assert seconds <= pacing.jittered(seconds, fraction) <= seconds * 1.25
