"""What becomes of commits that a newer one overtakes."""

from reconciler.fleet.documents import Fleet
from reconciler.state.conditions import CommitState
from reconciler.state.events import PassedCommit, RevisionFetched
from reconciler.state.records import RevisionState
from tests.playbook import APPLIED, APPLYING, FAILED, Actor, Stage
from tests.toy_fleet import config, fleet, group, rendered, running, sha

SUCCESS, FAILURE, PENDING, ERROR = (
    CommitState.SUCCESS,
    CommitState.FAILURE,
    CommitState.PENDING,
    CommitState.ERROR,
)
ON_A, ON_B = rendered(running("a")), rendered(running("b"))
WEST, EAST = "{matchLabels: {side: west}}", "{matchLabels: {side: east}}"


def applying(commit: str = "c1") -> tuple[Stage, Actor]:
    """An agent that applies config a."""
    stage = Stage()
    stage.commit(running("a", commit))
    agent = stage.actor()
    agent.connects()
    agent.echoes(ON_A, APPLYING)
    stage.wait(1)
    return stage, agent


def sides(commit: str, west: str, east: str) -> Fleet:
    return fleet(
        commit,
        group("west", WEST),
        group("east", EAST),
        config("w", west, WEST),
        config("e", east, EAST),
    )


def test_a_commit_overtaken_by_one_that_means_the_same_ends_as_that_one_does() -> None:
    stage, agent = applying()
    stage.commit(running("a", "c2"))
    stage.wait(1)
    assert stage.status("c1") is PENDING
    agent.takes(ON_A)
    assert (stage.status("c1"), stage.words("c1")) == (SUCCESS, "1/1 on it")
    assert stage.status("c2") is SUCCESS


def test_it_fails_too_if_that_one_does_and_heals_with_it() -> None:
    stage, agent = applying()
    stage.commit(running("a", "c2"))
    agent.echoes(ON_A, FAILED, "no such exporter")
    stage.wait(1)
    assert stage.status("c1") is FAILURE
    agent.takes(ON_A)
    assert stage.status("c1") is SUCCESS


def test_a_commit_overtaken_by_one_that_means_something_else_is_superseded() -> None:
    stage, agent = applying()
    stage.commit(running("b", "c2"))
    stage.wait(1)
    assert (stage.status("c1"), stage.words("c1")) == (ERROR, "superseded by c200000")
    agent.takes(ON_B)
    assert stage.status("c1") is ERROR


def test_each_group_of_a_commit_has_a_fate_of_its_own() -> None:
    stage = Stage()
    stage.commit(sides("c1", "a", "a"))
    agents = {}
    for side in ("west", "east"):
        agents[side] = stage.actor(labels={"side": side})
        agents[side].connects()
    stage.commit(sides("c2", "a", "b"))
    stage.wait(1)
    assert stage.status("c1", "fleet/west") is PENDING
    assert stage.status("c1", "fleet/east") is ERROR
    agents["west"].takes(ON_A)
    assert stage.status("c1", "fleet/west") is SUCCESS


def test_a_chain_of_commits_that_mean_the_same_ends_at_once() -> None:
    stage, agent = applying("c1")
    for commit in ("c2", "c3", "c4"):
        stage.handle(RevisionFetched(running("a", commit)))
    agent.takes(ON_A)
    assert {stage.status(f"c{n}") for n in (1, 2, 3, 4)} == {SUCCESS}


def test_a_commit_that_brings_back_what_was_superseded_is_green_alone() -> None:
    stage, agent = applying("c1")
    stage.commit(running("b", "c2"))
    stage.commit(running("a", "c3"))
    agent.takes(ON_A)
    stage.wait(30)  # it may still take the config that it was offered before
    assert {stage.status("c1"), stage.status("c2")} == {ERROR}
    assert stage.status("c3") is SUCCESS


def test_an_agent_that_comes_later_and_differs_parts_the_two() -> None:
    stage = Stage()
    stage.commit(sides("c1", "a", "a"))
    stage.commit(sides("c2", "b", "a"))
    agent = stage.actor(labels={"side": "west"})
    agent.connects()
    agent.takes(ON_B)
    assert stage.status("c2", "fleet/west") is SUCCESS
    assert stage.status("c1", "fleet/west") is ERROR


def test_a_red_commit_is_not_green_because_the_next_one_asks_for_less() -> None:
    stage = Stage()
    stage.commit(running("a", "c1", requireAgents="true"))
    stage.wait(20)
    assert stage.status("c1") is FAILURE
    stage.commit(running("a", "c2"))
    stage.wait(20)
    assert stage.status("c2") is SUCCESS
    assert stage.status("c1") is FAILURE


