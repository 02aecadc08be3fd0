from itertools import pairwise

from reconciler.state.actions import OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.observed import RemoteConfigStatus
from tests.playbook import APPLIED, APPLYING, NO_HASH, UNSET, Actor, Answer, Stage
from tests.toy_fleet import collector, effective, rendered, running

ON_A = rendered(running("a"))
OTHER = rendered(running("elsewhere"))


def synced(**defaults: str) -> Actor:
    stage = Stage()
    stage.commit(running("a", "c1", **defaults))
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_A)
    agent.runs(collector("a"))
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    return agent


def corrections(answer: Answer) -> int:
    assert all(isinstance(one, OfferRemoteConfig) for one in answer)
    return len(answer)


def test_an_agent_that_reports_another_hash_has_drifted_and_is_corrected() -> None:
    agent = synced()
    assert corrections(agent.echoes(OTHER)) == 1
    assert agent.stands == (Sync.DRIFTED, Reason.OTHER_HASH)
    assert agent.known.detail == f"reports {OTHER.hash.hex()[:12]}"
    agent.takes(ON_A)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_an_agent_on_its_way_back_is_drifted_until_it_is_there() -> None:
    agent = synced()
    agent.echoes(OTHER)
    agent.echoes(ON_A, APPLYING)
    assert agent.stands == (Sync.DRIFTED, Reason.OTHER_HASH)
    agent.stage.tick()
    assert agent.stage.status("c1") is CommitState.FAILURE
    agent.echoes(ON_A, APPLIED)
    agent.stage.wait(11)
    assert agent.stage.status("c1") is CommitState.SUCCESS


def test_a_fighting_agent_is_corrected_ever_later() -> None:
    agent = synced()
    sent_at: list[float] = []
    for _ in range(300):
        answer = agent.echoes(OTHER) + agent.stage.wait(3)
        sent_at += [agent.stage.now] * corrections(answer + agent.echoes(ON_A))
    waits = [later - sooner for sooner, later in pairwise(sent_at)]
    assert 3 < len(sent_at) < 12
    assert waits[-1] > 250


def test_a_correction_that_changes_nothing_is_repeated_with_growing_waits() -> None:
    agent = synced()
    sent = corrections(agent.echoes(OTHER))
    sent += corrections(agent.stage.wait(4))
    assert sent == 1
    assert corrections(agent.stage.wait(2)) == 1
    assert corrections(agent.stage.wait(8)) == 0
    assert corrections(agent.stage.wait(2)) == 1


def test_drift_is_only_reported_where_the_policy_says_so() -> None:
    agent = synced(drift="report")
    assert corrections(agent.echoes(OTHER) + agent.stage.wait(600)) == 0
    assert agent.stands == (Sync.DRIFTED, Reason.OTHER_HASH)


def test_an_effective_config_that_stays_different_for_the_soak_time_is_drift() -> None:
    agent = synced()
    assert agent.runs(collector("by-hand")) == []
    assert agent.stands == (Sync.SYNCED, Reason.COMPARING)
    assert agent.stage.wait(9) == []
    assert corrections(agent.stage.wait(2)) == 1
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)
    assert agent.known.detail == "/exporters/debug~1by-hand is extra"
    assert agent.runs(collector("a")) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_one_stale_effective_config_is_no_drift() -> None:
    agent = synced()
    agent.runs(collector("old"))
    agent.stage.wait(5)
    agent.runs(collector("a"))
    agent.runs(collector("old"))
    agent.stage.wait(8)
    assert agent.stands == (Sync.SYNCED, Reason.COMPARING)
    agent.runs(collector("a"))
    assert agent.stage.wait(60) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_the_old_effective_config_that_comes_with_applying_is_not_judged() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    agent.connects()
    agent.echoes(ON_A, APPLYING)
    stage.comparisons.clear()
    stage.compares = False
    stage.commit(running("b", "c2"))
    status = {"remote_config_status": agent.status}
    on_b = rendered(running("b"))
    agent.status = type(agent.status)(on_b.hash, APPLYING)
    status = {"remote_config_status": agent.status}
    old = effective(collector("a"))
    agent.says(**status, effective_config=old)
    agent.effective = old
    agent.echoes(on_b, APPLIED)
    stage.wait(9)
    assert stage.comparisons == []
    agent.runs(collector("b"))
    stage.compare()
    stage.wait(2)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_what_an_agent_said_with_applying_is_taken_at_its_word_after_the_soak() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    agent.connects()
    agent.effective = effective(collector("by-hand"))
    applying = RemoteConfigStatus(ON_A.hash, APPLYING)
    agent.says(remote_config_status=applying, effective_config=agent.effective)
    agent.echoes(ON_A, APPLIED)
    stage.wait(11)
    assert stage.status("c1") is CommitState.PENDING
    stage.wait(10)
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)
    assert stage.status("c1") is CommitState.FAILURE


