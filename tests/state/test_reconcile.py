from reconciler.state.agent import Reason, Sync
from tests.playbook import APPLIED, APPLYING, Stage
from tests.toy_fleet import rendered, running

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
