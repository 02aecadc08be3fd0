import pytest

from reconciler.ids import InstanceUid
from reconciler.state.actions import AskFullState, OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from reconciler.state.observed import (
    AgentDescription,
    AgentReport,
    Capability,
    EffectiveConfig,
    Health,
)
from tests.playbook import (
    APPLIED,
    FAILED,
    NO_HASH,
    SUPERVISOR,
    UNSET,
    Actor,
    Answer,
    Stage,
)
from tests.toy_fleet import config, fleet, rendered, running

ON_A, ON_B = rendered(running("a")), rendered(running("b"))


def kinds(answer: Answer) -> list[type]:
    return [type(one) for one in answer]


def synced(stage: Stage | None = None, *, polls: bool = False) -> Actor:
    stage = stage or Stage()
    stage.commit(running("a"))
    agent = stage.actor(polls=polls, labels={"os.type": "linux"})
    agent.connects()
    agent.takes(ON_A)
    return agent


def test_obligation_6_a_retry_is_answered_and_processed_once() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    agent.connects()
    report = AgentReport(agent.uid, 0, SUPERVISOR, **agent.everything())
    assert kinds(agent.repeats(report)) == [AskFullState]
    assert agent.repeats(report) == []
    assert agent.known.offer is not None
    assert agent.known.offer.attempt == 1


def test_obligation_9_what_an_agent_said_outlives_its_connection() -> None:
    agent = synced()
    before = (agent.known.description, agent.known.health, agent.known.status)
    agent.leaves()
    agent.returns()
    assert before == (agent.known.description, agent.known.health, agent.known.status)


def test_obligation_10_an_absent_part_is_unchanged_and_a_present_one_replaced() -> None:
    agent = synced()
    agent.feels(Health(healthy=False, last_error="full disk", worst="otlp: refused"))
    agent.says()
    assert agent.known.health == Health(False, "full disk", worst="otlp: refused")  # noqa: FBT003 - healthy
    agent.feels(Health(healthy=False, status="degraded"))
    assert agent.known.health == Health(False, status="degraded")  # noqa: FBT003 - healthy
    agent.says(description=AgentDescription({"service.name": "x"}, {}))
    assert agent.known.labels == {"service.name": "x"}


def test_obligation_11_the_newest_capabilities_count() -> None:
    agent = synced()
    agent.capabilities &= ~Capability.ACCEPTS_REMOTE_CONFIG
    assert agent.says() == []
    assert agent.stands == (Sync.READ_ONLY, Reason.ACCEPTS_REMOTE_CONFIG_OFF)
    agent.capabilities |= Capability.ACCEPTS_REMOTE_CONFIG
    assert agent.says() == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_obligations_12_and_16_a_gap_is_asked_about_exactly_once() -> None:
    agent = synced()
    agent.number += 1
    assert kinds(agent.says()) == [AskFullState]
    assert agent.stands == (Sync.UNKNOWN, Reason.SEQUENCE_GAP)
    assert agent.says(**agent.everything()) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert agent.says() == []


def test_obligation_12_an_agent_that_was_restarted_is_asked_though_it_told_all() -> (
    None
):
    agent = synced()
    assert kinds(agent.restarts()) == [AskFullState]
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_obligation_13_an_agent_that_never_sends_a_part_is_taken_as_it_is() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    poor = {**agent.everything(), "health": None}
    assert kinds(agent.connects(health=None)) == [AskFullState]
    assert kinds(agent.says(**poor)) == [OfferRemoteConfig]
    assert agent.says() == []


def test_obligation_14_the_answer_to_report_full_state_is_not_asked_about() -> None:
    agent = synced()
    agent.number = 100
    assert kinds(agent.says()) == [AskFullState]
    agent.number = 50
    assert agent.says(**agent.everything()) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_obligation_14_broken_numbering_makes_no_loop() -> None:
    agent = synced()
    asked = 0
    for _ in range(1000):
        agent.number = 7
        parts = agent.everything() if asked % 2 else {}
        asked += len(agent.says(**parts))
        agent.stage.wait(0.1, step=0.1)
    assert asked <= 11


def test_obligation_15_a_bare_reconnect_is_neither_asked_nor_offered() -> None:
    agent = synced()
    for _ in range(5):
        agent.leaves()
        assert agent.returns() == []
        assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_obligation_17_applying_may_be_missing() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    agent.connects()
    assert agent.echoes(ON_A, APPLIED) == []
    stage.wait(11)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_obligation_18_any_16_bytes_are_a_name() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = Actor(stage, InstanceUid(b"\xff\x00\xfe" * 5 + b"\x80"))
    assert kinds(agent.connects()) == [OfferRemoteConfig]


def test_obligations_22_and_59_nothing_is_offered_without_the_capability() -> None:
    stage = Stage()
    stage.commit(running("a"))
    reads = SUPERVISOR & ~Capability.ACCEPTS_REMOTE_CONFIG
    agent = stage.actor(capabilities=reads)
    sent = agent.connects() + stage.wait(60) + agent.says()
    agent.leaves()
    sent += agent.returns()
    stage.commit(running("b", "c2"))
    assert sent + agent.says() + stage.pushed == []


def test_obligation_23_what_an_agent_cannot_report_is_not_waited_for() -> None:
    stage = Stage()
    stage.commit(running("a"))
    silent = SUPERVISOR & ~Capability.REPORTS_EFFECTIVE_CONFIG
    agent = stage.actor(capabilities=silent)
    agent.connects(effective_config=None)
    agent.echoes(ON_A, APPLIED)
    stage.wait(11)
    assert agent.known.effective is None
    assert agent.stands[0] is Sync.SYNCED