def test_a_commit_that_is_put_in_force_again_is_told_once() -> None:
    stage, agent = applying()
    stage.commit(running("b", "c2"))
    stage.commit(running("a", "c1"))
    told = len(stage.told)
    agent.takes(ON_A)
    stage.wait(31)
    greens = [one for one in stage.told[told:] if one[2] is SUCCESS]
    assert len(greens) == 1


def test_a_green_commit_that_is_overtaken_stays_green() -> None:
    stage, agent = applying()
    agent.takes(ON_A)
    told = len(stage.told)
    stage.commit(running("a", "c2"))
    stage.wait(1)
    assert {commit for commit, *_ in stage.told[told:]} == {sha("c2")}


def test_after_a_kill_one_of_the_same_files_still_ends_as_the_one_in_force() -> None:
    stage, agent = applying()
    stage.handle(passing("c2", "a", c1=True))
    stage.tick()
    assert stage.kept.revisions[sha("c1")].state is RevisionState.CARRIED
    stage.fleet = stage.controller.fleet
    stage.restart(orderly=False)
    agent.returns()
    agent.says(**agent.everything())
    agent.takes(ON_A)
    stage.wait(20)
    assert {stage.status("c1"), stage.status("c2")} == {SUCCESS}


def test_after_a_kill_nobody_compares_the_overtaken_so_it_is_superseded() -> None:
    stage, _ = applying()
    stage.commit(running("a", "c2"))
    stage.wait(1)
    assert stage.status("c1") is PENDING
    stage.restart(orderly=False)
    stage.wait(1)
    assert (stage.status("c1"), stage.words("c1")) == (ERROR, "superseded by c200000")


def test_a_kill_before_both_were_compared_ends_the_older() -> None:
    stage, _ = applying()
    stage.handle(RevisionFetched(running("a", "c2")))
    stage.fleet = stage.controller.fleet
    stage.restart(orderly=False)
    stage.wait(1)
    assert (stage.status("c1"), stage.words("c1")) == (ERROR, "superseded by c200000")


def passing(commit: str, tag: str, **passed: bool) -> RevisionFetched:
    commits = tuple(PassedCommit(sha(name), same) for name, same in passed.items())
    return RevisionFetched(running(tag, commit), "a push", commits)


def test_commits_that_arrive_together_each_get_an_end() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_A)
    stage.handle(passing("c4", "b", c3=True, c2=False))
    agent.takes(ON_B)
    assert (stage.status("c2"), stage.words("c2")) == (ERROR, "superseded by c400000")
    assert (stage.status("c3"), stage.words("c3")) == (SUCCESS, "1/1 on it")
    assert stage.status("c4") is SUCCESS
    states = [record.state for record in stage.controller.revisions()]
    assert states.count(RevisionState.ACCEPTED) == 1
    assert stage.controller.revisions()[0].commit == sha("c4")


def test_a_passed_commit_has_its_end_though_the_process_is_killed_at_once() -> None:
    stage, agent = applying()
    agent.takes(ON_A)
    stage.handle(passing("c3", "b", c2=True))
    stage.fleet = stage.controller.fleet
    stage.restart(orderly=False)
    agent.returns()
    agent.says(**agent.everything())
    agent.takes(ON_B)
    stage.wait(20)
    assert {stage.status("c2"), stage.status("c3")} == {SUCCESS}


def test_a_commit_carried_by_an_overtaken_one_follows_no_other_after_a_kill() -> None:
    stage = Stage()
    stage.handle(passing("c2", "a", c1=True))
    stage.commit(running("b", "c3"))
    stage.restart(orderly=False)
    agent = stage.actor()
    agent.connects()
    agent.takes(ON_B)
    stage.wait(20)
    assert stage.status("c3") is SUCCESS
    assert {stage.status("c1"), stage.status("c2")} == {ERROR}


def test_no_commit_waits_in_group_default_for_agents_that_have_groups() -> None:
    stage = Stage()
    agent = stage.actor(labels={"side": "west"})
    agent.connects()  # before the first commit it is in no group
    stage.commit(sides("c1", "a", "a"))
    stage.handle(
        RevisionFetched(
            sides("c2", "a", "a"), "", (PassedCommit(sha("c1"), is_same=True),)
        )
    )
    agent.takes(ON_A)
    stage.wait(20)
    told = {context for _, context, *_ in stage.told}
    assert told == {"fleet/west", "fleet/east"}


