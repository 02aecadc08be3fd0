from hypothesis import given
from hypothesis import strategies as st

from reconciler.ids import InstanceUid
from reconciler.state.timers import Timers

UIDS = [InstanceUid(bytes([n]) * 16) for n in range(4)]
SETTINGS = st.lists(
    st.tuples(st.sampled_from(UIDS), st.none() | st.integers(0, 20).map(float))
)


@given(SETTINGS, st.integers(0, 20).map(float))
def test_the_last_time_set_for_an_agent_is_the_only_one(
    settings: list[tuple[InstanceUid, float | None]], now: float
) -> None:
    timers, last = Timers(), dict[InstanceUid, float | None]()
    for uid, due in settings:
        timers.set(uid, due)
        last[uid] = due
    ripe = {uid for uid, due in last.items() if due is not None and due <= now}
    popped = timers.pop(now, most=100)
    assert set(popped) == ripe
    assert len(popped) == len(ripe)
    assert timers.pop(now, most=100) == []
    assert not timers.is_due(now)


def test_no_more_come_up_than_are_asked_for_and_the_earliest_come_first() -> None:
    timers = Timers()
    for due, uid in enumerate(reversed(UIDS)):
        timers.set(uid, float(due))
    assert timers.pop(100.0, most=3) == [UIDS[3], UIDS[2], UIDS[1]]
    assert timers.is_due(100.0)
    assert timers.pop(100.0, most=3) == [UIDS[0]]


def test_timers_that_are_set_again_and_again_fill_no_memory() -> None:
    timers = Timers()
    uids = [InstanceUid(n.to_bytes(16, "big")) for n in range(10)]
    for turn in range(10_000):
        timers.set(uids[turn % 10], 1e9 + turn)
    assert len(timers._heap) < 1000
    assert timers.pop(2e9, most=100) == uids
