"""Sync states of the design and how agents move between them."""

import itertools
from typing import Any

from reconciler.state.actions import OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from reconciler.state.observed import Capability
from tests.playbook import (
    APPLIED,
    APPLYING,
    FAILED,
    SUPERVISOR,
    Actor,
    Stage,
)
from tests.toy_fleet import config, fleet, rendered, running

A, B = running("a"), running("b", "c2")
ON_A, ON_B = rendered(A), rendered(B)


def offers(answer: object) -> list[OfferRemoteConfig]:
    assert isinstance(answer, list)
    assert all(isinstance(one, OfferRemoteConfig) for one in answer), answer
    return answer


def synced(stage: Stage, **given: Any) -> Actor:
    agent = stage.actor(**given)
    agent.connects()
    agent.takes(ON_A)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    return agent


def test_an_agent_is_offered_its_config_in_the_answer_to_its_first_message() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor()
    (offer,) = offers(agent.connects())
    assert offer.config == ON_A
    assert offer.generation == 1
    assert agent.stands == (Sync.OFFERED, Reason.SENT)


def test_offered_applying_soaking_synced() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor()
    agent.connects()
    assert agent.echoes(ON_A, APPLYING) == []
    assert agent.stands == (Sync.APPLYING, Reason.ACKNOWLEDGED)
    assert agent.echoes(ON_A, APPLIED) == []
    assert agent.stands == (Sync.APPLYING, Reason.SOAKING)
    stage.wait(9)
    assert agent.stands == (Sync.APPLYING, Reason.SOAKING)
    assert stage.wait(2) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_an_agent_that_cannot_report_health_is_synced_by_its_status() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor(
        health=None, capabilities=SUPERVISOR & ~Capability.REPORTS_HEALTH
    )
    agent.connects()
    agent.takes(ON_A)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_a_silent_agent_is_asked_twice_and_then_failed() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor()
    agent.connects()
    assert offers(stage.wait(29)) == []
    (again,) = offers(stage.wait(2))
    assert again.config == ON_A
    assert agent.known.offer is not None
    assert agent.known.offer.attempt == 2
    assert stage.wait(600) == []
    assert agent.stands == (Sync.FAILED, Reason.NO_ANSWER)
    assert agent.known.detail == "no answer to 2 offers"
    assert agent.echoes(ON_A, APPLIED) == []
    stage.wait(11)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_heartbeats_are_no_answer_to_an_offer() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor()
    agent.connects()
    sent = []
    for _ in range(60):
        sent += agent.says() + stage.wait(10)
    assert [one.config for one in offers(sent)] == [ON_A]
    assert agent.stands == (Sync.FAILED, Reason.NO_ANSWER)


def test_nothing_is_sent_to_an_agent_that_nothing_selects() -> None:
    stage = Stage()
    stage.commit(fleet("c1", config("gateways", "a", "{matchLabels: {role: gateway}}")))
    agent = stage.actor(labels={"role": "node"})
    assert agent.connects() == []
    assert agent.stands == (Sync.UNMANAGED, Reason.NOT_SELECTED)


def test_an_agent_follows_its_labels_to_another_config() -> None:
    gateways = config("gateways", "a", "{matchLabels: {role: gateway}}")
    nodes = config("nodes", "b", "{matchLabels: {role: node}}")
    stage = Stage()
    stage.commit(fleet("c1", gateways, nodes))
    agent = stage.actor(labels={"role": "node"})
    (first,) = offers(agent.connects())
    agent.takes(first.config)
    agent.labels["role"] = "gateway"
    (second,) = offers(agent.says(**agent.everything()))
    assert (first.config.hash, second.config.hash) == (ON_B.hash, ON_A.hash)


def test_nothing_is_sent_to_a_read_only_agent() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor(capabilities=SUPERVISOR & ~Capability.ACCEPTS_REMOTE_CONFIG)
    assert agent.connects() == []
    assert agent.stands == (Sync.READ_ONLY, Reason.ACCEPTS_REMOTE_CONFIG_OFF)
    assert "`accepts_remote_config: true`" in agent.known.detail


