import pytest

from reconciler.state.actions import AskComponents, AskFullState, OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from reconciler.state.builds import ANSWER_WITHIN, TOLD_WITHIN
from reconciler.state.conditions import CommitState
from reconciler.state.observed import AvailableComponents, Capability
from tests.playbook import (
    APPLIED,
    APPLYING,
    FAILED,
    ILL,
    SUPERVISOR,
    Actor,
    Answer,
    Stage,
)
from tests.toy_fleet import collector, config, fleet, rendered, running

A, B = running("a", "c1"), running("b", "c2")
ON_A, ON_B = rendered(A), rendered(B)
HASH = AvailableComponents(b"build 1")
KINDS = ("receivers", "processors", "exporters", "connectors", "extensions")


def build(digest: bytes = b"build 1", **types: set[str]) -> AvailableComponents:
    has = {"receivers": {"nop"}, "exporters": {"debug"}, **types}
    return AvailableComponents(
        digest, {kind: frozenset(has.get(kind, ())) for kind in KINDS}
    )


WHOLE, WITHOUT_DEBUG = build(), build(b"build 2", exporters={"otlp"})


def kinds(answer: Answer) -> list[type]:
    return [type(one) for one in answer]


def stage_with(
    told: AvailableComponents, *, polls: bool = False
) -> tuple[Stage, Actor]:
    stage = Stage()
    agent = stage.actor(polls=polls)
    agent.connects(available_components=told)
    return stage, agent


def test_a_config_is_not_offered_to_a_build_that_lacks_a_type_of_it() -> None:
    stage, agent = stage_with(WITHOUT_DEBUG)
    stage.commit(A)
    assert stage.wait(600, step=10) == []
    assert agent.stands == (Sync.INCOMPATIBLE, Reason.MISSING_COMPONENTS)
    assert agent.known.detail == "lacks exporter debug (fleet.yaml:14:17)"


def test_its_commit_fails_and_says_what_is_missing_and_where() -> None:
    stage, _ = stage_with(WITHOUT_DEBUG)
    stage.commit(A)
    assert stage.status("c1") is CommitState.FAILURE
    assert stage.words("c1") == (
        "0/1 on it, 1 incompatible: 00000000-0000 lacks exporter debug "
        "(fleet.yaml:14:17)"
    )


def test_it_keeps_what_it_has() -> None:
    stage, agent = stage_with(WHOLE)
    stage.commit(A)
    agent.takes(ON_A)
    stage.commit(fleet("c2", config("all", "b").replace("nop", "kafka")))
    assert agent.stands[0] is Sync.INCOMPATIBLE
    assert stage.wait(60) == []
    assert agent.known.reported_hash == agent.known.good == ON_A.hash


def test_another_build_that_has_the_type_is_offered_the_config() -> None:
    stage, agent = stage_with(WITHOUT_DEBUG)
    stage.commit(A)
    answer = agent.says(available_components=WHOLE)
    assert kinds(answer) == [OfferRemoteConfig]
    agent.takes(ON_A)
    assert stage.status("c1") is CommitState.SUCCESS


def test_another_commit_that_needs_nothing_missing_is_offered() -> None:
    stage, agent = stage_with(WITHOUT_DEBUG)
    stage.commit(A)
    stage.commit(fleet("c2", config("all", "a").replace("debug", "otlp")))
    assert agent.stands[0] is Sync.OFFERED
    assert kinds(stage.pushed) == [OfferRemoteConfig]


def test_what_a_build_lacks_is_judged_again_once_its_set_is_told() -> None:
    stage, first = stage_with(HASH)
    second = stage.actor()
    second.connects(available_components=HASH)
    second.leaves()
    stage.commit(A)
    first.says(available_components=build(exporters={"otlp"}))
    stage.tick()
    assert first.stands[0] is Sync.INCOMPATIBLE
    second.returns()
    assert second.stands[0] is Sync.INCOMPATIBLE


def test_an_agent_that_runs_the_config_is_believed_more_than_its_build() -> None:
    stage, agent = stage_with(HASH)
    stage.commit(A)
    stage.wait(TOLD_WITHIN)
    agent.echoes(ON_A, APPLYING)
    agent.says(available_components=build(exporters={"otlp"}))
    agent.takes(ON_A)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_an_agent_that_refused_the_config_is_told_of_in_its_own_words() -> None:
    stage, agent = stage_with(HASH)
    stage.commit(A)
    stage.wait(TOLD_WITHIN)
    agent.echoes(ON_A, FAILED, "unknown type debug")
    agent.says(available_components=build(exporters={"otlp"}))
    stage.tick()
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    assert agent.known.detail == "unknown type debug"


def test_an_agent_is_not_left_down_on_the_config_before() -> None:
    stage, agent = stage_with(WHOLE)
    stage.commit(A)
    agent.takes(ON_A)
    stage.commit(B)
    agent.echoes(ON_B, APPLIED)
    stage.commit(fleet("c3", config("all", "c").replace("nop", "kafka")))
    agent.feels(ILL)
    pushed = stage.wait(30)
    assert [one.config for one in pushed if isinstance(one, OfferRemoteConfig)] == [
        ON_A
    ]
    assert agent.stands[0] is Sync.INCOMPATIBLE


