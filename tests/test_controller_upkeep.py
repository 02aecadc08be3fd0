from typing import Any

from reconciler.controller import FORGET_AFTER, SETTLE, AgentSettings
from reconciler.state.actions import (
    AskComponents,
    AskFullState,
    OfferConnectionSettings,
    OfferRemoteConfig,
)
from reconciler.state.agent import Reason, Sync
from reconciler.state.asks import SETTINGS_AGAIN
from reconciler.state.observed import AvailableComponents, Capability
from tests.playbook import APPLYING, SUPERVISOR, Actor, Answer, Stage
from tests.toy_fleet import rendered, running

ON_A = rendered(running("a"))
SETTINGS = AgentSettings("wss://opamp.example/v1/opamp", 15, b"settings 1")
TAKES_SETTINGS = SUPERVISOR | Capability.ACCEPTS_OPAMP_CONNECTION_SETTINGS


def kinds(answer: Answer) -> list[type]:
    return [type(one) for one in answer]


def synced(stage: Stage, **given: Any) -> Actor:
    stage.commit(running("a"))
    agent = stage.actor(**given)
    agent.connects()
    agent.takes(ON_A)
    return agent


def test_obligation_33_any_message_shows_that_a_polling_agent_lives() -> None:
    stage = Stage()
    agent = synced(stage, polls=True)
    for _ in range(20):
        stage.wait(60, step=5)
        agent.says()
    assert agent.known.is_reachable
    stage.wait(180, step=5)
    assert agent.known.is_reachable
    stage.wait(10)
    assert not agent.known.is_reachable


def test_obligation_34_a_websocket_needs_no_heartbeats() -> None:
    stage = Stage()
    agent = synced(stage)
    stage.wait(7 * 3600, step=60)
    assert agent.known.is_reachable
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_obligation_36_the_patience_with_pollers_grows_with_the_interval_offered() -> (
    None
):
    stage = Stage(AgentSettings("https://opamp.example/v1/opamp", 120, b"slow"))
    agent = synced(stage, polls=True, capabilities=TAKES_SETTINGS)
    agent.says()
    stage.wait(360, step=5)
    assert agent.known.is_reachable
    stage.wait(10, step=5)
    assert not agent.known.is_reachable


def test_an_agent_that_is_away_for_long_is_forgotten() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.leaves()
    stage.wait(FORGET_AFTER - 20, step=3600)
    assert agent.uid in stage.controller.agents
    stage.wait(60)
    assert agent.uid not in stage.controller.agents
    assert agent.uid not in stage.kept.agents


def test_obligations_35_and_39_settings_are_offered_complete_and_once() -> None:
    stage = Stage(SETTINGS)
    agent = stage.actor(capabilities=TAKES_SETTINGS)
    assert agent.connects() == [
        OfferConnectionSettings(
            agent.uid, SETTINGS.endpoint, SETTINGS.heartbeat_seconds, SETTINGS.hash
        )
    ]
    assert agent.says() == []
    agent.leaves()
    assert agent.returns() == []


def test_obligation_39_settings_that_were_offered_are_not_offered_after_a_restart() -> (
    None
):
    stage = Stage(SETTINGS)
    stage.commit(running("a"))
    agent = stage.actor(capabilities=TAKES_SETTINGS)
    agent.connects()
    agent.takes(ON_A)
    stage.restart()
    assert agent.returns() == []
    stage.settings = AgentSettings(SETTINGS.endpoint, 60, b"settings 2")
    stage.restart()
    assert kinds(agent.returns()) == [OfferConnectionSettings]
    assert agent.says() == []


def test_obligation_39_an_agent_that_lost_its_settings_is_offered_them_again() -> None:
    stage = Stage(SETTINGS)
    reports = Capability.REPORTS_CONNECTION_SETTINGS_STATUS
    agent = stage.actor(capabilities=TAKES_SETTINGS | reports)
    assert kinds(agent.connects(connection_settings_hash=b"")) == [
        OfferConnectionSettings
    ]
    assert agent.says(connection_settings_hash=SETTINGS.hash) == []
    stage.wait(3600, step=60)
    assert kinds(agent.says(connection_settings_hash=b"")) == [OfferConnectionSettings]


def test_obligation_37_settings_are_offered_only_where_they_are_taken() -> None:
    stage = Stage(SETTINGS)
    assert stage.actor().connects() == []
    later = stage.actor()
    later.connects()
    later.capabilities = TAKES_SETTINGS
    assert kinds(later.says()) == [OfferConnectionSettings]


