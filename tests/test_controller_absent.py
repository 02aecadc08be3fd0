"""Agents that are away: what stays known of them, and who follows them."""

from dataclasses import replace

import pytest

from reconciler.controller import FORGET_AFTER
from reconciler.state.actions import OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from reconciler.state.awaited import AWAIT
from reconciler.state.conditions import CommitState
from reconciler.state.events import AgentForgotten
from reconciler.state.observed import Capability, RemoteConfigStatus
from tests.playbook import (
    APPLIED,
    FAILED,
    ILL,
    NO_HASH,
    SUPERVISOR,
    UNSET,
    WELL,
    Actor,
    Answer,
    Stage,
)
from tests.toy_fleet import config, effective, fleet, group, rendered, running

SUCCESS, FAILURE, PENDING = (
    CommitState.SUCCESS,
    CommitState.FAILURE,
    CommitState.PENDING,
)
ON_A, ON_B = rendered(running("a")), rendered(running("b"))
READS = SUPERVISOR & ~Capability.ACCEPTS_REMOTE_CONFIG


def offered(answer: Answer) -> list[bytes]:
    return [one.config.hash for one in answer if isinstance(one, OfferRemoteConfig)]


def failed_on_b() -> tuple[Stage, Actor]:
    """One agent of two failed config b, and left."""
    stage = Stage()
    stage.commit(running("a", "c1"))
    agents = [stage.actor(labels={"host.name": name}) for name in ("x", "y")]
    for agent in agents:
        agent.connects()
        agent.takes(ON_A)
    stage.commit(running("b", "c2"))
    agents[0].takes(ON_B)
    agents[1].echoes(ON_B, FAILED, "unknown exporter")
    agents[1].leaves()
    stage.wait(1)
    assert stage.status("c2") is FAILURE
    return stage, agents[1]


# Silence does not heal.


def test_a_failed_agent_counts_for_as_long_as_the_setting_says() -> None:
    stage, _ = failed_on_b()
    stage.wait(FORGET_AFTER - 3600, step=3600)
    assert stage.words("c2").startswith("1/2 on it, 1 failed: y unknown exporter")
    stage.wait(2 * 3600, step=3600)
    assert (stage.status("c2"), stage.words("c2")) == (SUCCESS, "1/1 on it")


def test_what_it_failed_outlives_that_and_a_restart_while_the_hash_is_wanted() -> None:
    stage, agent = failed_on_b()
    stage.wait(FORGET_AFTER + 3600, step=3600)
    stage.restart(orderly=False)
    agent.status = RemoteConfigStatus(NO_HASH, UNSET)
    sent = offered(agent.restarts() + stage.wait(600, step=5))
    assert set(sent) == {ON_A.hash}
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    assert agent.known.good == ON_A.hash
    assert stage.status("c2") is FAILURE


def test_a_forgotten_agent_that_is_down_on_it_is_given_its_last_good_config() -> None:
    stage, agent = failed_on_b()
    stage.wait(FORGET_AFTER + 3600, step=3600)
    agent.health = ILL
    assert offered(agent.restarts() + stage.wait(10)) == [ON_A.hash]


def test_once_the_hash_is_wanted_no_more_nothing_is_left_of_it() -> None:
    stage, agent = failed_on_b()
    stage.wait(FORGET_AFTER + 3600, step=3600)
    assert agent.uid in stage.kept.agents
    stage.commit(running("c", "c3"))
    stage.wait(1)
    assert agent.uid not in stage.kept.agents
    assert offered(agent.restarts()) == [rendered(running("c")).hash]


def test_a_restart_gives_an_agent_that_is_away_no_more_time() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_A)
    stage.restart(orderly=False)  # it never returns
    stage.wait(AWAIT + 10)
    for _ in range(8):
        stage.wait(FORGET_AFTER / 8, step=3600)
        stage.restart(orderly=False)
    stage.wait(3600, step=60)
    assert agent.uid not in stage.controller.agents


def test_a_group_says_itself_how_long_its_agents_count() -> None:
    stage = Stage()
    short = group("edge", "{}", forgetAfter="1h")
    stage.commit(fleet("c1", short, config("all", "a")))
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_A)
    agent.leaves()
    leaves_at = stage.now
    assert stage.controller.forgotten_at(agent.uid) == leaves_at + 3600
    stage.wait(3500, step=60)
    assert agent.uid in stage.controller.agents
    stage.wait(200, step=60)
    assert agent.uid not in stage.controller.agents


def test_forgetting_an_agent_forgets_what_it_failed() -> None:
    stage, agent = failed_on_b()
    stage.handle(AgentForgotten(agent.uid))
    stage.wait(1)
    assert (stage.status("c2"), stage.words("c2")) == (SUCCESS, "1/1 on it")
    agent.status, agent.health = RemoteConfigStatus(NO_HASH, UNSET), WELL
    assert offered(agent.restarts()) == [ON_B.hash]