def test_obligation_24_no_hash_is_ever_empty() -> None:
    assert len(ON_A.hash) == 32
    stage = Stage()
    stage.commit(running("a"))
    (offer,) = stage.actor().connects()
    assert isinstance(offer, OfferRemoteConfig)
    assert offer.config.hash == ON_A.hash


def test_obligation_25_an_equal_hash_is_not_offered_whatever_its_status() -> None:
    for status in (APPLIED, FAILED):
        stage = Stage()
        stage.commit(running("a"))
        agent = stage.actor()
        agent.status = type(agent.status)(ON_A.hash, status)
        agent.effective = EffectiveConfig(ON_A.entries)
        sent = agent.connects() + agent.says() + stage.wait(600, step=5)
        assert sent == []


def test_obligation_25_an_agent_that_has_none_is_offered_again_after_its_restart() -> (
    None
):
    agent = synced()
    agent.leaves()
    agent.status = type(agent.status)(NO_HASH, UNSET)
    assert kinds(agent.restarts()) == [AskFullState, OfferRemoteConfig]


def test_obligation_26_a_new_config_is_pushed_over_a_websocket() -> None:
    agent = synced()
    agent.stage.commit(running("b", "c2"))
    assert kinds(agent.stage.pushed) == [OfferRemoteConfig]


def test_obligation_29_an_agent_that_ignores_offers_is_asked_twice() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    sent = agent.connects() + stage.wait(3600, step=5)
    assert kinds(sent) == [OfferRemoteConfig] * 2


def test_obligation_31_no_echo_is_waited_for_after_an_equal_config() -> None:
    agent = synced()
    agent.stage.commit(running("a", "c2"))
    assert agent.stage.wait(600, step=5) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


@pytest.mark.parametrize("missing", ["description", "health", "remote_config_status"])
def test_obligation_13_a_first_message_that_lacks_a_promised_part_is_asked_about(
    missing: str,
) -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    assert kinds(agent.connects(**{missing: None})) == [AskFullState]
    assert agent.stands == (Sync.UNKNOWN, Reason.NOT_REPORTED_YET)
    assert kinds(agent.says(**agent.everything())) == [OfferRemoteConfig]


def test_obligation_13_packages_and_connection_settings_are_promised_parts() -> None:
    for bit in (
        Capability.REPORTS_PACKAGE_STATUSES,
        Capability.REPORTS_CONNECTION_SETTINGS_STATUS,
    ):
        agent = Stage().actor(capabilities=SUPERVISOR | bit)
        assert kinds(agent.connects()) == [AskFullState]
        told = {"reported_packages": True, "connection_settings_hash": b""}
        other = agent.stage.actor(capabilities=SUPERVISOR | bit)
        assert other.connects(**told) == []


def test_obligation_14_only_what_follows_the_question_is_its_answer() -> None:
    agent = synced()
    agent.number += 1
    agent.says()
    agent.says(**agent.everything())
    agent.stage.wait(60)
    agent.stage.commit(running("b", "c2"))
    agent.echoes(ON_B)
    agent.number += 1
    renamed = AgentDescription({}, {"os.type": "windows"})
    assert kinds(agent.says(description=renamed)) == [AskFullState]
    assert agent.stands == (Sync.UNKNOWN, Reason.SEQUENCE_GAP)


def test_obligation_14_a_question_lost_with_its_connection_is_asked_again() -> None:
    agent = synced()
    agent.number += 1
    agent.says()
    agent.leaves()
    agent.stage.wait(1)
    assert kinds(agent.returns()) == [AskFullState]


@pytest.mark.parametrize(
    "bits", [SUPERVISOR, SUPERVISOR & ~Capability.REPORTS_REMOTE_CONFIG]
)
def test_obligation_30_labels_that_depend_on_the_config_do_not_oscillate_for_ever(
    bits: Capability,
) -> None:
    stage = Stage()
    stage.commit(
        fleet(
            "c1",
            config("one", "a", "{matchLabels: {mode: x}}"),
            config("two", "b", "{matchLabels: {mode: y}}"),
        )
    )
    agent = stage.actor(labels={"mode": "x"}, capabilities=bits)
    answer, offers = agent.connects(), 0
    for _ in range(50):
        for offer in (one for one in answer if isinstance(one, OfferRemoteConfig)):
            offers += 1
            if bits & Capability.REPORTS_REMOTE_CONFIG:
                agent.echoes(offer.config)
            agent.labels["mode"] = "y" if offer.config.hash == ON_A.hash else "x"
        answer = agent.says(description=agent.everything()["description"])
        answer += stage.wait(1)
    assert offers < 6
    assert agent.stands == (Sync.PENDING, Reason.OSCILLATING)
    stage.commit(running("a", "c2"))
    assert kinds(stage.pushed[-1:]) == [OfferRemoteConfig]


def test_obligation_30_labels_that_people_change_are_followed_however_often() -> None:
    stage = Stage()
    documents = [
        config(f"for-{n}", f"t{n}", f"{{matchLabels: {{n: n{n}}}}}") for n in range(8)
    ]
    stage.commit(fleet("c1", *documents))
    agent = stage.actor(labels={"n": "n0"})
    answer = agent.connects()
    for n in range(1, 8):
        assert kinds(answer) == [OfferRemoteConfig]
        agent.labels["n"] = f"n{n}"
        answer = agent.says(description=agent.everything()["description"])
