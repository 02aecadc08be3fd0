"""Sync states of the design and how agents move between them."""

from typing import Any

from reconciler.state.actions import OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from reconciler.state.observed import Capability
from tests.playbook import (
    APPLIED,
    APPLYING,
    SUPERVISOR,
    Actor,
    Stage,
)
from tests.toy_fleet import rendered, running

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
