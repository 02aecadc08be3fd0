"""Agents that are away: what stays known of them, and who follows them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.controller import FORGET_AFTER
from reconciler.state.actions import AskFullState, OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from reconciler.state.awaited import AWAIT
from reconciler.state.conditions import CommitState
from reconciler.state.events import AgentForgotten
from reconciler.state.observed import Capability, Health, RemoteConfigStatus
from tests.playbook import (
    APPLIED,
    APPLYING,
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
from tests.toy_fleet import (
    collector,
    config,
    effective,
    fleet,
    group,
    rendered,
    running,
)

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


def two(**defaults: str) -> tuple[Stage, Actor, Actor]:
    """Two agents that run config a, and the commit that is green for it."""
    stage = Stage()
    stage.commit(running("a", "c1", **defaults))
    agents = [stage.actor(labels={"host.name": name}) for name in ("x", "y")]
    for agent in agents:
        agent.connects()
        agent.takes(ON_A)
    return stage, agents[0], agents[1]


def is_edited(agent: Actor) -> None:
    agent.runs(collector("by-hand"))
    agent.stage.wait(11)
    assert agent.stage.status("c1") is FAILURE


def loses_a_message(agent: Actor) -> None:
    agent.number += 1
    agent.says()


def sees_a_restart(agent: Actor) -> None:
    agent.stage.restart()
    agent.returns()


def sees_a_conflict(agent: Actor) -> None:
    agent.leaves()
    clash = (config("everyone", "a"), config("clash", "z"))
    agent.stage.commit(fleet("c2", *clash, drift="report"))
    agent.stage.wait(1)
    agent.reopens()


@pytest.mark.parametrize("happens", [loses_a_message, sees_a_restart, sees_a_conflict])
def test_drift_stays_known_of_an_agent_that_leaves_whatever_happened_before(
    happens: Callable[[Actor], None],
) -> None:
    stage, other, agent = two(drift="report")
    is_edited(agent)
    happens(agent)
    agent.leaves()
    other.restarts()
    stage.commit(running("a", "c3", drift="report"))
    stage.wait(120)
    assert stage.status("c3") is FAILURE
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)


def test_a_difference_that_an_agent_takes_along_is_believed() -> None:
    stage, _, agent = two()
    agent.runs(collector("by-hand"))
    stage.wait(2)
    agent.leaves()
    stage.wait(1)
    assert stage.status("c1") is FAILURE
    assert "1 drifted: y /exporters" in stage.words("c1")


def test_an_agent_that_was_ill_for_long_and_left_is_still_ill() -> None:
    stage, _, agent = two()
    agent.feels(ILL)
    stage.wait(11)
    agent.leaves()
    stage.wait(60)
    assert stage.words("c1") == "1/2 on it, 1 unhealthy: y exit code 1"


def test_an_agent_that_falls_ill_as_it_shuts_down_is_just_away() -> None:
    stage, _, agent = two()
    agent.feels(ILL)
    stage.wait(2)
    agent.leaves()
    stage.wait(60)
    assert (stage.status("c1"), stage.words("c1")) == (SUCCESS, "1/2 on it, 1 offline")


def test_an_agent_that_turned_read_only_and_left_counts_as_that() -> None:
    stage, _, agent = two()
    agent.capabilities = READS
    agent.says(**agent.everything())
    agent.leaves()
    stage.wait(1)
    assert "1 turned read-only" in stage.words("c1")
    assert stage.status("c1") is FAILURE


@pytest.mark.parametrize("gap", [0, 1])
def test_a_failure_is_heard_with_the_last_words_of_an_agent(gap: int) -> None:
    stage, other, agent = two()
    stage.commit(running("b", "c2"))
    other.takes(ON_B)
    agent.number += gap
    agent.status = RemoteConfigStatus(ON_B.hash, FAILED, "no such exporter")
    agent.says(remote_config_status=agent.status, disconnect=True)
    agent.connection = None
    stage.wait(1)
    assert stage.status("c2") is FAILURE
    agent.status = RemoteConfigStatus(NO_HASH, UNSET)
    assert ON_B.hash not in offered(agent.restarts() + stage.wait(60))


def test_after_a_restart_an_agent_says_what_it_runs_before_a_new_config_counts() -> (
    None
):
    stage, other, agent = two(drift="report")
    stage.restart()
    other.returns()
    agent.returns()
    stage.commit(running("b", "c2", drift="report"))
    other.takes(ON_B)
    for status in (APPLYING, APPLIED):  # what it runs stays what it was
        agent.says(remote_config_status=RemoteConfigStatus(ON_B.hash, status))
    sent = stage.wait(11)
    assert AskFullState(agent.uid) in sent
    assert stage.status("c2") is PENDING
    agent.status = RemoteConfigStatus(ON_B.hash, APPLIED)
    agent.says(**agent.everything())
    stage.wait(20)
    assert stage.status("c2") is FAILURE
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)


@pytest.mark.parametrize("answers", [True, False])
def test_an_agent_that_says_no_effective_config_is_asked_once_for_it(
    *, answers: bool
) -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor()
    told = {**agent.everything(), "effective_config": None}
    agent.connects(**told)
    agent.says(**told)
    for status in (APPLYING, APPLIED):
        agent.status = RemoteConfigStatus(ON_A.hash, status)
        agent.says(remote_config_status=agent.status)
    assert stage.wait(11) == [AskFullState(agent.uid)]
    if answers:
        agent.says(**{**told, "remote_config_status": agent.status})
    assert stage.wait(60) == []
    assert stage.status("c1") is (SUCCESS if answers else PENDING)
    counted = Sync.SYNCED if answers else Sync.UNCONFIRMED
    assert agent.stands[0] is counted


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
    stage.wait(50)
    assert stage.words("c1") == "1/2 on it, 1 offline"  # it may return
    stage.wait(20)
    assert list(stage.controller.agents) == [new.uid]
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


def test_a_crash_loop_under_new_uids_is_one_agent_in_the_end() -> None:
    stage = on_a(Stage())
    agent = stage.actor(polls=True, labels={"host.name": "p"})
    agent.connects()
    agent.takes(ON_A)
    stage.commit(running("b", "c2"))
    agent.says()
    agent.echoes(ON_B, FAILED, "no such exporter")
    for _ in range(3):
        stage.wait(10)
        agent = again(agent)
        agent.connects()
    for _ in range(20):
        stage.wait(15)
        agent.says()
    assert list(stage.controller.agents) == [agent.uid]
    assert stage.words("c2").startswith("0/1 on it, 1 failed: p ")


def test_a_failure_is_taken_over_though_an_older_socket_did_not_die_yet() -> None:
    agent = synced(on_a(Stage()))
    stage = agent.stage
    stage.wait(5)
    stage.commit(running("b", "c2"))
    second = again(agent)
    second.connects()
    stage.wait(1)
    second.echoes(ON_B, FAILED, "no such exporter")
    stage.wait(1)
    second.leaves()
    stage.wait(1)
    third = again(second)
    third.status = RemoteConfigStatus(NO_HASH, UNSET)
    assert offered(third.connects()) == []
    stage.wait(1)
    agent.leaves()
    stage.wait(61)
    assert list(stage.controller.agents) == [third.uid]
    assert third.stands[0] is Sync.FAILED


def polls(agent: Actor, seconds: float) -> None:
    for _ in range(round(seconds / 2)):
        agent.stage.wait(2)
        agent.says()


def polling(stage: Stage) -> Actor:
    """A polling agent that is on `a`, and whose rhythm is known."""
    agent = stage.actor(polls=True, labels={"host.name": "x"})
    agent.connects()
    agent.takes(ON_A)
    polls(agent, 20)
    return agent


def test_a_polling_agent_that_restarts_twice_within_the_patience_is_one() -> None:
    stage = on_a(Stage())
    agent = polling(stage)
    for _ in range(2):
        stage.wait(1)
        agent = again(agent)
        agent.connects()
        polls(agent, 4)
    polls(agent, 120)
    assert list(stage.controller.agents) == [agent.uid]


@pytest.mark.parametrize("orderly", [True, False])
def test_a_restart_within_the_patience_with_a_polling_agent_leaves_no_ghost(
    *, orderly: bool
) -> None:
    stage = on_a(Stage())
    agent = polling(stage)
    stage.wait(1)
    new = again(agent)
    new.connects()
    new.takes(ON_A)
    assert len(stage.controller.agents) == 2
    stage.restart(orderly=orderly)
    new.returns()
    assert list(stage.controller.agents) == [new.uid]


def test_an_agent_that_follows_two_takes_over_each_once_it_is_away() -> None:
    # The first socket is half open; the second agent is away before the third comes.
    stage = on_a(Stage())
    first = synced(stage)
    stage.wait(1)
    second = again(first)
    second.connects()
    stage.wait(1)
    second.leaves()
    stage.wait(1)
    third = again(first)
    third.connects()
    assert set(stage.controller.agents) == {first.uid, third.uid}
    first.leaves()
    stage.wait(61)
    assert list(stage.controller.agents) == [third.uid]


def test_a_clone_that_loses_its_socket_and_returns_is_not_merged() -> None:
    stage, _, agent = two()
    stage.commit(running("b", "c2"))
    agent.echoes(ON_B, FAILED, "no such exporter")
    stage.wait(5)
    clone = again(agent)
    clone.connects()
    clone.takes(ON_B)
    agent.leaves()
    stage.wait(30)
    agent.returns()
    stage.wait(61)
    assert {agent.uid, clone.uid} <= set(stage.controller.agents)
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    assert stage.status("c2") is FAILURE


def test_a_good_bye_after_the_successor_spoke_makes_no_clones() -> None:
    stage, _, agent = two()
    stage.wait(5)
    new = again(agent)
    new.connects()
    stage.wait(1)
    agent.says(disconnect=True)
    agent.connection = None
    stage.wait(61)
    assert agent.uid not in stage.controller.agents
    assert stage.words("c1") == "2/2 on it"


def test_a_crash_loop_under_new_uids_is_found_out_and_ended() -> None:
    stage, other, agent = two()
    stage.commit(running("b", "c2"))
    other.takes(ON_B)
    agent.echoes(ON_B, APPLYING)
    agent.echoes(ON_B, APPLIED)
    agent.feels(ILL)
    stage.wait(2)
    sent: Answer = []
    for _ in range(8):
        agent.leaves()
        stage.wait(1)
        agent = again(agent)
        sent += agent.connects() + stage.wait(4)
    assert agent.stands == (Sync.FAILED, Reason.UNHEALTHY_AFTER)
    assert ON_A.hash in offered(sent)
    assert stage.status("c2") is FAILURE


@pytest.mark.parametrize("orderly", [True, False])
def test_what_is_taken_over_outlives_a_restart_before_all_was_told(
    *, orderly: bool
) -> None:
    stage, agent = failed_on_b()
    new = again(agent)
    new.status = RemoteConfigStatus(NO_HASH, UNSET)
    new.reopens()
    described = {"description": new.everything()["description"]}
    new.sends(first=True, **described)
    stage.restart(orderly=orderly)
    new.returns()
    sent = new.says(**new.everything()) + stage.wait(60)
    assert ON_B.hash not in offered(sent)
    assert new.known.good == ON_A.hash
    assert stage.status("c2") is FAILURE


def test_many_messages_while_a_poller_applies_a_config_are_no_rhythm() -> None:
    stage = on_a(Stage())
    agent = stage.actor(polls=True)
    agent.connects()
    agent.takes(ON_A)
    for _ in range(20):
        stage.wait(0.5)
        agent.says(health=agent.health)  # as a supervisor repeats it
    stage.wait(30)
    assert agent.known.is_reachable


def test_a_poller_that_has_news_in_each_poll_is_known_by_its_rhythm_too() -> None:
    stage = on_a(Stage())
    agent = stage.actor(polls=True)
    agent.connects()
    agent.takes(ON_A)
    for number in range(5):
        stage.wait(600, step=10)
        agent.feels(Health(healthy=True, status=f"run {number}"))
    stage.wait(600, step=10)
    assert agent.known.is_reachable


def test_forgetting_ends_what_is_remembered_of_one_that_counts_no_more() -> None:
    stage, agent = failed_on_b()
    stage.wait(FORGET_AFTER + 3600, step=3600)
    stage.handle(AgentForgotten(agent.uid))
    agent.status = RemoteConfigStatus(NO_HASH, UNSET)
    assert offered(agent.restarts()) == [ON_B.hash]


@pytest.mark.parametrize("orderly", [True, False])
def test_clones_are_still_two_agents_after_a_restart(*, orderly: bool) -> None:
    agent = synced(on_a(Stage()))
    stage = agent.stage
    stage.wait(5)
    clone = again(agent)
    clone.connects()
    stage.wait(30)
    agent.says()
    stage.restart(orderly=orderly)
    clone.restarts()
    assert set(stage.controller.agents) == {agent.uid, clone.uid}
    agent.restarts()
    assert set(stage.controller.agents) == {agent.uid, clone.uid}


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
