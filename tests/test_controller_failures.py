from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from tests.failing import (
    ON_A,
    ON_B,
    ON_C,
    down_on_b,
    hashes,
    is_never_offered,
    offered_b,
    restored,
)
from tests.playbook import (
    APPLIED,
    APPLYING,
    FAILED,
    ILL,
    NO_HASH,
    UNSET,
    WELL,
    Stage,
)
from tests.toy_fleet import collector, config, effective, fleet, running


def test_an_agent_that_stays_on_the_failed_hash_is_given_its_last_good_config() -> None:
    agent = down_on_b()
    assert hashes(agent.stage.wait(4)) == []
    assert hashes(agent.stage.wait(2)) == [ON_A.hash]
    assert agent.takes(ON_A) == []
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    assert agent.stage.status("b1") is CommitState.FAILURE
    assert "unknown exporter" in agent.stage.words("b1")


def test_a_restore_that_gets_no_answer_is_repeated_with_growing_waits() -> None:
    agent = down_on_b()
    assert hashes(agent.stage.wait(34)) == [ON_A.hash]
    assert hashes(agent.stage.wait(2)) == [ON_A.hash]
    assert hashes(agent.stage.wait(58)) == []
    assert hashes(agent.stage.wait(4)) == [ON_A.hash]
    assert len(hashes(agent.stage.wait(3600, step=5))) < 20


def test_a_failed_hash_is_never_offered_again() -> None:
    assert is_never_offered(down_on_b(), ON_B.hash)
    assert is_never_offered(restored(), ON_B.hash)


def test_a_quarantine_survives_restarts() -> None:
    for orderly in (True, False):
        agent = restored()
        agent.stage.restart(orderly=orderly)
        agent.connection = None
        agent.returns()
        assert is_never_offered(agent, ON_B.hash)
        assert agent.stands == (Sync.FAILED, Reason.REJECTED)
        assert agent.stage.status("b1") is CommitState.FAILURE


def test_an_unrelated_commit_does_not_lift_a_quarantine() -> None:
    agent = restored()
    agent.stage.commit(running("b", "b2", soak="9s"))
    assert is_never_offered(agent, ON_B.hash)
    assert agent.stage.status("b2") is CommitState.FAILURE


def test_git_changing_what_the_agent_should_run_lifts_a_quarantine() -> None:
    agent = restored()
    agent.stage.commit(running("c", "c1"))
    assert hashes(agent.stage.pushed[-1:]) == [ON_C.hash]
    agent.takes(ON_C)
    agent.stage.commit(running("b", "b2"))
    assert hashes(agent.stage.pushed[-1:]) == [ON_B.hash]


def test_a_new_commit_is_offered_to_an_agent_that_is_down() -> None:
    agent = down_on_b()
    agent.stage.commit(running("c", "c1"))
    assert hashes(agent.stage.pushed[-1:]) == [ON_C.hash]
    agent.echoes(ON_C, APPLYING)
    agent.feels(WELL)
    agent.takes(ON_C)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert agent.stage.status("c1") is CommitState.SUCCESS


def test_a_revert_is_synced_without_an_offer_when_the_restore_was_there_first() -> None:
    agent = restored()
    already = len(agent.stage.pushed)
    agent.stage.commit(running("a", "a2"))
    agent.stage.wait(60)
    assert agent.stage.pushed[already:] == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert agent.stage.status("a2") is CommitState.SUCCESS
    assert agent.stage.status("b1") is CommitState.FAILURE


def test_an_agent_that_rolled_back_by_itself_is_left_alone() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLYING)
    agent.echoes(ON_B, FAILED, "unknown exporter")
    assert hashes(agent.echoes(ON_A, APPLIED)) == []
    assert agent.stands == (Sync.ROLLED_BACK, Reason.REJECTED)
    assert agent.known.detail == "unknown exporter"
    assert agent.stage.wait(3600, step=5) == []
    assert agent.stage.status("b1") is CommitState.FAILURE


def test_an_agent_that_returns_to_the_older_hash_without_an_error_rolled_back() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLYING)
    assert hashes(agent.echoes(ON_A, APPLIED)) == []
    assert agent.stands == (Sync.ROLLED_BACK, Reason.RETURNED_BY_ITSELF)
    assert agent.known.detail.startswith("went back to ")
    assert is_never_offered(agent, ON_B.hash)


def test_an_agent_whose_restore_fails_is_not_looped() -> None:
    agent = down_on_b()
    agent.stage.wait(6)
    assert agent.echoes(ON_A, FAILED, "disk full") == []
    sent = agent.stage.wait(3600, step=5) + agent.says()
    agent.leaves()
    assert sent + agent.returns() + agent.stage.wait(600, step=5) == []
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    assert set(agent.known.failures) == {ON_A.hash, ON_B.hash}


def test_nothing_can_be_restored_where_nothing_was_ever_synced() -> None:
    stage = Stage()
    stage.commit(running("b", "b1"))
    agent = stage.actor()
    agent.connects()
    agent.echoes(ON_B, FAILED, "unknown exporter")
    assert stage.wait(3600, step=5) == []
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)


