import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.state import records
from reconciler.state.actions import SaveAgent
from reconciler.state.agent import Reason, Sync
from reconciler.state.events import AgentReported
from reconciler.state.observed import AgentReport, Transport
from tests.playbook import (
    APPLIED,
    APPLYING,
    FAILED,
    ILL,
    SUPERVISOR,
    WELL,
    Actor,
    Stage,
)
from tests.toy_fleet import collector, rendered, running

ON_A = rendered(running("a"))


def at_rest(stage: Stage, *, polls: bool = False) -> Actor:
    agent = stage.actor(polls=polls, labels={"os.type": "linux"})
    agent.connects()
    agent.takes(ON_A)
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    return agent


def calls_of(work: Callable[[], object]) -> list[str]:
    """The Python functions that were called, by name."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return called


@pytest.mark.parametrize("polls", [False, True])
def test_a_heartbeat_at_rest_costs_a_handful_of_calls_and_yields_nothing(
    polls: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = at_rest(stage, polls=polls)
    for _ in range(2):
        agent.says()  # how often it polls is learned
        stage.wait(10)
    report = AgentReport(agent.uid, agent.number + 1, SUPERVISOR)
    assert agent.connection is not None
    transport = Transport.HTTP if polls else Transport.WEBSOCKET
    event = AgentReported(report, agent.connection, transport, first=False)
    answers = []
    called = calls_of(lambda: answers.append(stage.controller.handle(event, stage.now)))
    assert answers == [[]]
    assert len(called) <= 25
    assert not {"judge", "record", "place", "resolve", "labels"} & set(called)


def test_a_tick_at_rest_costs_a_handful_of_calls_and_yields_nothing() -> None:
    stage = Stage()
    stage.commit(running("a"))
    for _ in range(50):
        at_rest(stage)
    stage.wait(60)
    assert len(calls_of(stage.tick)) <= 20
    assert stage.tick() == []


def test_the_same_effective_config_again_is_not_written_down_again() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = at_rest(stage)
    assert agent.runs(collector("a")) == []
    event = AgentReported(
        AgentReport(
            agent.uid, agent.number + 1, SUPERVISOR, effective_config=agent.effective
        ),
        agent.connection or stage.new_connection(),
        Transport.WEBSOCKET,
        first=False,
    )
    assert stage.controller.handle(event, stage.now) == []


def test_heartbeats_are_never_written_down() -> None:
    stage = Stage()
    stage.commit(running("a"))
    agents = [at_rest(stage), at_rest(stage, polls=True)]
    before = dict(stage.kept.agents)
    for _ in range(20):
        for agent in agents:
            agent.says()
        stage.wait(30, step=5)
    assert stage.kept.agents == before


words = st.sampled_from(
    [
        lambda agent: agent.echoes(ON_A, APPLYING),
        lambda agent: agent.echoes(ON_A, APPLIED),
        lambda agent: agent.echoes(ON_A, FAILED, "no"),
        lambda agent: agent.feels(ILL),
        lambda agent: agent.feels(WELL),
        lambda agent: agent.runs(collector("a")),
        lambda agent: agent.runs(collector("x")),
        lambda agent: agent.says(),
        lambda agent: agent.says(**agent.everything()),
    ]
)
speeches = st.lists(st.lists(words, max_size=5), min_size=2, max_size=3)


def told(speeches: list[list[Any]], order: list[int]) -> tuple[Any, ...]:
    stage = Stage()
    stage.commit(running("a"))
    agents = [stage.actor(labels={"n": str(n)}) for n in range(len(speeches))]
    for agent in agents:
        agent.connects()
    left = [list(speech) for speech in speeches]
    for index in order:
        left[index].pop(0)(agents[index])
    stage.wait(60)
    stands = [(agent.stands, agent.known.detail) for agent in agents]
    return stands, stage.controller.groups()


@given(st.data(), speeches)
def test_any_order_of_what_independent_agents_say_ends_in_the_same_state(
    data: st.DataObject, said: list[list[Any]]
) -> None:
    turns = [index for index, speech in enumerate(said) for _ in speech]
    order = data.draw(st.permutations(turns))
    (one, groups), (other, others) = told(said, turns), told(said, order)
    assert one == other
    assert [(g.state, g.counts) for g in groups] == [
        (g.state, g.counts) for g in others
    ]


@given(st.lists(words, max_size=6))
def test_judging_an_agent_again_at_the_same_time_changes_nothing(
    said: list[Any],
) -> None:
    stage = Stage()
    stage.commit(running("a"))
    agent = stage.actor()
    agent.connects()
    for word in said:
        word(agent)
        before = records.record(agent.known)
        reconcile = stage.controller._reconcile
        actions, _ = reconcile.judge(
            agent.known, answering=True, touched=False, now=stage.now
        )
        assert [one for one in actions if isinstance(one, SaveAgent)] == actions == []
        assert records.record(agent.known) == before


def test_no_config_that_may_be_given_back_is_dropped() -> None:
    stage = Stage()
    stage.commit(running("a", "a1"))
    agents = [at_rest(stage) for _ in range(3)]
    for n in range(5):
        stage.commit(running(f"t{n}", f"b{n}"))
        for agent in agents[:2]:
            agent.takes(rendered(running(f"t{n}")))
    kept = set(stage.kept.configs)
    assert {agent.known.good for agent in agents} <= kept
    assert len(kept) <= 4
