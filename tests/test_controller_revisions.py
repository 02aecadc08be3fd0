from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding, Severity
from reconciler.ids import Revision
from reconciler.state.actions import Action, PublishCommitStatus, SaveRevision
from reconciler.state.conditions import CommitState
from reconciler.state.events import RevisionRefused
from reconciler.state.records import RevisionState
from tests.playbook import (
    APPLIED,
    Actor,
    Stage,
)
from tests.toy_fleet import config, fleet, group, rendered, running, sha

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


def test_a_fleet_file_that_cannot_be_read_is_told_under_the_known_prefix() -> None:
    stage = Stage()
    stage.commit(running("a", "c1", context="otel"))
    stage.commit(fleet("bad", "kind: [\n"))
    assert stage.status("bad", "otel/lint") is FAILURE


def test_a_fault_with_a_line_is_told_before_one_of_a_whole_file() -> None:
    stage = Stage()
    whole = findings.error("E008", "nothing there", Where("a.yaml"))
    line = findings.error("E003", "unknown field", Where("b.yaml", 3, 1))
    revision = Revision("main", sha("bad"))
    stage.handle(RevisionRefused(revision, (whole, line)))
    words = stage.words("bad", "fleet/lint")
    assert words == "b.yaml:3:1: unknown field (and 1 more)"


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
