import pytest

from reconciler.controller import FORGET_AFTER
from reconciler.state import upkeep
from reconciler.state.conditions import CommitState
from reconciler.state.events import RevisionFetched, Tick
from reconciler.state.observed import Capability
from reconciler.state.records import RevisionState
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
from tests.toy_fleet import collector, config, fleet, group, rendered, running, sha

ON_A, ON_B = rendered(running("a")), rendered(running("b"))
PENDING, SUCCESS, FAILURE, ERROR = CommitState
GATEWAYS = group("gateways", "{matchLabels: {role: gateway}}")
NODES = group("nodes", "{matchLabels: {role: node}}")


def synced(stage: Stage, *, agents: int = 1, tag: str = "a") -> list[Actor]:
    actors = [stage.actor(labels={"host.name": f"host-{n}"}) for n in range(agents)]
    for agent in actors:
        agent.connects()
        agent.takes(rendered(running(tag)))
    return actors


def test_a_commit_is_pending_at_acceptance() -> None:
    stage = Stage()
    stage.handle(RevisionFetched(running("a", "c1"), "first"))
    assert stage.told == [
        (sha("c1"), "fleet/default", PENDING, "working out what changes")
    ]
    assert stage.kept.revisions[sha("c1")].state is RevisionState.ACCEPTED
    assert stage.kept.revisions[sha("c1")].message == "first"


def test_a_commit_is_green_when_every_reachable_agent_is_on_it() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage, agents=2)
    assert (stage.status("c1"), stage.words("c1")) == (SUCCESS, "2/2 on it")


def test_a_commit_is_pending_while_one_agent_is_not_there_yet() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage)
    late = stage.actor()
    late.connects()
    stage.tick()
    assert (stage.status("c1"), stage.words("c1")) == (PENDING, "1/2 on it")
    late.takes(ON_A)
    assert stage.status("c1") is SUCCESS


def test_offline_agents_are_counted_and_keep_nobody_waiting() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    _, away = synced(stage, agents=2)
    away.leaves()
    stage.commit(running("a", "c2"))
    assert (stage.status("c2"), stage.words("c2")) == (SUCCESS, "1/2 on it, 1 offline")


def test_a_commit_is_pending_while_every_agent_is_offline() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    (agent,) = synced(stage)
    agent.leaves()
    stage.commit(running("a", "c2"))
    stage.wait(600, step=5)
    assert (stage.status("c2"), stage.words("c2")) == (PENDING, "0/1 on it, 1 offline")


def test_a_failure_stays_red_though_the_agent_left() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    _, bad = synced(stage, agents=2)
    stage.commit(running("b", "c2"))
    bad.echoes(ON_B, FAILED, "unknown exporter")
    bad.leaves()
    stage.wait(60)
    assert stage.status("c2") is FAILURE
    assert stage.words("c2") == "0/2 on it, 1 failed: host-1 unknown exporter"


def test_read_only_and_unmanaged_agents_stay_outside_the_count() -> None:
    stage = Stage()
    stage.commit(fleet("c1", config("gateways", "a", "{matchLabels: {role: gateway}}")))
    reads = SUPERVISOR & ~Capability.ACCEPTS_REMOTE_CONFIG
    for labels, capabilities in (
        ({"role": "gateway"}, SUPERVISOR),
        ({"role": "gateway"}, reads),
        ({"role": "node", "host.name": "node-1"}, SUPERVISOR),
    ):
        agent = stage.actor(labels=labels, capabilities=capabilities)
        agent.connects()
    stage.wait(20)
    assert stage.words("c1") == (
        "0/1 on it, 1 read-only; warning: no config selects 1 connected (node-1)"
    )


def test_a_group_without_agents_is_green_only_after_a_wait_and_in_words() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    stage.wait(9)
    assert stage.status("c1") is PENDING
    stage.wait(2)
    assert (stage.status("c1"), stage.words("c1")) == (SUCCESS, "0 agents")


def test_a_group_that_requires_agents_is_red_without_any() -> None:
    stage = Stage()
    stage.commit(running("a", "c1", requireAgents="true"))
    stage.wait(11)
    assert (stage.status("c1"), stage.words("c1")) == (
        FAILURE,
        "0 agents, and the group requires agents",
    )


def test_no_commit_is_green_on_what_was_said_of_an_older_one() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage, agents=2)
    told = len(stage.told)
    stage.handle(RevisionFetched(running("b", "c2")))
    stage.tick()
    stage.wait(60)
    assert SUCCESS not in {state for _, _, state, _ in stage.told[told:]}


def test_a_group_is_shown_no_greener_than_its_commit_is_told() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage, agents=2)
    [before] = stage.controller.groups()
    assert (before.state, before.description) == (SUCCESS, "2/2 on it")
    stage.handle(RevisionFetched(running("b", "c2")))
    [after] = stage.controller.groups()
    assert (after.state, after.description) == (PENDING, "working out what changes")