# A new uid from the same host.


def again(agent: Actor, **labels: str) -> Actor:
    """The same service on the same host, under another uid."""
    stage = agent.stage
    return replace(
        agent,
        uid=stage.new_uid(),
        number=-1,
        connection=None,
        labels={**agent.labels, **labels},
    )


def synced(stage: Stage, **labels: str) -> Actor:
    labels = {"host.name": "x", "service.name": "otelcol", **labels}
    agent = stage.actor(labels=labels)
    agent.connects()
    agent.takes(ON_A)
    return agent


def on_a(stage: Stage) -> Stage:
    stage.commit(running("a", "c1"))
    return stage


def test_a_new_uid_goes_on_with_the_record_of_the_one_that_is_away() -> None:
    agent = synced(on_a(Stage()))
    agent.leaves()
    new = again(agent)
    assert new.connects() == []
    assert new.stands == (Sync.SYNCED, Reason.RUNNING)
    assert list(agent.stage.controller.agents) == [new.uid]
    assert list(agent.stage.kept.agents) == [new.uid]
    agent.stage.wait(1)
    assert agent.stage.words("c1") == "1/1 on it"


def test_a_failure_is_taken_over_and_healed_by_proof_only() -> None:
    stage, agent = failed_on_b()
    agent.status = RemoteConfigStatus(NO_HASH, UNSET)
    new = again(agent)
    sent = offered(new.connects() + stage.wait(600, step=5))
    assert set(sent) == {ON_A.hash}
    assert new.stands == (Sync.FAILED, Reason.REJECTED)
    new.echoes(ON_B, APPLIED)
    new.effective = effective("")
    new.takes(ON_B)
    assert new.stands == (Sync.SYNCED, Reason.RUNNING)
    assert stage.status("c2") is SUCCESS


def test_the_successor_of_an_awaited_agent_ends_the_waiting() -> None:
    agent = synced(on_a(Stage()))
    stage = agent.stage
    stage.commit(running("b", "c2"))
    stage.restart(orderly=False)
    new = again(agent)
    new.connects()
    new.takes(ON_B)
    assert stage.now < 1_000_000 + AWAIT
    assert (stage.status("c2"), stage.words("c2")) == (SUCCESS, "1/1 on it")


def test_read_only_agents_that_restart_are_counted_once() -> None:
    stage = on_a(Stage())
    agents = [
        stage.actor(labels={"host.name": f"h{n}"}, capabilities=READS) for n in range(3)
    ]
    for agent in agents:
        agent.connects()
    for _ in range(3):
        for agent in agents:
            agent.leaves()
        agents = [again(agent) for agent in agents]
        for agent in agents:
            agent.connects()
    stage.wait(20)
    assert stage.words("c1") == "0 agents, 3 read-only"
    assert len(stage.controller.agents) == 3


def test_a_successor_that_comes_before_its_old_socket_died_takes_over_then() -> None:
    agent = synced(on_a(Stage()))
    stage = agent.stage
    stage.wait(5)
    new = again(agent)
    new.connects()
    assert len(stage.controller.agents) == 2
    stage.wait(15)
    agent.leaves()
    assert list(stage.controller.agents) == [new.uid]
    stage.wait(1)
    assert stage.words("c1") == "1/1 on it"


def test_a_polling_agent_with_a_younger_rival_is_away_sooner() -> None:
    stage = on_a(Stage())
    agent = stage.actor(polls=True, labels={"host.name": "x"})
    agent.connects()
    agent.takes(ON_A)
    for _ in range(5):
        stage.wait(30)
        agent.says()
    stage.wait(10)
    new = again(agent)
    new.connects()
    stage.wait(30)
    assert len(stage.controller.agents) == 2
    new.says()
    stage.wait(15)
    assert list(stage.controller.agents) == [new.uid]


def test_clones_that_are_both_alive_are_two_agents_also_when_one_leaves() -> None:
    agent = synced(on_a(Stage()))
    stage = agent.stage
    stage.wait(5)
    clone = again(agent)
    clone.connects()
    stage.wait(5)
    agent.says()
    agent.leaves()
    assert set(stage.controller.agents) == {agent.uid, clone.uid}
    third = again(agent)
    third.connects()
    assert set(stage.controller.agents) == {agent.uid, clone.uid, third.uid}


@pytest.mark.parametrize(
    "other",
    [
        {"host.name": "y"},
        {"host.id": "m-2"},
        {"service.name": "other"},
        {"service.instance.id": "gw-2"},
        {"k8s.pod.name": "otelcol-f7k2p"},
    ],
)
def test_another_host_or_service_is_another_agent(other: dict[str, str]) -> None:
    agent = synced(on_a(Stage()), **{"host.id": "m-1", "service.instance.id": "gw-1"})
    agent.leaves()
    again(agent, **other).connects()
    assert len(agent.stage.controller.agents) == 2