def test_an_agent_without_the_capability_is_offered_everything() -> None:
    stage = Stage()
    agent = stage.actor(
        capabilities=SUPERVISOR & ~Capability.REPORTS_AVAILABLE_COMPONENTS
    )
    agent.connects(available_components=WITHOUT_DEBUG)
    stage.commit(A)
    assert agent.stands[0] is Sync.OFFERED
    assert stage.controller.builds() == {}


@pytest.mark.parametrize(
    ("written", "has"),
    [("otlphttp", "otlp_http"), ("otlp_http", "otlphttp"), ("otlp", "otlp_grpc")],
)
def test_both_names_of_an_alias_are_one_component(written: str, has: str) -> None:
    stage, agent = stage_with(build(exporters={has}))
    stage.commit(fleet("c1", config("all", "a").replace("debug", written)))
    assert agent.stands[0] is Sync.OFFERED


def test_an_ignore_comment_lets_a_config_through() -> None:
    stage, agent = stage_with(WITHOUT_DEBUG)
    ignored = config("all", "a").replace(
        "exporters: {",
        "# reconciler: ignore E017 until 2027-03-31: our own\n    exporters: {",
    )
    stage.commit(fleet("c1", ignored))
    assert agent.stands[0] is Sync.OFFERED


def test_equal_sets_are_kept_once_and_dropped_with_their_last_agent() -> None:
    stage, first = stage_with(WHOLE)
    second = stage.actor()
    second.connects(available_components=HASH)
    assert stage.controller.builds() == {b"build 1": WHOLE.components}
    first.says(available_components=WITHOUT_DEBUG)
    assert set(stage.controller.builds()) == {b"build 1", b"build 2"}
    second.says(available_components=build(b"build 2"))
    assert b"build 1" not in stage.controller.builds()


def test_a_set_that_another_agent_contradicts_holds_nobody_back() -> None:
    stage, agent = stage_with(build(exporters={"otlp"}))
    stage.commit(A)
    before = agent.stands
    stage.actor().connects(available_components=WHOLE)
    stage.tick()
    assert (before[0], agent.stands[0]) == (Sync.INCOMPATIBLE, Sync.OFFERED)
    assert stage.controller.builds() == {}


def test_another_agent_is_asked_when_the_first_leaves_without_an_answer() -> None:
    stage, first = stage_with(HASH)
    second, third = stage.actor(), stage.actor()
    assert second.connects(available_components=HASH) == []
    first.leaves()
    assert kinds(second.says()) == [AskComponents]
    assert third.connects(available_components=HASH) == []
    assert second.says() == []


def test_another_agent_is_asked_when_the_first_keeps_silent() -> None:
    stage, first = stage_with(HASH)
    second = stage.actor()
    second.connects(available_components=HASH)
    stage.wait(ANSWER_WITHIN - 1, step=10)
    assert first.says() == second.says() == []
    stage.wait(1)
    assert first.says() == []
    assert kinds(second.says()) == [AskComponents]


@pytest.mark.parametrize("orderly", [True, False])
def test_after_a_restart_one_agent_of_a_build_is_asked_again(*, orderly: bool) -> None:
    stage, first = stage_with(WITHOUT_DEBUG)
    second = stage.actor()
    second.connects(available_components=AvailableComponents(b"build 2"))
    stage.commit(A)
    stage.restart(orderly=orderly)
    assert stage.controller.builds() == {}
    assert AskComponents in kinds(first.returns())
    assert AskComponents not in kinds(second.returns())
    first.says(available_components=WITHOUT_DEBUG)
    assert AskComponents not in kinds(second.says())
    assert set(stage.controller.builds()) == {b"build 2"}


def test_an_offer_waits_a_little_for_what_the_build_has() -> None:
    stage, agent = stage_with(HASH)
    stage.commit(A)
    before = agent.stands
    agent.says(available_components=WHOLE)
    assert before == (Sync.PENDING, Reason.COMPONENTS_ASKED)
    assert agent.stands[0] is Sync.OFFERED


def test_a_build_that_is_never_told_holds_nothing_back_for_long() -> None:
    stage, agent = stage_with(HASH)
    stage.commit(A)
    assert stage.wait(TOLD_WITHIN - 1, step=5) == []
    assert kinds(stage.wait(2)) == [OfferRemoteConfig]
    later = stage.actor()
    answer = later.connects(available_components=HASH)
    assert kinds(answer) == [OfferRemoteConfig]
    assert agent.stands[0] is Sync.OFFERED


def test_a_restart_does_not_send_what_was_not_sent_before() -> None:
    stage, agent = stage_with(WITHOUT_DEBUG)
    stage.commit(A)
    stage.restart()
    assert kinds(agent.returns()) == [AskFullState, AskComponents]
    told = {**agent.everything(), "available_components": WITHOUT_DEBUG}
    assert agent.says(**told) == []
    assert stage.wait(600, step=10) == []
    assert agent.stands[0] is Sync.INCOMPATIBLE


def test_a_polling_agent_is_told_nothing_either() -> None:
    stage, agent = stage_with(WITHOUT_DEBUG, polls=True)
    stage.commit(A)
    assert agent.says() == []
    assert agent.stands[0] is Sync.INCOMPATIBLE


def test_the_toy_config_is_what_these_tests_think() -> None:
    assert "nop" in collector("a")
    assert "debug" in collector("a")
