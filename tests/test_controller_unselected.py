"""Who ran a config of ours and lost it, and who was never selected."""

import pytest

from reconciler.controller import FORGET_AFTER
from reconciler.fleet.documents import Fleet
from reconciler.state.agent import Reason, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.events import AgentForgotten
from reconciler.state.observed import Capability
from tests.playbook import SUPERVISOR, Actor, Stage
from tests.toy_fleet import config, fleet, group, inventory, rendered, running, sha

SUCCESS, FAILURE, PENDING = (
    CommitState.SUCCESS,
    CommitState.FAILURE,
    CommitState.PENDING,
)
EDGE = "{matchLabels: {role: edge}}"
TYPO = "{matchLabels: {role: egde}}"
EDGES = group("edge", EDGE)
ON_A = rendered(running("a"))
READS = SUPERVISOR & ~Capability.ACCEPTS_REMOTE_CONFIG


def edges(stage: Stage, count: int = 20) -> list[Actor]:
    """Agents of group `edge` that run config a, with the commit that says so."""
    stage.commit(fleet("c1", EDGES, config("all", "a", EDGE)))
    agents = []
    for number in range(count):
        labels = {"role": "edge", "host.name": f"edge-{number:02}"}
        agents.append(stage.actor(labels=labels))
        agents[-1].connects()
        agents[-1].takes(ON_A)
    assert stage.words("c1", "fleet/edge") == f"{count}/{count} on it"
    return agents


def typo(commit: str, **root: object) -> Fleet:
    return fleet(commit, EDGES, config("all", "b", TYPO), root=tuple(root.items()))


def test_a_typo_in_a_selector_is_red_and_says_how_many_it_lost() -> None:
    stage = Stage()
    agents = edges(stage)
    stage.commit(typo("c2"))
    assert stage.wait(60) == []
    assert stage.status("c2", "fleet/edge") is FAILURE
    words = stage.words("c2", "fleet/edge")
    assert words.startswith("0 agents, 20 no longer selected: edge-")
    assert "commit `unselected: release`" in words
    assert {agent.stands for agent in agents} == {
        (Sync.UNSELECTED, Reason.NO_LONGER_SELECTED)
    }


def test_an_agent_alone_that_nothing_selects_any_more_is_held_too() -> None:
    stage = Stage()
    agents = edges(stage, 2)
    agents[0].labels["role"] = "other"
    agents[0].says(**agents[0].everything())
    stage.wait(1)
    assert stage.status("c1", "fleet/edge") is FAILURE
    assert stage.words("c1", "fleet/edge").startswith(
        "1/1 on it, 1 no longer selected: edge-00 "
    )
    agents[0].labels["role"] = "edge"
    agents[0].says(**agents[0].everything())
    stage.wait(1)
    assert stage.status("c1", "fleet/edge") is SUCCESS


def test_unselected_agents_are_held_over_departures_and_restarts() -> None:
    stage = Stage()
    agents = edges(stage, 3)
    stage.commit(typo("c2"))
    for agent in agents:
        agent.leaves()
    stage.restart(orderly=False)
    stage.wait(120)
    assert stage.status("c2", "fleet/edge") is FAILURE
    for agent in agents:
        agent.restarts()
    stage.wait(20)
    assert stage.status("c2", "fleet/edge") is FAILURE


def test_a_commit_that_says_release_lets_go_of_them_for_good() -> None:
    stage = Stage()
    agents = edges(stage, 3)
    stage.commit(typo("c2"))
    stage.commit(typo("c3", unselected="release"))
    stage.wait(20)
    assert stage.status("c3", "fleet/edge") is SUCCESS
    assert agents[0].stands == (Sync.UNMANAGED, Reason.NOT_SELECTED)
    stage.commit(typo("c4"))
    stage.wait(20)
    assert stage.status("c4", "fleet/edge") is SUCCESS
    assert "no config selects 3 connected" in stage.words("c4", "fleet/edge")


