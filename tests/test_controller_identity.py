from collections.abc import Sequence

from reconciler.state.actions import (
    AgentAction,
    AskFullState,
    AssignInstanceUid,
    RefuseAgent,
)
from reconciler.state.agent import Reason, Sync
from reconciler.state.events import ConnectionClosed
from reconciler.state.observed import AgentReport
from tests.playbook import SUPERVISOR, Actor, Answer, Stage
from tests.toy_fleet import rendered, running

ON_A = rendered(running("a"))


def kinds(answer: Sequence[AgentAction]) -> list[type]:
    return [type(one) for one in answer]


def synced(stage: Stage, *, polls: bool = False, host: str = "one") -> Actor:
    stage.commit(running("a"))
    agent = stage.actor(polls=polls, labels={"host.name": host})
    agent.connects()
    agent.takes(ON_A)
    return agent


def clone_of(agent: Actor, host: str = "two") -> Actor:
    """The same uid on another machine, as copied disks have it."""
    labels = {"host.name": host}
    return Actor(agent.stage, agent.uid, polls=agent.polls, labels=labels)


def obeys(agent: Actor, answer: Answer) -> None:
    (assigned,) = answer
    assert isinstance(assigned, AssignInstanceUid)
    assert assigned.uid == agent.uid
    agent.uid = assigned.new_uid


def test_obligation_19_an_agent_that_asks_for_a_uid_is_given_one() -> None:
    stage = Stage()
    agent = stage.actor()
    agent.connection = stage.new_connection()
    answer = agent.says(requests_instance_uid=True)
    old = agent.uid
    obeys(agent, answer)
    assert old not in stage.controller.agents
    assert agent.connects() == []
    assert agent.stands == (Sync.PENDING, Reason.NO_REVISION)


def test_obligation_19_a_known_agent_that_asks_for_another_uid_is_not_waited_for() -> (
    None
):
    stage = Stage()
    agent = synced(stage)
    old = agent.known
    obeys(agent, agent.says(requests_instance_uid=True))
    assert not old.is_reachable
    agent.number += 1
    assert kinds(agent.says()) == [AskFullState]
    agent.says(**agent.everything())
    assert old.uid not in stage.controller.agents
    assert agent.known.good == ON_A.hash
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)


def test_obligation_20_a_new_socket_of_the_same_agent_is_no_clone() -> None:
    stage = Stage()
    agent = synced(stage)
    half_open = agent.connection
    assert agent.returns() == []
    assert agent.stands == (Sync.SYNCED, Reason.RUNNING)
    assert half_open is not None
    stage.handle(ConnectionClosed(half_open, [agent.uid]))
    assert agent.known.is_reachable
    assert agent.says() == []


def test_obligation_20_of_two_live_sockets_with_one_uid_one_is_renamed() -> None:
    stage = Stage()
    first = synced(stage)
    second = clone_of(first)
    second.connects()
    obeys(first, first.says())
    assert kinds(first.says()) == [AskFullState]
    first.says(**first.everything())
    assert first.uid != second.uid
    assert {
        agent.labels["host.name"] for agent in stage.controller.agents.values()
    } == {
        "one",
        "two",
    }
    assert first.says() == second.says() == []


def test_obligation_20_pollers_that_describe_themselves_in_turns_are_told_apart() -> (
    None
):
    stage = Stage()
    first = synced(stage, polls=True)
    second = clone_of(first)
    second.connects()
    obeys(first, first.says(**first.everything()))
    first.says(**first.everything())
    assert first.uid in stage.controller.agents
    assert first.uid != second.uid


def test_obligation_20_a_poller_that_moved_to_another_host_is_no_clone() -> None:
    stage = Stage()
    agent = synced(stage, polls=True)
    agent.labels["host.name"] = "elsewhere"
    assert AssignInstanceUid not in kinds(agent.restarts())
    assert AssignInstanceUid not in kinds(agent.says(**agent.everything()))


def test_obligation_20_an_agent_that_changed_to_polling_and_back_is_no_clone() -> None:
    stage = Stage()
    agent = synced(stage)
    agent.leaves()
    agent.polls = True
    assert agent.returns() + agent.says() == []
    agent.polls = False
    assert agent.returns() + agent.says() == []


def test_obligation_20_a_clone_that_ignores_its_new_uid_is_refused() -> None:
    stage = Stage()
    first = synced(stage)
    second = clone_of(first)
    second.connects()
    said = [first.says() for _ in range(10)]
    assert [kinds(one) for one in said[:3]] == [[AssignInstanceUid]] * 3
    assert [kinds(one) for one in said[3:]] == [[RefuseAgent]] * 7
    stage.wait(601, step=5)
    assert kinds(first.says()) == [AssignInstanceUid]


def test_obligation_20_a_poller_that_ignores_its_new_uid_is_refused() -> None:
    stage = Stage()
    first = synced(stage, polls=True)
    second = clone_of(first)
    answers = []
    for _ in range(10):
        answers += (
            second.says(**second.everything())
            if second.connection is not None
            else second.connects()
        )
        answers += first.says(**first.everything())
    about_uids = [
        one for one in answers if isinstance(one, AssignInstanceUid | RefuseAgent)
    ]
    assert kinds(about_uids[:4]) == [AssignInstanceUid] * 3 + [RefuseAgent]


def test_clones_are_never_sent_each_others_configs() -> None:
    stage = Stage()
    first = synced(stage)
    second = clone_of(first)
    second.status = first.status
    second.connects()
    sent = first.says() + second.says()
    assert kinds(sent) == [AssignInstanceUid]


def test_obligation_20_a_good_bye_on_the_old_socket_is_no_clone_and_ends_nothing() -> (
    None
):
    stage = Stage()
    agent = synced(stage)
    old, number = agent.connection, agent.number
    agent.number += 1
    agent.returns()
    new, agent.connection = agent.connection, old
    bye = AgentReport(agent.uid, number + 1, SUPERVISOR, disconnect=True)
    assert agent.repeats(bye) == []
    agent.connection = new
    assert agent.known.is_reachable
    assert agent.says() == []


def test_obligation_20_a_poller_and_a_socket_with_one_uid_are_told_apart() -> None:
    stage = Stage()
    first = synced(stage)
    second = clone_of(first)
    second.polls = True
    second.connects()
    obeys(first, first.says())
    assert first.uid != second.uid


def test_obligation_20_clones_that_obey_are_told_apart_however_many_there_are() -> None:
    stage = Stage()
    agent = synced(stage)
    for n in range(10):
        clone = clone_of(agent, f"clone-{n}")
        clone.connects()
        obeys(agent, agent.says())
        agent.says(**agent.everything())
        agent = clone
    assert len(stage.controller.agents) == 11
