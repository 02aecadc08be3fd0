from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reconciler.ids import GroupName, InstanceUid
from reconciler.state import census, conditions
from reconciler.state.agent import Agent, Reason, Sync
from reconciler.state.census import Census
from reconciler.state.conditions import CommitState, Standing
from reconciler.state.observed import ConnectionId
from tests.toy_fleet import running

FLEET = running("a")
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
        expected = Counter(conditions.standing(one, expected=False) for one in there)
        assert kept.status(group, FLEET).counts == expected
        told = [where for where in expected if where is not Standing.ABSENT]
        assert kept.has(group) == bool(told)


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
    text = kept.status(GROUPS[0], FLEET).description
    assert text == "0/2 on it, 2 failed: gw-1 no such exporter"
    kept.place(agent(1, GROUPS[0], Sync.SYNCED))
    text = kept.status(GROUPS[0], FLEET).description
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


EDGE = (("host.name", "edge-7"),)


def test_a_host_that_nobody_heard_of_is_missing_and_named_until_it_is_heard() -> None:
    kept = Census()
    kept.place(agent(1, GROUPS[0], Sync.SYNCED))
    kept.expect(EDGE, GROUPS[0], heard=False)
    status = kept.status(GROUPS[0], FLEET)
    assert status.description == "1/2 on it, 1 missing (edge-7)"
    assert status.state is CommitState.PENDING  # no expected host was ever heard
    kept.expect(EDGE, GROUPS[0], heard=True)
    assert kept.status(GROUPS[0], FLEET).description == "1/1 on it"
    kept.dismiss(EDGE)
    kept.dismiss(EDGE)
    assert kept.status(GROUPS[0], FLEET).state is CommitState.SUCCESS


def test_a_host_that_moves_to_another_group_is_missing_there_alone() -> None:
    kept = Census()
    kept.expect(EDGE, GROUPS[0], heard=False)
    kept.expect(EDGE, GROUPS[1], heard=False)
    assert kept.status(GROUPS[0], FLEET).description == "0 agents"
    assert kept.status(GROUPS[1], FLEET).description == "0/1 on it, 1 missing (edge-7)"


def test_a_group_that_lost_all_its_agents_to_others_says_so_and_is_red() -> None:
    kept = Census()
    moved = agent(1, GROUPS[1], Sync.SYNCED)
    moved.moved_from = frozenset({GROUPS[0]})
    kept.place(moved)
    status = kept.status(GROUPS[0], FLEET)
    assert status.state is CommitState.FAILURE
    assert status.description.startswith("0 agents, 1 moved to other groups: ")
    kept.place(agent(2, GROUPS[0], Sync.SYNCED))
    status = kept.status(GROUPS[0], FLEET)
    assert (status.state, status.description) == (CommitState.SUCCESS, "1/1 on it")