def test_a_commit_is_green_once_those_it_lost_are_gone() -> None:
    stage = Stage()
    first, second, third = edges(stage, 3)
    stage.commit(typo("c2"))
    first.leaves()
    stage.handle(AgentForgotten(first.uid))
    stage.wait(1)
    assert "2 no longer selected" in stage.words("c2", "fleet/edge")
    second.leaves()
    third.leaves()
    stage.wait(FORGET_AFTER + 60, step=3600)
    assert (stage.status("c2", "fleet/edge"), stage.words("c2", "fleet/edge")) == (
        SUCCESS,
        "0 agents",
    )


def test_an_agent_that_is_connected_cannot_be_forgotten() -> None:
    stage = Stage()
    (agent,) = edges(stage, 1)
    assert stage.handle(AgentForgotten(agent.uid)) == []
    assert agent.known.is_reachable


def test_a_group_whose_agents_went_to_another_group_is_red_until_release() -> None:
    stage = Stage()
    agents = edges(stage, 3)
    moved = (group("edge", TYPO), config("all", "a", EDGE))
    stage.commit(fleet("c2", *moved))
    stage.wait(20)
    assert stage.status("c2", "fleet/edge") is FAILURE
    assert stage.words("c2", "fleet/edge") == (
        "0 agents, 3 moved to other groups: commit `unselected: release` if that "
        "is meant"
    )
    assert stage.words("c2", "fleet/default") == "3/3 on it"
    stage.restart()
    for agent in agents:
        agent.returns()
    stage.commit(fleet("c3", *moved, root=(("unselected", "release"),)))
    stage.wait(20)
    assert stage.status("c3", "fleet/edge") is SUCCESS


def test_a_group_stays_red_when_its_agents_move_on_from_the_group_after_it() -> None:
    stage = Stage()
    edges(stage, 1)
    for commit, mid, rest in (("c2", EDGE, TYPO), ("c3", TYPO, EDGE)):
        others = (group("mid", mid), group("rest", rest))
        stage.commit(
            fleet(commit, group("edge", TYPO, priority=9), *others, config("all", "a"))
        )
        stage.wait(20)
    for name in ("edge", "mid"):
        assert stage.status("c3", f"fleet/{name}") is FAILURE
    assert stage.words("c3", "fleet/rest") == "1/1 on it"


def test_an_agent_that_only_took_a_config_ran_ours_too() -> None:
    stage = Stage()
    stage.commit(fleet("c1", EDGES, config("all", "a", EDGE)))
    agent = stage.actor(labels={"role": "edge"})
    agent.connects()
    agent.echoes(ON_A)
    stage.commit(fleet("c2", EDGES, config("all", "b", EDGE)))
    stage.commit(fleet("c3", EDGES, config("all", "b", TYPO)))
    stage.wait(20)
    assert stage.status("c3", "fleet/edge") is FAILURE


def test_agents_that_leave_the_default_group_for_a_new_one_are_no_loss() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor(labels={"role": "edge"})
    agent.connects()
    agent.takes(ON_A)
    stage.commit(fleet("c2", EDGES, config("everyone", "a")))
    stage.wait(20)
    assert stage.words("c2", "fleet/edge") == "1/1 on it"
    assert stage.statuses.get((sha("c2"), "fleet/default")) is None


def test_a_group_whose_agents_turned_read_only_is_not_green() -> None:
    stage = Stage()
    agents = edges(stage, 3)
    for agent in agents:
        agent.capabilities = READS
        agent.says(**agent.everything())
    stage.commit(fleet("c2", EDGES, config("all", "b", EDGE)))
    stage.wait(20)
    assert stage.status("c2", "fleet/edge") is FAILURE
    assert "3 turned read-only" in stage.words("c2", "fleet/edge")


