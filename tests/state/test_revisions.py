from reconciler.ids import CommitSha, Revision
from reconciler.state import history
from reconciler.state.census import Census
from reconciler.state.conditions import CommitState
from reconciler.state.desired import Resolver
from reconciler.state.records import RevisionState
from reconciler.state.revisions import Revisions
from tests.playbook import Stage
from tests.toy_fleet import config, fleet, group, running, sha


def accept(history: Revisions, commit: str, last: Resolver | None) -> Resolver:
    new = Resolver(running("a", commit))
    history.accept(new.fleet, "", replaced=last, now=float(int(commit, 16)))
    return new


def test_only_so_many_revisions_are_remembered_and_the_newest_come_first() -> None:
    told, last = Revisions(Census()), None
    for n in range(1, history.KEPT + 50):
        last = accept(told, f"{n:08x}", last)
    kept = told.records()
    assert len(kept) == history.KEPT
    assert kept[0].commit == last.fleet.revision.commit if last else None
    assert kept == sorted(kept, key=lambda one: -one.seen_at)


def test_every_revision_but_the_one_in_force_was_superseded() -> None:
    told, last = Revisions(Census()), None
    for n in range(1, 5):
        last = accept(told, f"{n:08x}", last)
    states = [one.state for one in told.records()]
    assert states == [RevisionState.ACCEPTED] + [RevisionState.SUPERSEDED] * 3
    assert [one.generation for one in told.records()] == [4, 3, 2, 1]


def test_the_statuses_of_another_commit_are_none_of_this_one_after_a_restart() -> None:
    stage = Stage()
    stage.commit(running("a", "c1"))
    stage.wait(11)
    stage.commit(running("a", "c2"))
    stage.restart()
    stage.wait(11)
    assert stage.status("c1") is CommitState.SUCCESS
    assert stage.status("c2") is CommitState.SUCCESS


def test_a_group_that_a_commit_takes_away_is_told_of_no_more() -> None:
    stage = Stage()
    west = group("west", "{matchLabels: {side: west}}")
    stage.commit(fleet("c1", west, group("rest", priority=-1), config("all", "a")))
    agent = stage.actor(labels={"side": "west"})
    agent.connects()
    stage.tick()
    assert stage.words("c1", "fleet/west") == "0/1 on it"
    stage.commit(fleet("c2", group("rest", priority=-1), config("all", "a")))
    stage.wait(1)
    assert (sha("c2"), "fleet/west") not in stage.statuses
    assert stage.words("c2", "fleet/rest") == "0/1 on it"
    assert stage.status("c1", "fleet/west") is CommitState.ERROR


def test_folders_have_revisions_too() -> None:
    folder = Revision("fleet-repo", CommitSha("folder:abcdef0123456789"))
    assert folder.short == "abcdef0"
