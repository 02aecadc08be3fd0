from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reconciler.ids import format_uid
from reconciler.simulator import personality, population
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import SimulationSettings

SERVER = "ws://127.0.0.1:4320"


def build(http_share: float = 0.0, **settings: object) -> list[SimulatedAgent]:
    return population.build(
        SimulationSettings(SERVER, **settings),  # type: ignore[arg-type]  # values of several types
        http_share=http_share,
    )


def portrait(agent: SimulatedAgent) -> tuple[object, ...]:
    return (
        agent.identity,
        agent.personality,
        agent.supervisor.pace,
        agent.polls,
        agent.heartbeat,
    )


def test_one_seed_makes_the_same_fleet_every_time() -> None:
    mix = personality.parse_mix("slow=0.2,clones=0.2")
    one, again = (build(0.3, agents=40, seed=7, mix=mix) for _ in range(2))
    assert [portrait(agent) for agent in one] == [portrait(agent) for agent in again]


def test_another_seed_makes_another_fleet() -> None:
    one, other = build(agents=10, seed=1), build(agents=10, seed=2)
    assert not {agent.uid for agent in one} & {agent.uid for agent in other}


@given(agents=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_every_uid_is_a_uuid_of_version_7_and_no_two_are_equal(
    agents: int, seed: int
) -> None:
    uids = [UUID(bytes=agent.uid) for agent in build(agents=agents, seed=seed)]
    assert {(uid.version, uid.variant) for uid in uids} == {
        (7, "specified in RFC 4122")
    }
    assert len(set(uids)) == agents
    assert uids == sorted(uids)


def test_agents_have_roles_and_environments() -> None:
    labels = [agent.labels for agent in build(agents=200)]
    roles = Counter(one["role"] for one in labels)
    environments = Counter(one["deployment.environment.name"] for one in labels)
    assert roles["node-agent"] > roles["gateway"] > 0
    assert environments["production"] > environments["staging"] > 0


def test_a_host_is_named_by_its_role_and_number() -> None:
    agents = build(agents=3, labels={"role": ("gateway",)})
    assert [agent.identity.host_name for agent in agents] == [
        "gateway-00000",
        "gateway-00001",
        "gateway-00002",
    ]


def test_a_label_with_several_values_is_drawn_from_them() -> None:
    agents = build(agents=50, labels={"zone": ("a", "b")})
    assert {agent.labels["zone"] for agent in agents} == {"a", "b"}


def test_agents_with_equal_labels_share_one_mapping() -> None:
    agents = build(agents=200)
    assert len({id(agent.identity.labels) for agent in agents}) == 4


def test_the_mix_is_kept_and_shuffled_in() -> None:
    mix = personality.parse_mix("slow=0.25,drifts=0.25")
    drawn = [agent.personality for agent in build(agents=40, mix=mix)]
    assert Counter(drawn) == {
        Personality.GOOD: 20,
        Personality.SLOW: 10,
        Personality.DRIFTS: 10,
    }
    assert drawn != sorted(drawn)


def test_clones_come_in_pairs_with_one_uid_and_two_hosts() -> None:
    mix = personality.parse_mix("clones=0.5")
    agents = build(agents=10, mix=mix)
    clones = [one for one in agents if one.personality is Personality.CLONES]
    shared = Counter(format_uid(one.uid) for one in clones)
    assert sorted(shared.values()) == [1, 2, 2]
    assert len({one.identity.host_name for one in clones}) == 5
    assert len({one.uid for one in agents}) == 8


def test_the_share_of_pollers_is_kept() -> None:
    assert sum(agent.polls for agent in build(0.2, agents=50)) == 10
    assert not any(agent.polls for agent in build(0.0, agents=50))
    assert all(agent.polls for agent in build(1.0, agents=50))


def test_no_two_hosts_are_equally_fast_and_none_is_far_off() -> None:
    paces = [agent.supervisor.pace for agent in build(agents=50)]
    assert len({pace.apply for pace in paces}) == 50
    assert all(0.21 <= pace.apply <= 0.39 for pace in paces)


def test_a_slow_host_is_twenty_times_slower() -> None:
    [slow] = build(agents=1, mix={Personality.SLOW: 1.0})
    assert 4.2 <= slow.supervisor.pace.apply <= 7.8
