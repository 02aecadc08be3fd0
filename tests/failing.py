"""Agents on their way from config a to config b, which fails on them."""

from reconciler.ids import ConfigHash
from reconciler.state.actions import OfferRemoteConfig
from reconciler.state.agent import Reason, Sync
from tests.playbook import (
    APPLYING,
    FAILED,
    ILL,
    WELL,
    Actor,
    Answer,
    Stage,
)
from tests.toy_fleet import rendered, running

ON_A, ON_B, ON_C = (rendered(running(tag)) for tag in "abc")


def hashes(answer: Answer) -> list[ConfigHash]:
    assert all(isinstance(one, OfferRemoteConfig) for one in answer), answer
    return [one.config.hash for one in answer if isinstance(one, OfferRemoteConfig)]


def on_a(*, polls: bool = False) -> Actor:
    stage = Stage()
    stage.commit(running("a", "a1"))
    agent = stage.actor(polls=polls)
    agent.connects()
    agent.takes(ON_A)
    return agent


def offered_b(*, polls: bool = False) -> Actor:
    agent = on_a(polls=polls)
    agent.stage.commit(running("b", "b1"))
    sent = agent.says() if polls else agent.stage.pushed
    assert hashes(sent[-1:]) == [ON_B.hash]
    return agent


def down_on_b(*, polls: bool = False) -> Actor:
    """As the supervisor without rollback: FAILED, and the Collector stays down."""
    agent = offered_b(polls=polls)
    agent.echoes(ON_B, APPLYING)
    agent.feels(ILL)
    agent.echoes(ON_B, FAILED, "unknown exporter")
    assert agent.stands == (Sync.FAILED, Reason.REJECTED)
    assert agent.known.detail == "unknown exporter"
    return agent


def restored() -> Actor:
    agent = down_on_b()
    assert hashes(agent.stage.wait(6)) == [ON_A.hash]
    agent.takes(ON_A)
    agent.feels(WELL)
    return agent


def is_never_offered(agent: Actor, digest: ConfigHash) -> bool:
    stage = agent.stage
    sent = agent.says() + stage.wait(30)
    agent.leaves()
    sent += stage.wait(5) + agent.returns() + stage.wait(600, step=5)
    sent += agent.restarts() + stage.wait(600, step=5)
    return digest not in {
        one.config.hash for one in sent if isinstance(one, OfferRemoteConfig)
    }