def test_an_agent_that_is_unhealthy_after_a_config_is_restored() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLIED)
    agent.feels(ILL)
    assert agent.stands == (Sync.APPLYING, Reason.SOAKING)
    assert hashes(agent.stage.wait(14)) == []
    assert agent.stands == (Sync.FAILED, Reason.UNHEALTHY_AFTER)
    assert agent.known.detail == "exit code 1"
    assert hashes(agent.stage.wait(2)) == [ON_A.hash]
    assert is_never_offered(agent, ON_B.hash)


def test_a_slow_starter_that_failed_and_then_proves_healthy_is_synced() -> None:
    agent = offered_b()
    agent.feels(ILL)
    agent.echoes(ON_B, FAILED, "config apply timeout exceeded")
    agent.echoes(ON_B, APPLIED)
    agent.runs(collector("b"))
    agent.feels(WELL)
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    assert agent.stage.wait(11) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert agent.known.failures == {}


def test_an_agent_stuck_in_applying_is_asked_twice_and_then_restored() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLYING)
    assert hashes(agent.stage.wait(299, step=5)) == []
    assert hashes(agent.stage.wait(2)) == [ON_B.hash]
    assert hashes(agent.stage.wait(297, step=5)) == []
    assert agent.stands == (Sync.APPLYING, Reason.ACKNOWLEDGED)
    assert hashes(agent.stage.wait(10)) == [ON_A.hash]
    assert agent.stands == (Sync.FAILED, Reason.NO_ANSWER)
    assert is_never_offered(agent, ON_B.hash)


def test_a_polling_agent_is_restored_in_an_answer() -> None:
    agent = down_on_b(polls=True)
    assert agent.stage.wait(30) == []
    assert hashes(agent.says()) == [ON_A.hash]
    agent.takes(ON_A)
    assert agent.stage.wait(30) + agent.says() == []


def test_an_agent_that_failed_and_was_emptied_is_given_the_good_config() -> None:
    agent = restored()
    agent.leaves()
    agent.stage.wait(60)
    agent.status = type(agent.status)(NO_HASH, UNSET)
    assert hashes(agent.restarts()[1:]) == [ON_A.hash]


def test_labels_that_come_and_go_do_not_lift_a_quarantine() -> None:
    stage = Stage()
    stage.commit(running("a", "a1"))
    agent = stage.actor(labels={"tier": "one"})
    agent.connects()
    agent.takes(ON_A)
    stage.commit(
        fleet(
            "b1",
            config("one", "b", "{matchLabels: {tier: one}}"),
            config("two", "a", "{matchLabels: {tier: two}}"),
        )
    )
    agent.echoes(ON_B, FAILED, "unknown exporter")
    agent.labels["tier"] = "two"
    agent.says(**agent.everything())
    agent.takes(ON_A)
    agent.labels["tier"] = "one"
    assert hashes(agent.says(**agent.everything())) == []
    assert is_never_offered(agent, ON_B.hash)


def test_a_config_that_was_found_running_can_be_restored_too() -> None:
    stage = Stage()
    stage.commit(running("a", "a1"))
    agent = stage.actor()
    agent.status = type(agent.status)(ON_A.hash, APPLIED)
    agent.effective = effective(collector("a"))
    assert agent.connects() == []
    assert stage.wait(11) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    stage.commit(running("b", "b1"))
    agent.echoes(ON_B, FAILED, "unknown exporter")
    assert hashes(stage.wait(6)) == [ON_A.hash]


def test_a_collector_that_keeps_crashing_between_two_looks_is_restored() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLIED)
    for _ in range(100):
        agent.feels(ILL)
        agent.stage.wait(5)
        agent.feels(WELL)
        agent.stage.wait(3)
    assert hashes(agent.stage.pushed[-1:]) == [ON_A.hash]
    assert agent.stands == (Sync.FAILED, Reason.UNHEALTHY_AFTER)


def test_an_agent_that_dies_while_applying_is_offered_again_on_its_return() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLYING)
    agent.leaves()
    agent.stage.wait(20)
    agent.status = type(agent.status)(ON_A.hash, APPLIED)
    assert hashes(agent.restarts()[1:]) == [ON_B.hash]
    assert agent.stands == (Sync.OFFERED, Reason.SENT)
    agent.takes(ON_B)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_an_agent_that_dies_of_every_offer_is_bounded_and_ends_on_what_is_good() -> (
    None
):
    agent = offered_b()
    sent = [ON_B.hash]
    for _ in range(20):
        agent.echoes(ON_B, APPLYING)
        agent.leaves()
        agent.stage.wait(20)
        agent.status = type(agent.status)(NO_HASH, UNSET)
        sent += hashes(agent.restarts()[1:]) + hashes(agent.stage.wait(20))
    assert sent.count(ON_B.hash) == 2
    assert sent[2] == ON_A.hash
    assert agent.stage.status("b1") is CommitState.FAILURE


def test_an_agent_that_left_what_it_was_restored_to_is_offered_the_revert() -> None:
    agent = restored()
    agent.echoes(ON_C)
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    already = len(agent.stage.pushed)
    agent.stage.commit(running("a", "a2"))
    assert hashes(agent.stage.pushed[already:]) == [ON_A.hash]
    agent.takes(ON_A)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_an_agent_that_goes_back_after_it_was_asked_twice_rolled_back_too() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLYING)
    assert hashes(agent.stage.wait(301, step=5)) == [ON_B.hash]
    assert hashes(agent.echoes(ON_A, APPLIED)) == []
    assert agent.stands == (Sync.ROLLED_BACK, Reason.RETURNED_BY_ITSELF)