def test_an_agent_that_was_always_read_only_is_counted_and_no_fault() -> None:
    stage = Stage()
    stage.commit(fleet("c1", EDGES, config("all", "a", EDGE)))
    stage.actor(labels={"role": "edge"}, capabilities=READS).connects()
    stage.wait(20)
    assert (stage.status("c1", "fleet/edge"), stage.words("c1", "fleet/edge")) == (
        SUCCESS,
        "0 agents, 1 read-only",
    )


# Nobody is invisible.


@pytest.mark.parametrize(
    ("unmanaged", "state"),
    [("tolerate", SUCCESS), ("warn", SUCCESS), ("fail", FAILURE)],
)
def test_agents_that_say_a_label_wrong_are_told_of_in_group_default(
    unmanaged: str, state: CommitState
) -> None:
    stage = Stage()
    root = (("unmanaged", unmanaged),)
    stage.commit(fleet("c1", EDGES, config("all", "a", EDGE), root=root))
    for number in range(3):
        labels = {"role": "egde", "host.name": f"edge-{number}"}
        stage.actor(labels=labels).connects()
    stage.wait(20)
    assert stage.status("c1", "fleet/default") is state
    words = stage.words("c1", "fleet/default")
    assert "no config selects 3 connected (edge-0, edge-1, …)" in words
    assert ("warning" in words) is (unmanaged == "warn")


def hosts(*names: str) -> list[str]:
    return [inventory(f"{{host.name: {n}}}", "{role: edge}", name=n) for n in names]


def expecting(commit: str, *names: str, **root: str) -> Fleet:
    documents = [EDGES, config("all", "a", EDGE), *hosts(*names)]
    return fleet(commit, *documents, root=tuple(root.items()))


def test_a_group_of_which_no_expected_host_was_ever_heard_is_pending() -> None:
    stage = Stage()
    stage.commit(expecting("c1", "edge-1", "edge-2", "edge-3"))
    stage.wait(60)
    assert (stage.status("c1", "fleet/edge"), stage.words("c1", "fleet/edge")) == (
        PENDING,
        "0/3 on it, 3 missing (edge-1, edge-2, …)",
    )
    assert [host.name for host in stage.controller.missing()] == [
        "edge-1",
        "edge-2",
        "edge-3",
    ]


@pytest.mark.parametrize(
    ("missing", "state"), [("tolerate", SUCCESS), ("require", FAILURE)]
)
def test_missing_hosts_are_named_and_the_fleet_says_what_they_mean(
    missing: str, state: CommitState
) -> None:
    stage = Stage()
    stage.commit(expecting("c1", "edge-1", "edge-2", "edge-3", missing=missing))
    heard = [stage.actor(labels={"host.name": f"edge-{n}"}) for n in (1, 2)]
    for agent in heard:
        agent.connects()
        agent.takes(ON_A)
    assert stage.status("c1", "fleet/edge") is state
    assert stage.words("c1", "fleet/edge") == "2/3 on it, 1 missing (edge-3)"
    heard[1].leaves()
    stage.wait(1)
    assert stage.status("c1", "fleet/edge") is state
    assert stage.words("c1", "fleet/edge") == "1/3 on it, 2 missing (edge-2, edge-3)"
    stage.commit(expecting("c2", "edge-1", missing=missing))
    stage.wait(20)
    assert "1 no longer selected" in stage.words("c2", "fleet/edge")
    stage.handle(AgentForgotten(heard[1].uid))
    stage.wait(1)
    assert stage.status("c2", "fleet/edge") is SUCCESS


def test_a_host_that_was_heard_once_is_remembered_after_a_restart() -> None:
    stage = Stage()
    stage.commit(expecting("c1", "edge-1", "edge-2"))
    agent = stage.actor(labels={"host.name": "edge-1"})
    agent.connects()
    agent.takes(ON_A)
    stage.restart()
    agent.returns()
    stage.wait(20)
    assert stage.words("c1", "fleet/edge") == "1/2 on it, 1 missing (edge-2)"
    assert stage.status("c1", "fleet/edge") is SUCCESS
