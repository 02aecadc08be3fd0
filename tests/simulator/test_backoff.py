import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.simulator import backoff
from reconciler.simulator.backoff import Backoff

NOW = 1_790_000_000.0


def test_delays_grow_by_half_from_half_a_second_to_a_minute() -> None:
    one = Backoff()
    delays = [one.failed(luck=0.5) for _ in range(14)]
    assert delays[:4] == [0.5, 0.75, 1.125, 1.6875]
    assert delays[-1] == 60.0
    assert delays == sorted(delays)


def test_a_success_starts_over() -> None:
    one = Backoff()
    one.failed(luck=0.5)
    one.failed(luck=0.5)
    one.succeeded()
    assert one.failed(luck=0.5) == 0.5


@given(luck=st.floats(0, 1, exclude_max=True), failures=st.integers(0, 10_000))
def test_luck_moves_a_delay_by_half_of_it_at_most(luck: float, failures: int) -> None:
    middle = Backoff(failures).failed(luck=0.5)
    assert middle * 0.5 <= Backoff(failures).failed(luck=luck) <= middle * 1.5


def test_a_longer_retry_after_is_honoured_and_a_shorter_one_is_not() -> None:
    assert Backoff().failed(luck=0.5, retry_after=30) == 30
    assert Backoff(20).failed(luck=0.5, retry_after=30) == 60


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", 0.0),
        ("0", 0.0),
        ("120", 120.0),
        ("Mon, 21 Sep 2026 14:13:50 GMT", 30.0),
        ("Mon, 21 Sep 2020 14:13:50 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
    ],
)
def test_retry_after_is_read_in_both_its_forms(value: str, seconds: float) -> None:
    assert backoff.parse_retry_after(value, NOW) == seconds