def test_an_agent_is_not_synced_before_its_effective_config_was_compared() -> None:
    stage = Stage(compares=False)
    stage.commit(running("a"))
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_A)
    agent.runs(collector("a"))
    agent.known.good = None
    agent.runs(collector("a") + "# again\n")
    assert agent.stands == (Sync.APPLYING, Reason.COMPARING)
    stage.compare()
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_a_drifted_agent_stays_drifted_while_its_next_report_is_compared() -> None:
    agent = synced(drift="report")
    agent.runs(collector("by-hand"))
    agent.stage.wait(11)
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)
    agent.stage.compares = False
    agent.runs(collector("by-hand") + "# another port\n")
    agent.stage.tick()
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)
    assert agent.stage.status("c1") is CommitState.FAILURE
    agent.stage.compare()
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)


def test_drift_that_ended_with_another_hash_is_not_remembered_against_the_agent() -> (
    None
):
    agent = synced(drift="report")
    agent.runs(collector("by-hand"))
    agent.stage.wait(11)
    agent.echoes(OTHER)
    agent.echoes(ON_A)
    agent.runs(collector("a"))
    agent.stage.wait(100)
    agent.runs(collector("by-hand"))
    assert agent.stands == (Sync.SYNCED, Reason.COMPARING)


def test_an_agent_that_was_emptied_is_offered_anew_and_bounded() -> None:
    agent = synced()
    wiped = agent.echoes(NO_HASH, UNSET)
    sent = wiped + agent.stage.wait(1000)
    assert corrections(sent) == 2
    assert agent.stands == (Sync.FAILED, Reason.NO_ANSWER)


def test_attempts_are_counted_anew_once_an_agent_was_synced() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    agent.connects()
    stage.wait(40)
    agent.takes(ON_A)
    assert corrections(agent.echoes(NO_HASH, UNSET)) == 1
    assert corrections(stage.wait(31)) == 1
    assert corrections(stage.wait(600)) == 0


EDITED = collector("a").replace("exporters: {", 'exporters: {"debug/more": {}, ')
MORE = "[{path: /exporters/debug~1more, reason: by hand, until: 1970-01-12}]"


def test_drift_that_the_group_puts_up_with_is_neither_told_nor_corrected() -> None:
    agent = synced(driftIgnore=MORE)
    assert corrections(agent.runs(EDITED) + agent.stage.wait(60, step=5)) == 0
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert agent.stage.status("c1") is CommitState.SUCCESS
    report = agent.stage.controller.drift(agent.uid)
    assert report is not None
    assert report.differences == ()


def test_drift_that_was_put_up_with_is_corrected_once_the_day_is_over() -> None:
    agent = synced(driftIgnore=MORE)
    agent.runs(EDITED)
    assert corrections(agent.stage.wait(36_000, step=600)) == 0
    sent = agent.stage.wait(1_800, step=100)
    assert corrections(sent) > 0
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)
    assert agent.stage.now > 12 * 86_400


def test_other_drift_beside_it_counts() -> None:
    agent = synced(driftIgnore=MORE)
    both = EDITED.replace("exporters: {", 'exporters: {"debug/other": {}, ')
    assert corrections(agent.runs(both) + agent.stage.wait(20)) > 0
    assert "debug~1other" in agent.known.detail
