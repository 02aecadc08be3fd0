from reconciler.fleet.documents import Fleet
from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from tests.failing import (
    ON_A,
    ON_B,
    down_on_b,
    hashes,
    is_never_offered,
    offered_b,
)
from tests.playbook import (
    APPLYING,
    FAILED,
    ILL,
)
from tests.toy_fleet import config, fleet, running


def blocked(commit: str) -> Fleet:
    return fleet(commit, config("one", "a"), config("two", "b"))


def test_a_blocked_render_does_not_keep_the_last_good_config_from_a_dead_agent() -> (
    None
):
    agent = down_on_b()
    agent.stage.commit(blocked("c1"))
    assert hashes(agent.stage.wait(6)) == [ON_A.hash]
    assert agent.stands == (Sync.PENDING, Reason.RENDER_ERROR)
    assert agent.stage.status("c1") is CommitState.FAILURE


def test_an_offer_that_fails_after_the_next_render_was_blocked_is_restored_too() -> (
    None
):
    agent = offered_b()
    agent.stage.commit(blocked("c1"))
    agent.feels(ILL)
    agent.echoes(ON_B, FAILED, "unknown exporter")
    assert hashes(agent.stage.wait(6)) == [ON_A.hash]
    assert agent.stands == (Sync.PENDING, Reason.RENDER_ERROR)
    agent.takes(ON_A)
    assert is_never_offered(agent, ON_B.hash)


def test_an_agent_stuck_in_applying_while_its_render_is_blocked_is_restored() -> None:
    agent = offered_b()
    agent.echoes(ON_B, APPLYING)
    agent.feels(ILL)
    agent.stage.commit(blocked("c1"))
    assert hashes(agent.stage.wait(310, step=5)) == [ON_A.hash]
    assert agent.stands == (Sync.PENDING, Reason.RENDER_ERROR)


def test_an_older_offer_that_fails_after_the_next_render_was_blocked_is_mended() -> (
    None
):
    agent = offered_b()
    agent.stage.commit(running("a", "a2"))
    agent.stage.wait(60)
    agent.stage.commit(blocked("c1"))
    agent.feels(ILL)
    agent.echoes(ON_B, FAILED, "unknown exporter")
    assert hashes(agent.stage.wait(6)) == [ON_A.hash]
    assert hashes(agent.stage.wait(20)) == []
    agent.takes(ON_A)
    assert agent.stage.wait(600, step=5) == []
