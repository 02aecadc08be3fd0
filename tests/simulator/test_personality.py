from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import personality
from reconciler.simulator.personality import Personality, Reaction

ACCEPTS = opamp_pb2.AgentCapabilities_AcceptsRemoteConfig
REPORTS = opamp_pb2.AgentCapabilities_ReportsRemoteConfig
COMPONENTS = opamp_pb2.AgentCapabilities_ReportsAvailableComponents


def test_an_ordinary_agent_announces_what_a_supervisor_announces() -> None:
    assert Personality.GOOD.capabilities == 0x7C47


def test_a_read_only_agent_neither_takes_nor_reports_remote_configs() -> None:
    assert not Personality.READ_ONLY.capabilities & (ACCEPTS | REPORTS)


def test_an_agent_that_never_reports_takes_remote_configs_all_the_same() -> None:
    assert Personality.NEVER_REPORTS.capabilities & ACCEPTS
    assert not Personality.NEVER_REPORTS.capabilities & REPORTS


def test_an_agent_that_hides_its_components_announces_all_the_rest() -> None:
    assert Personality.HIDES_COMPONENTS.capabilities == 0x7C47 & ~COMPONENTS


@pytest.mark.parametrize("one", Personality)
def test_every_personality_reports_status_as_the_specification_demands(
    one: Personality,
) -> None:
    assert one.capabilities & opamp_pb2.AgentCapabilities_ReportsStatus


def test_only_three_are_picky_and_each_stumbles_in_its_own_way() -> None:
    assert {one: one.reaction for one in Personality if one.is_picky} == {
        Personality.REJECTS: Reaction.KEEP_OLD,
        Personality.CRASHES: Reaction.GO_DOWN,
        Personality.ROLLS_BACK: Reaction.ROLL_BACK,
    }


def test_what_a_mix_leaves_open_is_good() -> None:
    assert personality.parse_mix("slow=0.25") == {
        Personality.SLOW: 0.25,
        Personality.GOOD: 0.75,
    }


def test_an_empty_mix_is_all_good() -> None:
    assert personality.parse_mix("") == {Personality.GOOD: 1.0}


def test_spaces_and_empty_parts_of_a_mix_are_no_fault() -> None:
    assert personality.parse_mix(" good=0.5 , drifts = 0.5,") == {
        Personality.GOOD: 0.5,
        Personality.DRIFTS: 0.5,
    }


def test_ten_tenths_are_not_over_one() -> None:
    names = [one for one in Personality if one is not Personality.GOOD][:10]
    mix = personality.parse_mix(",".join(f"{name}=0.1" for name in names))
    assert mix[Personality.GOOD] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("evil=0.1", "no personality is called 'evil'"),
        ("good", "the share of good must be a number from 0 to 1, not ''"),
        ("good=most", "the share of good must be a number from 0 to 1, not 'most'"),
        ("good=-0.1", "the share of good must be a number from 0 to 1, not '-0.1'"),
        ("good=nan", "the share of good must be a number from 0 to 1, not 'nan'"),
        ("slow=0.6,drifts=0.6", "the shares of the mix add up to 1.2, over 1"),
        ("slow=0.6,slow=0.2", "slow stands in the mix twice"),
    ],
)
def test_a_wrong_mix_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        personality.parse_mix(text)


def test_an_unknown_personality_is_told_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        personality.parse_mix("evil=1")
    assert caught.value.hint == f"known are {', '.join(Personality)}"


def test_shares_become_whole_agents_by_largest_remainder() -> None:
    mix = {Personality.GOOD: 0.9, Personality.SLOW: 0.05, Personality.DRIFTS: 0.05}
    assert Counter(personality.allot(mix, 10)) == {
        Personality.GOOD: 9,
        Personality.SLOW: 1,
    }
    assert Counter(personality.allot(mix, 100)) == {
        Personality.GOOD: 90,
        Personality.SLOW: 5,
        Personality.DRIFTS: 5,
    }


@given(
    shares=st.dictionaries(
        st.sampled_from(Personality), st.floats(0.01, 1.0), min_size=1
    ),
    agents=st.integers(0, 500),
)
def test_any_mix_is_allotted_to_all_agents_within_one_of_its_share(
    shares: dict[Personality, float], agents: int
) -> None:
    counts = Counter(personality.allot(shares, agents))
    total = sum(shares.values())
    assert sum(counts.values()) == agents
    for one, share in shares.items():
        assert abs(counts[one] - agents * share / total) < 1 + 1e-6
