from reconciler.ids import Generation
from reconciler.state.actions import AskFullState, SaveAgent
from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.events import RevisionFetched
from reconciler.state.observed import AgentDescription, Capability, EffectiveConfig
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
from tests.toy_fleet import collector, config, fleet, rendered, running, sha

ON_A, ON_B = rendered(running("a")), rendered(running("b"))
PENDING, SUCCESS, FAILURE = (
    CommitState.PENDING,
    CommitState.SUCCESS,
    CommitState.FAILURE,
)


def synced(stage: Stage) -> Actor:
    agent = stage.actor(labels={"os.type": "linux"})
    agent.connects()
    agent.takes(ON_A)
    return agent


def with_agents(count: int, **defaults: str) -> tuple[Stage, list[Actor]]:
    stage = Stage()
    stage.commit(running("a", "c1", **defaults))
    agents = [synced(stage) for _ in range(count)]
    assert stage.status("c1") is SUCCESS
    return stage, agents


def asked(answer: Answer) -> list[type]:
    return [type(one) for one in answer]


def test_after_an_orderly_stop_a_bare_message_costs_nothing() -> None:
    stage, agents = with_agents(3)
    for agent in agents:
        agent.says()
    stage.restart()
    for agent in agents:
        assert agent.returns() == []
        assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert stage.wait(600, step=5) == []


def test_after_a_kill_an_agent_is_asked_for_everything_and_still_not_offered() -> None:
    stage, (agent,) = with_agents(1)
    agent.says()
    stage.restart(orderly=False)
    assert asked(agent.returns()) == [AskFullState]
    assert agent.stands == (Sync.UNKNOWN, Reason.SEQUENCE_GAP)
    assert agent.says(**agent.everything()) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert stage.wait(600, step=5) == []


def test_with_the_store_lost_the_agents_own_reports_rebuild_it_without_a_push() -> None:
    stage, (agent,) = with_agents(1)
    stage.kept = type(stage.kept)()
    stage.statuses.clear()
    stage.fleet = None
    stage.restart(orderly=False)
    stage.commit(running("a", "c1"))
    sent = agent.returns() + agent.says(**agent.everything()) + stage.wait(11)
    assert asked(sent) == [AskFullState]
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert stage.status("c1") is SUCCESS


def test_a_drifted_agent_that_left_is_not_taken_for_one_that_rolled_back() -> None:
    stage, (agent,) = with_agents(1, drift="report")
    elsewhere = rendered(running("elsewhere"))
    agent.echoes(elsewhere)
    agent.leaves()
    assert agent.stands == (Sync.DRIFTED, Reason.OTHER_HASH)
    stage.restart()
    assert asked(agent.returns()) == [AskFullState]
    assert agent.says(**agent.everything()) == []
    assert agent.stands == (Sync.DRIFTED, Reason.OTHER_HASH)


def test_no_commit_changes_colour_while_its_agents_are_awaited() -> None:
    stage, (agent, late) = with_agents(2)
    told = len(stage.told)
    stage.restart(orderly=False)
    stage.wait(60)
    agent.returns()
    stage.tick()
    agent.says(**agent.everything())
    stage.wait(28)
    assert stage.told[told:] == []
    stage.wait(3)
    assert stage.words("c1") == "1/2 on it, 1 offline"
    late.returns()
    late.says(**late.everything())
    stage.tick()
    assert {state for _, _, state, _ in stage.told[told:]} == {SUCCESS}


def test_the_truth_is_told_once_everybody_is_back() -> None:
    stage, (agent,) = with_agents(1)
    stage.restart()
    agent.returns()
    agent.feels(ILL)
    stage.wait(11)
    assert stage.status("c1") is FAILURE


def test_a_commit_that_comes_while_agents_are_awaited_waits_for_them() -> None:
    stage, (agent,) = with_agents(1)
    stage.restart()
    stage.commit(running("a", "c2"))
    stage.wait(80)
    assert stage.status("c2") is PENDING
    agent.returns()
    stage.tick()
    assert stage.status("c2") is SUCCESS


def test_generations_go_on_counting() -> None:
    stage, _ = with_agents(1)
    stage.commit(running("b", "c2"))
    stage.restart()
    assert stage.controller.generation == 2
    stage.commit(running("c", "c3"))
    assert stage.controller.generation == 3
    assert stage.kept.revisions[sha("c3")].generation == Generation(3)


def test_a_refused_commit_is_not_told_again_after_a_restart() -> None:
    stage, _ = with_agents(1)
    broken = running("a", "bad", soak="never")
    stage.commit(broken)
    refused = stage.controller.newest
    stage.restart()
    # It is read once more: this process may have other limits.
    assert stage.controller.newest == stage.controller.revision != refused
    assert [a for a in stage.commit(broken) if not isinstance(a, SaveAgent)] == []
    assert stage.controller.newest == refused


def test_a_refused_commit_that_can_be_read_after_a_restart_is_put_in_force() -> None:
    stage, _ = with_agents(1)
    stage.commit(running("a", "c2", soak="never"))
    assert stage.status("c2", "fleet/lint") is FAILURE
    stage.restart()
    stage.commit(running("a", "c2"))
    assert stage.status("c2", "fleet/lint") is SUCCESS
    assert stage.controller.revision == running("a", "c2").revision


