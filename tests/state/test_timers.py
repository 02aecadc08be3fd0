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
