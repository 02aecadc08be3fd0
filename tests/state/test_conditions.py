from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.documents import Fleet, Missing, Unmanaged
from reconciler.ids import ConfigHash, GroupName, InstanceUid
from reconciler.state import conditions
from reconciler.state.agent import Agent, Doubt, Reason, Sync
from reconciler.state.conditions import (
    BROKEN,
    DESCRIPTION_LIMIT,
    CommitState,
    Standing,
    Tally,
)
from reconciler.state.observed import ConnectionId
from tests.toy_fleet import running

GROUP = GroupName("gateways")
TALLIES = st.dictionaries(st.sampled_from(Standing), st.integers(0, 2000)).map(
    lambda counts: Tally(Counter(counts))
)


def meaning(
    unmanaged: Unmanaged = Unmanaged.WARN,
    missing: Missing = Missing.TOLERATE,
    *,
    required: bool = False,
) -> Fleet:
    """A fleet that says what agents mean which no config judges."""
    found = running("a", requireAgents=str(required).lower())
    return replace(found, unmanaged=unmanaged, missing=missing)


FLEETS = st.builds(
    meaning,
    st.sampled_from(Unmanaged),
    st.sampled_from(Missing),
    required=st.booleans(),
)


def agent(sync: Sync, reason: Reason = Reason.RUNNING, *, here: bool = True) -> Agent:
    found = Agent(InstanceUid(b"a" * 16), sync=sync, reason=reason)
    found.labels = {"host.name": "gw-1"}
    found.connection = ConnectionId(1) if here else None
    return found


@given(TALLIES, FLEETS)
def test_green_means_everybody_known_is_on_it_or_nobody_is_there(
    tally: Tally, fleet: Fleet
) -> None:
    status = conditions.judge(GROUP, tally, fleet)
    counts = tally.counts
    if status.state is not CommitState.SUCCESS:
        return
    assert not any(counts[where] for where in BROKEN)
    assert not counts[Standing.WAITING]
    assert not counts[Standing.UNCONFIRMED]
    assert not counts[Standing.SETTLING]
    assert not (counts[Standing.MISSING] and fleet.missing is Missing.REQUIRE)
    assert not (counts[Standing.UNMANAGED] and fleet.unmanaged is Unmanaged.FAIL)
    if counts[Standing.ON_IT]:
        return
    assert not counts[Standing.OFFLINE]
    assert not counts[Standing.MISSING]
    assert not counts[Standing.MOVED]
    assert "0 agents" in status.description
    assert not fleet.policy.require_agents


@given(TALLIES, FLEETS)
def test_anything_broken_is_red_whatever_else_there_is(
    tally: Tally, fleet: Fleet
) -> None:
    red = conditions.judge(GROUP, tally, fleet).state is CommitState.FAILURE
    broken = any(tally.counts[where] for where in BROKEN)
    counts = tally.counts
    empty = not tally.managed and (
        fleet.policy.require_agents or counts[Standing.MOVED] > 0
    )
    missing = counts[Standing.MISSING] and fleet.missing is Missing.REQUIRE
    unmanaged = counts[Standing.UNMANAGED] and fleet.unmanaged is Unmanaged.FAIL
    assert red == (broken or empty or bool(missing) or bool(unmanaged))


def test_a_group_of_which_no_expected_host_was_heard_waits_for_one() -> None:
    counts = Counter({Standing.ON_IT: 5, Standing.MISSING: 60})
    names = {Standing.MISSING: ["edge-1", "edge-2"]}
    tally = Tally(counts, expected=60, unheard=60, names=names)
    status = conditions.judge(GROUP, tally, meaning())
    assert status.state is CommitState.PENDING
    assert status.description == "5/65 on it, 60 missing (edge-1, edge-2, …)"
    tally.unheard, tally.counts[Standing.MISSING] = 59, 59
    assert conditions.judge(GROUP, tally, meaning()).state is CommitState.SUCCESS


@pytest.mark.parametrize(
    ("unmanaged", "state", "words"),
    [
        (Unmanaged.TOLERATE, CommitState.SUCCESS, "0 agents, no config selects 3 "),
        (Unmanaged.WARN, CommitState.SUCCESS, "0 agents; warning: no config selects 3"),
        (Unmanaged.FAIL, CommitState.FAILURE, "0 agents, no config selects 3 "),
    ],
)
def test_connected_agents_that_nothing_selects_are_said_whatever_they_mean(
    unmanaged: Unmanaged, state: CommitState, words: str
) -> None:
    tally = Tally(Counter({Standing.UNMANAGED: 3}))
    status = conditions.judge(GROUP, tally, meaning(unmanaged))
    assert status.state is state
    assert status.description.startswith(words)


def test_a_group_is_settling_when_it_would_be_green_without_those_who_settle() -> None:
    counts = Counter({Standing.ON_IT: 1, Standing.SETTLING: 1})
    names = {Standing.SETTLING: ["gw-2"]}
    status = conditions.judge(GROUP, Tally(counts, names=names), meaning())
    assert (status.state, status.settling) == (CommitState.PENDING, True)
    assert status.description == "1/2 on it, 1 settling (gw-2)"
    counts[Standing.WAITING] = 1
    assert not conditions.judge(GROUP, Tally(counts), meaning()).settling


