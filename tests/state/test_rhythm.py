import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.ids import InstanceUid
from reconciler.state import rhythm
from reconciler.state.agent import Agent

seconds = st.floats(0.0, 10_000.0)


def polled(*gaps: float) -> Agent:
    agent = Agent(InstanceUid(b"a" * 16))
    now = 1000.0
    rhythm.beat(agent, now)
    for gap in gaps:
        now += gap
        rhythm.beat(agent, now)
    return agent


def patience(agent: Agent, given: float | None = None, *, rival: bool = False) -> float:
    return rhythm.patience(agent, given=given, has_rival=rival)


@pytest.mark.parametrize(("interval", "expected"), [(2, 15), (30, 95), (600, 1805)])
def test_patience_follows_the_rhythm_between_a_floor_and_a_ceiling(
    interval: float, expected: float
) -> None:
    assert patience(polled(*[interval] * 6)) == expected
    assert patience(polled(*[7200.0] * 6)) == rhythm.LONGEST


def test_before_anything_is_learned_the_interval_of_the_specification_counts() -> None:
    assert patience(Agent(InstanceUid(b"a" * 16))) == 95.0


def test_a_slow_rhythm_is_learned_from_its_second_gap() -> None:
    assert polled(600.0).interval == 30.0
    assert polled(600.0, 600.0).interval == 600.0


def test_one_outage_is_no_rhythm() -> None:
    assert polled(30.0, 30.0, 5000.0, 30.0, 30.0).interval == 30.0


def test_a_few_polls_in_a_row_are_no_rhythm() -> None:
    assert polled(30.0, 0.1, 0.1, 0.1, 30.0).interval == 30.0


def test_an_interval_that_an_agent_was_given_counts_where_it_is_longer() -> None:
    assert patience(polled(*[2.0] * 6), 120.0) == 365.0
    assert patience(polled(*[600.0] * 6), 120.0) == 1805.0


def test_with_a_rival_of_the_same_host_half_as_much_silence_is_enough() -> None:
    assert patience(polled(*[30.0] * 6), rival=True) == 50.0


@given(st.lists(seconds, max_size=12), st.none() | seconds, st.booleans())
def test_patience_is_never_shorter_or_longer_than_its_bounds(
    gaps: list[float],
    given: float | None,
    rival: bool,  # noqa: FBT001 - drawn
) -> None:
    silence = patience(polled(*gaps), given, rival=rival)
    assert rhythm.SHORTEST <= silence <= rhythm.LONGEST


@given(st.floats(0.5, 1100.0), st.lists(st.booleans(), max_size=20))
def test_an_agent_that_keeps_its_rhythm_is_never_away_between_two_polls(
    interval: float, misses: list[bool]
) -> None:
    """Two polls in a row may be lost."""
    agent = polled(*[interval] * 6)
    lost_before = False
    for lost in misses:
        gap = interval * (2 if lost and not lost_before else 1)
        lost_before = lost
        assert gap <= patience(agent)
        rhythm.beat(agent, (agent.beat_at or 0.0) + gap)