def test_a_commit_of_the_same_files_ends_in_a_group_that_nobody_is_in_any_more() -> (
    None
):
    stage = Stage()
    stage.commit(sides("c1", "a", "a"))
    stray = stage.actor(labels={"side": "north"})
    stray.connects()
    stage.wait(1)
    assert stage.status("c1", "fleet/default") is SUCCESS
    stage.commit(sides("c2", "a", "b"))
    stage.statuses.clear()
    stray.labels["side"] = "west"
    stray.says(**stray.everything())
    stage.commit(sides("c3", "a", "b"))
    stage.wait(20)
    assert all(
        state.is_terminal or "west" in context
        for (_, context), (state, _) in stage.statuses.items()
    )


def test_a_commit_that_waits_ends_though_the_stored_fleet_cannot_be_read() -> None:
    stage, _ = applying()
    stage.handle(RevisionFetched(running("b", "c2")))
    stage.fleet = fleet("c2", "apiVersion: reconciler/v1\nkind: AgentGroup\n")
    stage.restart(orderly=False)
    stage.commit(running("b", "c3"))
    stage.wait(1)
    assert (stage.status("c1"), stage.words("c1")) == (ERROR, "superseded by c300000")


def test_a_commit_that_was_refused_is_not_told_again_when_it_is_passed() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    stage.commit(fleet("c2", config("x", "a", "{matchlabels: {}}")))
    told = len(stage.told)
    stage.handle(passing("c3", "a", c2=False))
    assert sha("c2") not in {commit for commit, *_ in stage.told[told:]}


def test_commits_passed_with_an_overtaken_one_share_its_fate() -> None:
    stage = Stage()
    stage.handle(passing("c2", "a", c1=True))
    agent = stage.actor()
    agent.connects()
    agent.echoes(ON_A, APPLYING)
    stage.commit(running("a", "c3"))
    stage.wait(1)
    agent.takes(ON_A)
    assert {stage.status(f"c{n}") for n in (1, 2, 3)} == {SUCCESS}
    stage.handle(passing("c6", "b", c5=True))
    agent.echoes(ON_B, APPLYING)
    stage.commit(running("c", "c7"))
    stage.wait(1)
    assert {stage.status(f"c{n}") for n in (5, 6)} == {ERROR}


def test_a_stored_fleet_that_cannot_be_read_any_more_is_refused_and_nobody_judged() -> (
    None
):
    stage, agent = applying()
    agent.takes(ON_A)
    good = stage.fleet
    stage.fleet = fleet("c1", "apiVersion: reconciler/v1\nkind: AgentGroup\n")
    assert stage.fleet.fatal
    stage.restart()
    assert stage.status("c1", "fleet/lint") is FAILURE
    assert stage.status("c1") is ERROR
    assert stage.controller.revision is None
    assert stage.controller.accepted == stage.fleet.revision
    assert agent.returns() == []
    assert stage.wait(120) == []
    assert stage.status("c1") is ERROR
    told = len(stage.told)
    stage.restart()
    assert stage.told[told:] == []
    stage.fleet = good
    stage.restart()
    agent.returns()
    agent.says(**agent.everything())
    stage.wait(20)
    assert stage.status("c1", "fleet/lint") is SUCCESS
    assert (stage.status("c1"), stage.words("c1")) == (SUCCESS, "1/1 on it")


def test_an_agent_is_not_left_down_while_no_stored_fleet_can_be_read() -> None:
    stage, agent = applying()
    agent.takes(ON_A)
    stage.commit(running("b", "c2"))
    agent.echoes(ON_B, FAILED, "exit code 1")
    stage.fleet = fleet("c2", "apiVersion: reconciler/v1\nkind: AgentGroup\n")
    stage.restart()
    sent = agent.returns() + agent.says(**agent.everything()) + stage.wait(10)
    assert [one.config.hash for one in sent if hasattr(one, "config")] == [ON_A.hash]


def test_a_source_that_delivers_after_such_a_start_puts_its_commit_in_force() -> None:
    stage, agent = applying()
    agent.takes(ON_A)
    stage.fleet = fleet("c1", "apiVersion: reconciler/v1\nkind: AgentGroup\n")
    stage.restart()
    agent.returns()
    stage.commit(running("a", "c2"))
    stage.wait(20)
    assert stage.status("c2") is SUCCESS
    assert agent.echoes(ON_A, APPLIED) == []
