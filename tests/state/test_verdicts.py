from hypothesis import given
from hypothesis import strategies as st

from reconciler.state import verdicts


@given(st.floats(0.1, 1000), st.integers(0, 10_000))
def test_a_back_off_grows_and_never_beyond_its_bound(wait: float, attempt: int) -> None:
    this, following = (verdicts.backed_off(wait, attempt + n) for n in (0, 1))
    assert wait <= this <= following <= max(verdicts.LONGEST_WAIT, wait)


def test_a_back_off_doubles() -> None:
    assert [verdicts.backed_off(5.0, n) for n in range(1, 9)] == [
        5,
        10,
        20,
        40,
        80,
        160,
        300,
        300,
    ]
