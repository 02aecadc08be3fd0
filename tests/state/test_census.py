from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import GroupName, InstanceUid
from reconciler.state import census, conditions
from reconciler.state.agent import Agent, Reason, Sync
from reconciler.state.census import Census
from reconciler.state.observed import ConnectionId

GROUPS = [GroupName("a"), GroupName("b")]
MOVES = st.lists(
    st.tuples(
        st.integers(0, 4), st.sampled_from(GROUPS), st.sampled_from(Sync), st.booleans()
    )
)


def agent(number: int, group: GroupName, sync: Sync, *, here: bool = True) -> Agent:
    uid = InstanceUid(bytes([number]) * 16)
    found = Agent(uid, group=group, sync=sync, reason=Reason.RUNNING)
    found.connection = ConnectionId(1) if here else None
    return found


@given(MOVES)
def test_counting_changes_as_they_come_equals_counting_everybody(
    moves: list[tuple[int, GroupName, Sync, bool]],
) -> None:
    kept, last = Census(), dict[InstanceUid, Agent]()
    for number, group, sync, here in moves:
        moved = agent(number, group, sync, here=here)
        last[moved.uid] = moved
        kept.place(moved)
    for group in GROUPS:
        there = [one for one in last.values() if one.group == group]
        expected = Counter(conditions.standing(one) for one in there)
        assert kept.status(group, GroupPolicy()).counts == expected
        assert kept.has(group) == bool(there)


def test_only_a_group_that_changed_is_told_again() -> None:
    kept = Census()
    one = agent(1, GROUPS[0], Sync.PENDING)
    kept.place(one)
    kept.changed.clear()
    kept.place(one)
    assert not kept.changed
    one.group = GROUPS[1]
    kept.place(one)
    assert kept.changed == set(GROUPS)


def test_the_first_error_goes_with_its_agent() -> None:
    kept = Census()
    for number in (1, 2):
        broken = agent(number, GROUPS[0], Sync.FAILED)
        broken.labels, broken.detail = {"host.name": f"gw-{number}"}, "no such exporter"
        kept.place(broken)
    text = kept.status(GROUPS[0], GroupPolicy()).description
    assert text == "0/2 on it, 2 failed: gw-1 no such exporter"
    kept.place(agent(1, GROUPS[0], Sync.SYNCED))
    text = kept.status(GROUPS[0], GroupPolicy()).description
    assert text == "1/2 on it, 1 failed: gw-2 no such exporter"


def test_an_agent_without_a_host_goes_by_the_start_of_its_uid() -> None:
    assert census.display_name(agent(1, GROUPS[0], Sync.SYNCED)) == "01010101-0101"


def test_agents_that_keep_what_they_have_are_known_while_they_do() -> None:
    kept, held = Census(), agent(1, GROUPS[0], Sync.PENDING)
    held.reason = Reason.RENDER_ERROR
    kept.place(held)
    kept.place(agent(2, GROUPS[0], Sync.SYNCED))
    assert kept.held == {held.uid}
    held.group = GROUPS[1]
    kept.place(held)
    assert kept.held == {held.uid}
    held.sync, held.reason = Sync.SYNCED, Reason.RUNNING
    kept.place(held)
    assert kept.held == set()
    held.reason = Reason.RENDER_ERROR
    kept.place(held)
    kept.remove(held.uid)
    assert kept.held == set()
