from hypothesis import given
from hypothesis import strategies as st

from reconciler.opamp.admission import TokenBucket


def taken(bucket: TokenBucket, now: float, asked: int) -> int:
    return sum(bucket.take(now) for _ in range(asked))


def test_a_quiet_second_lets_a_whole_second_in_at_once() -> None:
    assert taken(TokenBucket(5, now=0.0), 0.0, 100) == 5


def test_tokens_come_back_with_time_and_not_beyond_one_second() -> None:
    bucket = TokenBucket(10, now=0.0)
    taken(bucket, 0.0, 10)
    assert taken(bucket, 0.5, 100) == 5
    assert taken(bucket, 60.0, 100) == 10


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = TokenBucket(3, now=10.0)
    taken(bucket, 10.0, 3)
    assert taken(bucket, 5.0, 10) == 0


@given(st.lists(st.floats(0, 0.5), max_size=100))
def test_never_more_than_the_rate_and_one_burst(pauses: list[float]) -> None:
    bucket, now, passed = TokenBucket(4, now=0.0), 0.0, 0
    for pause in pauses:
        now += pause
        passed += taken(bucket, now, 3)
    assert passed <= 4 + 4 * now + 1e-6
