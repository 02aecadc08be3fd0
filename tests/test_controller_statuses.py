from reconciler.errors import Where
from reconciler.fleet.findings import Finding, Severity
from reconciler.ids import Revision
from reconciler.state.actions import Action, PublishCommitStatus, SaveRevision
from reconciler.state.conditions import CommitState
from reconciler.state.events import RevisionFetched, RevisionRefused
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


def published(actions: list[Action]) -> list[PublishCommitStatus]:
    return [one for one in actions if isinstance(one, PublishCommitStatus)]


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
        ({"role": "node"}, SUPERVISOR),
    ):
        agent = stage.actor(labels=labels, capabilities=capabilities)
        agent.connects()
    stage.wait(20)
    assert stage.words("c1") == "0/1 on it, 1 read-only"


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


def test_a_newer_commit_ends_the_one_before_and_is_named() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    stage.actor().connects()
    stage.commit(running("b", "abcdef0123"))
    assert (stage.status("c1"), stage.words("c1")) == (ERROR, "superseded by abcdef0")
    assert stage.kept.revisions[sha("c1")].state is RevisionState.SUPERSEDED


def test_a_newer_commit_leaves_the_colour_of_a_finished_one() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage)
    stage.commit(running("b", "c2"))
    stage.wait(60)
    assert stage.status("c1") is SUCCESS


def test_the_same_commit_again_changes_nothing() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage)
    assert stage.commit(running("a", "c1")) == []


def test_a_broken_commit_is_red_once_with_its_line_and_changes_no_agent() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    (agent,) = synced(stage)
    broken = fleet("bad", config("everyone", "a", "{matchlabels: {}}"))
    first = published(stage.commit(broken))
    assert [(one.context, one.state) for one in first] == [("fleet/lint", FAILURE)]
    assert first[0].description.startswith("fleet.yaml:")
    assert stage.kept.revisions[sha("bad")].state is RevisionState.REFUSED
    assert stage.commit(broken) == []
    assert stage.controller.revision == Revision("main", sha("c1"))
    assert stage.controller.newest == Revision("main", sha("bad"))
    assert agent.says() + stage.wait(60) == []
    assert stage.status("c1") is SUCCESS


def test_a_held_commit_is_red_once_and_the_one_before_stays_in_force() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    why = Finding("S001", Severity.ERROR, "history was rewritten", Where(""))
    held = RevisionRefused(Revision("main", sha("e1")), (why,))
    (saved, told) = stage.handle(held)
    assert isinstance(saved, SaveRevision)
    assert isinstance(told, PublishCommitStatus)
    assert (told.state, told.description) == (FAILURE, "history was rewritten")
    assert stage.handle(held) == []
    assert stage.controller.newest == Revision("main", sha("e1"))
    assert stage.controller.revision == Revision("main", sha("c1"))


def test_a_refused_commit_that_is_accepted_later_has_its_lint_context_mended() -> None:
    stage = Stage()
    why = Finding("S001", Severity.ERROR, "history was rewritten", Where(""))
    stage.handle(RevisionRefused(Revision("main", sha("c1")), (why,)))
    stage.commit(running("a", "c1"))
    assert stage.status("c1", "fleet/lint") is SUCCESS


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
    stage.tick()
    assert stage.status("c1") is FAILURE
    assert stage.words("c1") == "0/1 on it, 1 unhealthy: host-0 exit code 1"
    assert stage.wait(600, step=5) == []
    agent.feels(WELL)
    stage.tick()
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
    stage.wait(6 * 3600 + 60, step=60)
    assert stage.words("c1") == "1/1 on it"


def test_an_agent_that_cannot_confirm_keeps_the_commit_from_being_green() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage)
    silent = stage.actor(capabilities=SUPERVISOR & ~Capability.REPORTS_REMOTE_CONFIG)
    silent.connects()
    stage.wait(60)
    assert (stage.status("c1"), stage.words("c1")) == (
        PENDING,
        "1/2 on it, 1 unconfirmed",
    )


def test_a_fleet_file_that_cannot_be_read_is_told_under_the_known_prefix() -> None:
    stage = Stage()
    stage.commit(running("a", "c1", context="otel"))
    stage.commit(fleet("bad", "kind: [\n"))
    assert stage.status("bad", "otel/lint") is FAILURE


def test_a_fault_with_a_line_is_told_before_one_of_a_whole_file() -> None:
    stage = Stage()
    stage.commit(fleet("bad", "kind: [\n"))
    words = stage.words("bad", "fleet/lint")
    assert words.startswith("fleet.yaml:")
    assert words.split(":")[1].isdigit()
    assert words.endswith("(and 1 more)")


def test_a_comparison_that_ends_after_its_agent_was_forgotten_brings_nobody_back() -> (
    None
):
    stage = Stage()
    stage.commit(running("a", "c1"))
    _, agent = synced(stage, agents=2)
    stage.compares = False
    agent.runs(collector("a") + "# other\n")
    agent.leaves()
    stage.wait(6 * 3600 + 60, step=60)
    stage.compare()
    stage.tick()
    assert stage.words("c1") == "1/1 on it"
    assert len(stage.controller.groups()[0].counts) == 1


def test_a_quick_revert_is_not_green_while_the_offer_before_it_may_be_taken() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    (agent,) = synced(stage)
    stage.commit(running("b", "c2"))
    stage.commit(running("a", "c3"))
    stage.wait(5)
    assert stage.status("c3") is PENDING
    agent.echoes(ON_B, APPLIED)
    stage.tick()
    assert (stage.status("c3"), stage.words("c3")) == (PENDING, "0/1 on it")
    agent.takes(ON_A)
    assert stage.status("c3") is SUCCESS


def test_a_quick_revert_is_green_once_the_offer_before_it_was_not_taken() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    synced(stage)
    stage.commit(running("b", "c2"))
    stage.commit(running("a", "c3"))
    stage.wait(31)
    assert stage.status("c3") is SUCCESS
