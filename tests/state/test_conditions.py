from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import GroupName, InstanceUid
from reconciler.state import conditions
from reconciler.state.agent import Agent, Reason, Sync
from reconciler.state.conditions import (
    BROKEN,
    DESCRIPTION_LIMIT,
    CommitState,
    Standing,
    Tally,
)
from reconciler.state.observed import ConnectionId

GROUP = GroupName("gateways")
TALLIES = st.dictionaries(st.sampled_from(Standing), st.integers(0, 2000)).map(
    lambda counts: Tally(Counter(counts))
)
POLICIES = st.builds(GroupPolicy, require_agents=st.booleans())


def agent(sync: Sync, reason: Reason = Reason.RUNNING, *, here: bool = True) -> Agent:
    found = Agent(InstanceUid(b"a" * 16), sync=sync, reason=reason)
    found.connection = ConnectionId(1) if here else None
    return found


@given(TALLIES, POLICIES)
def test_green_means_everybody_known_is_on_it_or_nobody_is_there(
    tally: Tally, policy: GroupPolicy
) -> None:
    status = conditions.judge(GROUP, tally, policy)
    counts = tally.counts
    if status.state is not CommitState.SUCCESS:
        return
    assert not any(counts[where] for where in BROKEN)
    assert not counts[Standing.WAITING]
    assert not counts[Standing.UNCONFIRMED]
    if counts[Standing.ON_IT]:
        return
    assert not counts[Standing.OFFLINE]
    assert "0 agents" in status.description
    assert not policy.require_agents


@given(TALLIES, POLICIES)
def test_anything_broken_is_red_whatever_else_there_is(
    tally: Tally, policy: GroupPolicy
) -> None:
    red = conditions.judge(GROUP, tally, policy).state is CommitState.FAILURE
    broken = any(tally.counts[where] for where in BROKEN)
    missing = policy.require_agents and not tally.managed
    assert red == (broken or missing)


@given(TALLIES, POLICIES, st.text(max_size=400))
def test_words_are_one_line_that_every_forge_takes(
    tally: Tally, policy: GroupPolicy, error: str
) -> None:
    tally.first_error = error
    text = conditions.judge(GROUP, tally, policy).description
    assert 0 < len(text) <= DESCRIPTION_LIMIT
    assert len(text.splitlines()) == 1


def test_words_count_what_people_ask_for() -> None:
    counts = {Standing.ON_IT: 812, Standing.WAITING: 181}
    counts |= {Standing.FAILED: 2, Standing.OFFLINE: 5}
    tally = Tally(Counter(counts), first_error="gw-1 no such exporter")
    status = conditions.judge(GROUP, tally, GroupPolicy())
    assert status.description == (
        "812/1000 on it, 2 failed, 5 offline: gw-1 no such exporter"
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (agent(Sync.SYNCED), Standing.ON_IT),
        (agent(Sync.SYNCED, here=False), Standing.OFFLINE),
        (agent(Sync.SYNCED, Reason.UNHEALTHY), Standing.UNHEALTHY),
        (agent(Sync.SYNCED, Reason.UNHEALTHY, here=False), Standing.OFFLINE),
        (agent(Sync.FAILED, here=False), Standing.FAILED),
        (agent(Sync.ROLLED_BACK), Standing.FAILED),
        (agent(Sync.PENDING, Reason.RENDER_ERROR), Standing.FAILED),
        (agent(Sync.PENDING, Reason.SUSPENDED), Standing.WAITING),
        (agent(Sync.READ_ONLY, here=False), Standing.READ_ONLY),
        (agent(Sync.DRIFTED), Standing.DRIFTED),
        (agent(Sync.DRIFTED, here=False), Standing.OFFLINE),
    ],
)
def test_an_agent_counts_where_it_stands(found: Agent, expected: Standing) -> None:
    assert conditions.standing(found) is expected


def test_the_end_of_a_description_is_never_cut() -> None:
    assert conditions.shorten("a\nb", "; c") == "a b; c"
    long = conditions.shorten("x" * 500, "; 3 agents")
    assert len(long) == conditions.DESCRIPTION_LIMIT
    assert long.endswith("x…; 3 agents")