@given(TALLIES, FLEETS, st.text(max_size=400))
def test_words_are_one_line_that_every_forge_takes(
    tally: Tally, fleet: Fleet, error: str
) -> None:
    tally.first_error = error
    text = conditions.judge(GROUP, tally, fleet).description
    assert 0 < len(text) <= DESCRIPTION_LIMIT
    assert len(text.splitlines()) == 1


def test_words_count_what_people_ask_for() -> None:
    counts = {Standing.ON_IT: 812, Standing.WAITING: 181}
    counts |= {Standing.FAILED: 2, Standing.OFFLINE: 5}
    tally = Tally(Counter(counts), first_error="gw-1 no such exporter")
    status = conditions.judge(GROUP, tally, meaning())
    assert status.description == (
        "812/1000 on it, 2 failed, 5 offline: gw-1 no such exporter"
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (agent(Sync.SYNCED), Standing.ON_IT),
        (agent(Sync.SYNCED, here=False), Standing.OFFLINE),
        (agent(Sync.SYNCED, Reason.UNHEALTHY), Standing.UNHEALTHY),
        (agent(Sync.SYNCED, Reason.UNHEALTHY, here=False), Standing.UNHEALTHY),
        (agent(Sync.FAILED, here=False), Standing.FAILED),
        (agent(Sync.ROLLED_BACK), Standing.FAILED),
        (agent(Sync.PENDING, Reason.RENDER_ERROR), Standing.FAILED),
        (agent(Sync.PENDING, Reason.SUSPENDED), Standing.WAITING),
        (agent(Sync.READ_ONLY), Standing.READ_ONLY),
        (agent(Sync.READ_ONLY, here=False), Standing.ABSENT),
        (agent(Sync.UNMANAGED, here=False), Standing.ABSENT),
        (agent(Sync.DRIFTED), Standing.DRIFTED),
        (agent(Sync.DRIFTED, here=False), Standing.DRIFTED),
        (agent(Sync.UNSELECTED), Standing.UNSELECTED),
        (agent(Sync.UNSELECTED, here=False), Standing.UNSELECTED),
        (agent(Sync.TOO_LARGE), Standing.TOO_LARGE),
        (agent(Sync.SYNCED, Reason.COMPARING), Standing.SETTLING),
        (agent(Sync.SYNCED, Reason.UNHEALTHY_BRIEFLY), Standing.SETTLING),
        (agent(Sync.SYNCED, Reason.COMPARING, here=False), Standing.OFFLINE),
    ],
)
def test_an_agent_counts_where_it_stands(found: Agent, expected: Standing) -> None:
    assert conditions.standing(found, expected=False) is expected


def test_an_agent_that_took_a_config_of_ours_and_takes_no_more_turned_read_only() -> (
    None
):
    turned = agent(Sync.READ_ONLY)
    turned.has_run_ours = True
    assert conditions.standing(turned, expected=False) is Standing.TURNED_READ_ONLY
    turned.connection = None
    assert conditions.standing(turned, expected=True) is Standing.TURNED_READ_ONLY


def test_who_never_said_who_it_is_counts_nowhere_once_it_is_away() -> None:
    stray = agent(Sync.UNKNOWN)
    stray.labels = {}
    assert conditions.standing(stray, expected=False) is Standing.WAITING
    stray.connection = None
    assert conditions.standing(stray, expected=False) is Standing.ABSENT


@pytest.mark.parametrize(
    ("doubt", "expected"),
    [
        (Doubt(Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS, ""), Standing.DRIFTED),
        (Doubt(Sync.SYNCED, Reason.UNHEALTHY, ""), Standing.UNHEALTHY),
        (None, Standing.WAITING),
    ],
)
def test_what_is_known_against_an_agent_counts_while_a_message_of_it_is_missing(
    doubt: Doubt | None, expected: Standing
) -> None:
    unknown = agent(Sync.UNKNOWN, Reason.SEQUENCE_GAP)
    unknown.doubt = doubt
    assert conditions.standing(unknown, expected=False) is expected


def test_a_synced_agent_settles_while_it_is_asked_what_was_missed() -> None:
    unknown = agent(Sync.UNKNOWN, Reason.SEQUENCE_GAP)
    unknown.desired = unknown.synced_on = ConfigHash(b"h" * 32)
    assert conditions.standing(unknown, expected=False) is Standing.SETTLING
    unknown.reason = Reason.NOT_REPORTED_YET
    assert conditions.standing(unknown, expected=False) is Standing.WAITING


def test_a_host_of_the_inventory_that_is_away_is_missing() -> None:
    away = agent(Sync.SYNCED, here=False)
    assert conditions.standing(away, expected=True) is Standing.MISSING
    failed = agent(Sync.FAILED, here=False)
    assert conditions.standing(failed, expected=True) is Standing.FAILED


def test_the_end_of_a_description_is_never_cut() -> None:
    assert conditions.shorten("a\nb", "; c") == "a b; c"
    long = conditions.shorten("x" * 500, "; 3 agents")
    assert len(long) == conditions.DESCRIPTION_LIMIT
    assert long.endswith("x…; 3 agents")