def test_a_restart_without_a_snapshot_waits_for_the_source() -> None:
    stage, (agent,) = with_agents(1)
    stage.fleet = None
    stage.restart()
    assert agent.returns() == []
    assert agent.stands == (Sync.PENDING, Reason.NO_REVISION)
    stage.commit(running("a", "c1"))
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert stage.wait(60) == []


def test_an_agent_under_another_name_after_a_restart_follows_its_new_labels() -> None:
    stage, (agent,) = with_agents(1)
    stage.restart()
    agent.returns()
    agent.says(description=AgentDescription({}, {"host.name": "elsewhere"}))
    assert agent.known.labels == {"host.name": "elsewhere"}


def test_an_agent_that_was_never_told_enough_is_not_known_after_a_restart() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor()
    agent.connection = stage.new_connection()
    assert asked(agent.returns()) == [AskFullState]
    for orderly in (True, False):
        stage.restart(orderly=orderly)
        assert asked(agent.returns()) == [AskFullState]
        assert agent.stands[0] is Sync.UNKNOWN


def test_a_gap_that_was_not_mended_before_a_restart_is_not_forgotten() -> None:
    stage, (agent,) = with_agents(1)
    agent.number += 1
    assert asked(agent.says()) == [AskFullState]
    stage.restart()
    assert asked(agent.returns()) == [AskFullState]


def test_a_soak_that_a_restart_broke_off_comes_to_its_end() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor()
    agent.connects()
    agent.echoes(ON_A, APPLYING)
    agent.echoes(ON_A, APPLIED)
    stage.wait(5)
    stage.restart()
    assert asked(agent.returns()) == [AskFullState]
    agent.effective = EffectiveConfig(ON_A.entries)
    assert agent.says(**agent.everything()) == []
    assert agent.stands == (Sync.APPLYING, Reason.SOAKING)
    assert stage.wait(11) == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_an_agent_that_is_asked_for_everything_is_awaited_until_it_has_told() -> None:
    stage, (agent,) = with_agents(1)
    agent.says()
    told = len(stage.told)
    stage.restart(orderly=False)
    agent.returns()
    stage.wait(5)
    assert stage.told[told:] == []
    agent.says(**agent.everything())
    stage.wait(5)
    assert stage.told[told:] == []


def test_an_agent_that_differed_before_a_restart_still_does() -> None:
    stage, (agent,) = with_agents(1, drift="report")
    agent.runs(collector("by-hand"))
    stage.wait(11)
    assert stage.status("c1") is FAILURE
    told = len(stage.told)
    stage.restart()
    assert asked(agent.returns()) == [AskFullState]
    stage.tick()
    stage.compares = False
    assert agent.says(**agent.everything()) == []
    stage.tick()
    stage.compare()
    stage.wait(100)
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)
    assert {state for _, _, state, _ in stage.told[told:]} <= {FAILURE}


def test_a_failure_of_an_older_commit_is_no_failure_of_the_one_in_force() -> None:
    stage, (agent,) = with_agents(1)
    stage.commit(running("b", "c2"))
    agent.echoes(ON_B, FAILED, "unknown exporter")
    stage.tick()
    assert stage.status("c2") is FAILURE
    # Killed after the next commit was accepted, before its agents were judged.
    stage.handle(RevisionFetched(running("c", "c3")))
    stage.fleet = stage.controller.fleet
    stage.restart(orderly=False)
    stage.wait(100)
    assert stage.words("c3") == "0/1 on it, 1 offline"
    assert stage.status("c3") is PENDING


def test_an_agent_that_differed_and_left_is_asked_after_a_restart_too() -> None:
    stage, (agent,) = with_agents(1, drift="report")
    agent.runs(collector("by-hand"))
    stage.wait(11)
    agent.leaves()
    assert agent.stands == (Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS)
    for _ in range(2):
        stage.restart()
        stage.wait(5)
    assert asked(agent.returns()) == [AskFullState]


def test_a_group_without_agents_is_told_of_after_a_restart_too() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    assert stage.status("c1") is PENDING
    stage.restart()
    stage.wait(20)
    assert (stage.status("c1"), stage.words("c1")) == (SUCCESS, "0 agents")


def test_an_agent_whose_effective_config_was_not_compared_yet_is_asked_for_it() -> None:
    for ends in ("compared", "blocked", "left"):
        stage, (agent,) = with_agents(1)
        stage.compares = False
        if ends == "blocked":
            stage.commit(fleet("c2", config("one", "a"), config("two", "b")))
        agent.runs(collector("by-hand"))
        if ends == "left":
            agent.leaves()
        stage.restart()
        stage.wait(5)
        assert asked(agent.returns()) == [AskFullState], ends


def test_a_read_only_agent_is_not_asked_after_a_restart() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor(capabilities=SUPERVISOR & ~Capability.ACCEPTS_REMOTE_CONFIG)
    agent.connects()
    stage.restart()
    assert agent.returns() == []