def test_no_commit_is_told_of_before_all_its_agents_were_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 1)
    stage = Stage()
    stage.commit(running("a", "c1"))
    agents = synced(stage, agents=3)
    stage.handle(RevisionFetched(running("a", "c2")))
    for _ in agents[1:]:
        stage.handle(Tick())
        assert stage.status("c2") is PENDING
    stage.handle(Tick())
    assert stage.status("c2") is SUCCESS


def test_every_group_has_its_own_context() -> None:
    stage = Stage()
    stage.commit(fleet("c1", GATEWAYS, NODES, config("everyone", "a")))
    agent = stage.actor(labels={"role": "gateway"})
    agent.connects()
    agent.takes(ON_A)
    assert stage.words("c1", "fleet/gateways") == "1/1 on it"
    assert stage.words("c1", "fleet/nodes") == "0 agents"
    assert (sha("c1"), "fleet/default") not in stage.statuses


def test_agents_that_no_group_takes_are_told_of_in_group_default() -> None:
    stage = Stage()
    stage.commit(fleet("c1", GATEWAYS, config("everyone", "a")))
    stage.actor(labels={"role": "node"}).connects()
    stage.tick()
    assert stage.words("c1", "fleet/default") == "0/1 on it"


def test_drift_turns_a_commit_red_and_healing_turns_it_green() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    (agent,) = synced(stage)
    agent.echoes(rendered(running("elsewhere")))
    stage.tick()
    assert stage.status("c1") is FAILURE
    assert stage.words("c1").startswith("0/1 on it, 1 drifted: host-0 reports ")
    agent.takes(ON_A)
    assert (stage.status("c1"), stage.words("c1")) == (SUCCESS, "1/1 on it")


def test_an_agent_that_falls_ill_later_turns_the_commit_red_until_it_is_well() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    (agent,) = synced(stage)
    agent.feels(ILL)
    stage.wait(9)
    assert stage.status("c1") is SUCCESS
    stage.wait(2)
    assert stage.status("c1") is FAILURE
    assert stage.words("c1") == "0/1 on it, 1 unhealthy: host-0 exit code 1"
    assert stage.wait(600, step=5) == []
    agent.feels(WELL)
    stage.wait(11)
    assert stage.status("c1") is SUCCESS


def test_an_agent_that_is_still_applying_keeps_the_commit_pending() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor()
    agent.connects()
    for status in (APPLYING, APPLIED):
        agent.echoes(ON_A, status)
        stage.tick()
        assert stage.status("c1") is PENDING


def test_an_agent_that_was_forgotten_is_counted_no_more() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent, _ = synced(stage, agents=2)
    agent.leaves()
    stage.wait(FORGET_AFTER + 3600, step=3600)
    assert stage.words("c1") == "1/1 on it"


def test_an_agent_that_cannot_confirm_keeps_the_commit_from_being_green() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage)
    silent = stage.actor(
        capabilities=SUPERVISOR & ~Capability.REPORTS_REMOTE_CONFIG,
        labels={"host.name": "silent"},
    )
    silent.connects()
    stage.wait(60)
    assert stage.status("c1") is PENDING
    assert stage.words("c1").startswith(
        "1/2 on it, 1 unconfirmed: silent set `reports_"
    )


def test_a_comparison_that_ends_after_its_agent_was_forgotten_brings_nobody_back() -> (
    None
):
    stage = Stage()
    stage.commit(running("a", "c1"))
    _, agent = synced(stage, agents=2)
    stage.compares = False
    agent.runs(collector("a") + "# other\n")
    agent.leaves()
    stage.wait(FORGET_AFTER + 3600, step=3600)
    stage.compare()
    stage.tick()
    assert stage.words("c1") == "1/1 on it"
    assert len(stage.controller.groups()[0].counts) == 1


def test_every_commit_is_told_of_those_in_group_default() -> None:
    stage = Stage()
    documents = (GATEWAYS, config("gw", "a", "{matchLabels: {role: gateway}}"))
    node = config("node", "a", "{matchLabels: {role: node}}")
    stage.commit(fleet("c1", *documents, node))
    agents = [stage.actor(labels={"role": role}) for role in ("gateway", "node")]
    for agent in agents:
        agent.connects()
        agent.takes(ON_A)
    assert stage.status("c1", "fleet/default") is SUCCESS
    typo = config("node", "a", "{matchLabels: {role: nod}}")
    for commit in ("c2", "c3"):
        stage.commit(fleet(commit, *documents, typo))
        stage.wait(20)
        assert stage.status(commit, "fleet/default") is FAILURE
        assert "1 no longer selected" in stage.words(commit, "fleet/default")


def test_a_group_that_is_called_like_a_status_of_ours_writes_over_none() -> None:
    stage = Stage()
    called = group("lint", "{matchLabels: {role: lint}}")
    broken = config("x", "a", "{matchlabels: {}}")
    stage.commit(fleet("c1", GATEWAYS, called, config("all", "a"), broken))
    stage.wait(60)
    told = {state for _, context, state, _ in stage.told if context == "fleet/lint"}
    assert told == {FAILURE}