def test_before_the_first_revision_agents_wait_for_it() -> None:
    stage = Stage()
    agent = stage.actor()
    assert agent.connects() == []
    assert agent.stands == (Sync.PENDING, Reason.NO_REVISION)
    stage.commit(A)
    assert [one.config for one in offers(stage.pushed)] == [ON_A]


def test_a_blocked_render_keeps_the_agent_on_what_it_has_and_says_why() -> None:
    stage = Stage()
    stage.commit(A)
    agent = synced(stage)
    stage.commit(fleet("c2", config("one", "a"), config("two", "b")))
    assert stage.wait(600) == []
    assert agent.stands == (Sync.PENDING, Reason.RENDER_ERROR)
    assert "fleet.yaml:" in agent.known.detail


def test_a_suspended_group_is_sent_nothing_until_it_is_resumed() -> None:
    stage = Stage()
    stage.commit(running("a", "c1", suspend="true"))
    agent = stage.actor()
    assert agent.connects() == []
    assert agent.stands == (Sync.PENDING, Reason.SUSPENDED)
    assert stage.wait(600) == []
    stage.commit(running("a", "c2"))
    assert [one.config for one in offers(stage.pushed)] == [ON_A]


def test_a_polling_agent_is_sent_nothing_but_answers() -> None:
    stage = Stage()
    stage.commit(A)
    agent = synced(stage, polls=True)
    stage.commit(B)
    assert agent.stands == (Sync.PENDING, Reason.WAITS_FOR_POLL)
    assert stage.wait(30) == []
    (offer,) = offers(agent.says())
    assert offer.config == ON_B
    assert stage.wait(31) == []
    assert agent.stands == (Sync.PENDING, Reason.WAITS_FOR_POLL)
    (again,) = offers(agent.says())
    assert again.config == ON_B
    agent.takes(ON_B)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_an_agent_that_left_waits_for_its_return() -> None:
    stage = Stage()
    stage.commit(A)
    agent = synced(stage)
    agent.leaves()
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    stage.commit(B)
    assert agent.stands == (Sync.PENDING, Reason.DISCONNECTED)
    assert stage.wait(60) == []
    (offer,) = offers(agent.returns())
    assert offer.config == ON_B


def test_offers_that_lost_connections_took_along_are_sent_again_ever_later() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor()
    agent.connects()
    sent_at = []
    for _ in range(400):
        agent.leaves()
        answer = agent.returns() + stage.wait(1, step=1)
        sent_at += [stage.now for _ in offers(answer)]
    waits = [later - earlier for earlier, later in itertools.pairwise(sent_at)]
    assert len(sent_at) < 10
    assert waits == sorted(waits)
    assert waits[-1] >= 100


def test_an_agent_that_cannot_report_a_status_is_offered_once_a_connection() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor(capabilities=SUPERVISOR & ~Capability.REPORTS_REMOTE_CONFIG)
    assert len(offers(agent.connects())) == 1
    assert agent.stands == (Sync.UNCONFIRMED, Reason.REPORTS_REMOTE_CONFIG_OFF)
    assert agent.says() + stage.wait(600) == []
    agent.leaves()
    stage.wait(1)
    assert len(offers(agent.returns())) == 1
    assert agent.says() + stage.wait(600) == []
    assert agent.stands == (Sync.UNCONFIRMED, Reason.REPORTS_REMOTE_CONFIG_OFF)
    assert "`reports_remote_config: true`" in agent.known.detail


def test_an_unconfirmed_agent_that_flaps_is_offered_with_growing_waits() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor(capabilities=SUPERVISOR & ~Capability.REPORTS_REMOTE_CONFIG)
    sent = offers(agent.connects())
    for _ in range(200):
        agent.leaves()
        sent += offers(agent.returns() + stage.wait(1, step=1))
    assert len(sent) < 10


def test_an_older_status_that_comes_late_does_not_close_a_newer_offer() -> None:
    stage = Stage()
    stage.commit(A)
    agent = stage.actor()
    agent.connects()
    stage.commit(B)
    assert agent.echoes(ON_A, APPLIED) == []
    assert agent.stands == (Sync.OFFERED, Reason.SENT)
    assert agent.echoes(ON_A, FAILED, "too late") == []
    assert agent.stands == (Sync.OFFERED, Reason.SENT)
    assert agent.known.failures == {}
    agent.takes(ON_B)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