def test_obligation_40_without_settings_of_ours_none_are_offered() -> None:
    assert Stage().actor(capabilities=TAKES_SETTINGS).connects() == []


def test_obligation_58_components_are_asked_for_once_a_hash() -> None:
    stage = Stage()
    first, second, other = (stage.actor() for _ in range(3))
    hash_only = AvailableComponents(b"build 1")
    asks = [first.connects(available_components=hash_only)]
    asks += [second.connects(available_components=hash_only)]
    asks += [other.connects(available_components=AvailableComponents(b"build 2"))]
    asks += [first.says(available_components=hash_only)]
    assert [kinds(one) for one in asks] == [[AskComponents], [], [AskComponents], []]


def test_obligation_58_a_build_that_was_told_is_not_asked_for() -> None:
    stage = Stage()
    told = AvailableComponents(b"build 1", {"receivers": frozenset({"otlp"})})
    assert stage.actor().connects(available_components=told) == []
    hash_only = AvailableComponents(b"build 1")
    assert stage.actor().connects(available_components=hash_only) == []


def test_settings_go_first_and_the_config_follows_by_itself() -> None:
    stage = Stage(SETTINGS)
    stage.commit(running("a"))
    agent = stage.actor(capabilities=TAKES_SETTINGS)
    assert kinds(agent.connects()) == [OfferConnectionSettings]
    assert kinds(stage.wait(SETTLE)) == [OfferRemoteConfig]
    assert agent.echoes(ON_A, APPLYING) == []


def test_a_client_that_reconnects_with_its_settings_is_given_the_config_then() -> None:
    stage = Stage(SETTINGS)
    stage.commit(running("a"))
    agent = stage.actor(capabilities=TAKES_SETTINGS)
    assert kinds(agent.connects()) == [OfferConnectionSettings]
    assert kinds(agent.restarts()) == [AskFullState, OfferRemoteConfig]
    assert stage.wait(SETTLE) == []


def test_a_process_that_counts_from_the_start_again_is_offered_settings_again() -> None:
    stage = Stage(SETTINGS)
    stage.commit(running("a"))
    agent = stage.actor(capabilities=TAKES_SETTINGS)
    agent.connects()
    agent.takes(ON_A)
    stage.wait(SETTINGS_AGAIN)
    assert OfferConnectionSettings in kinds(agent.restarts())


def test_a_client_that_starts_anew_with_each_offer_of_settings_makes_no_loop() -> None:
    stage = Stage(SETTINGS)
    stage.commit(running("a"))
    agent = stage.actor(capabilities=TAKES_SETTINGS)
    agent.connects()
    offered = [kinds(agent.restarts()) for _ in range(5)]
    assert OfferConnectionSettings not in {kind for one in offered for kind in one}


def test_settings_and_other_words_ride_in_one_answer() -> None:
    stage = Stage(SETTINGS)
    stage.commit(running("a"))
    agent = stage.actor(capabilities=TAKES_SETTINGS)
    sent = agent.connects(available_components=AvailableComponents(b"build"))
    assert kinds(sent) == [AskComponents, OfferConnectionSettings]


def test_obligation_39_an_agent_that_never_takes_settings_makes_no_loop() -> None:
    stage = Stage(SETTINGS)
    reports = Capability.REPORTS_CONNECTION_SETTINGS_STATUS
    agent = stage.actor(capabilities=TAKES_SETTINGS | reports)
    sent = agent.connects(connection_settings_hash=b"")
    for _ in range(100):
        agent.leaves()
        sent += agent.connects(connection_settings_hash=b"old")
        stage.wait(1)
    assert kinds(sent) == [OfferConnectionSettings] * 2


def test_obligation_58_endless_new_hashes_fill_no_memory() -> None:
    agent = Stage().actor()
    builds = [AvailableComponents(n.to_bytes(4, "big")) for n in range(2000)]
    agent.connects(available_components=builds[0])
    assert agent.says(available_components=builds[0]) == []
    for build in builds:
        agent.says(available_components=build)
    assert kinds(agent.says(available_components=builds[0])) == [AskComponents]


def test_obligation_59_components_are_not_asked_of_an_agent_without_the_bit() -> None:
    agent = Stage().actor(
        capabilities=SUPERVISOR & ~Capability.REPORTS_AVAILABLE_COMPONENTS
    )
    assert agent.connects(available_components=AvailableComponents(b"build")) == []
