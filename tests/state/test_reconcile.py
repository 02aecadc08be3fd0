from reconciler.state.agent import Reason, Sync
from tests.playbook import APPLIED, APPLYING, Stage
from tests.toy_fleet import collector, rendered, running

ON_A, ON_B = rendered(running("a")), rendered(running("b"))


def test_a_verdict_that_quarantines_is_the_one_that_follows_from_it() -> None:
    stage = Stage()
    stage.commit(running("a", "a1"))
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_A)
    stage.commit(running("b", "b1"))
    for _ in range(2):
        agent.echoes(ON_B, APPLYING)
        agent.leaves()
        stage.wait(60)
        agent.status = type(agent.status)(ON_A.hash, APPLIED)
        agent.connects()
    assert agent.stands == (Sync.ROLLED_BACK, Reason.NO_ANSWER)


def test_an_agent_that_keeps_reporting_is_compared_one_report_at_a_time() -> None:
    stage = Stage(compares=False)
    stage.commit(running("a", "a1"))
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_A)
    stage.compare()
    for n in range(100):
        agent.runs(f"{collector('a')}# {n}\n")
    assert len(stage.comparisons) == 1
    stage.compare()
    assert stage.comparisons == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    agent.runs(collector("by-hand"))
    stage.compare()
    assert agent.stands == (Sync.SYNCED, Reason.COMPARING)


def test_agents_that_report_alike_share_one_comparison() -> None:
    stage = Stage(compares=False)
    stage.commit(running("a", "a1"))
    agents = [stage.actor() for _ in range(20)]
    for agent in agents:
        agent.connects()
        agent.takes(ON_A)
    assert len(stage.comparisons) == 1
    stage.compare()
    assert {agent.stands for agent in agents} == {(Sync.SYNCED, Reason.RUNNING)}
