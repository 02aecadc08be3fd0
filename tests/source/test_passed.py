"""Commits that a branch moved past in one fetch: which they are, and what changed."""

from typing import TYPE_CHECKING

import pytest

from reconciler.ids import CommitSha, Revision
from reconciler.source import passed
from reconciler.source.child import Child
from reconciler.source.limits import Limits
from reconciler.source.mirror import Mirror
from reconciler.source.source import Fetched, Moved, Passed
from tests.support.git_repo import FILE, FOLDER, LINK, PROGRAM, GitRepo, TreeLine

if TYPE_CHECKING:
    from tests.source.conftest import MakeSource

ONE = {"fleet.yaml": b"one", "a/b.yml": b"b", "README.md": b"read"}
NOTHING: frozenset[str] = frozenset()


def main(commit: str) -> Revision:
    return Revision("main", CommitSha(commit))


def told(fetched: Fetched) -> list[tuple[str, frozenset[str] | None]]:
    assert isinstance(fetched, Moved), fetched
    return [(one.commit, one.changed) for one in fetched.passed[:-1]]


def replaced(fetched: Fetched) -> tuple[str, frozenset[str] | None]:
    """The last that is told: the commit that was in force."""
    assert isinstance(fetched, Moved), fetched
    last = fetched.passed[-1]
    return last.commit, last.changed


@pytest.fixture
def first(repo: GitRepo) -> Revision:
    """The revision in force."""
    return main(repo.commit(ONE))


def test_of_several_commits_each_is_told_with_what_differs_from_the_head(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    source.fetch(None, accepted=None)
    second = repo.commit(ONE | {"fleet.yaml": b"two"})
    third = repo.commit({"fleet.yaml": b"three", "new.yaml": b"", "a/b.yml": b"b"})
    repo.commit({"fleet.yaml": b"three", "a/b.yml": b"b"})
    assert told(source.fetch(first, accepted=first)) == [
        (third, frozenset({"new.yaml"})),
        (second, frozenset({"fleet.yaml"})),
    ]


def test_a_single_commit_passes_nothing_but_the_one_in_force(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    source.fetch(None, accepted=None)
    second = main(repo.commit(ONE | {"fleet.yaml": b"two"}))
    answer = source.fetch(first, accepted=first)
    assert told(answer) == []
    assert replaced(answer) == (first.commit, frozenset({"fleet.yaml"}))
    repo.commit(ONE | {"fleet.yaml": b"two", "README.md": b"new"})
    answer = source.fetch(second, accepted=second)
    assert replaced(answer) == (second.commit, NOTHING)


def test_what_no_fleet_is_read_from_makes_no_difference(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    second = repo.commit(ONE | {"fleet.yaml": b"two"})
    others = {"README.md": b"new", ".github/ci.yaml": b"x", "app/main.go": b"x"}
    repo.commit(ONE | {"fleet.yaml": b"two"} | others)
    assert told(source.fetch(first, accepted=first)) == [(second, NOTHING)]


def test_the_patterns_of_what_is_ignored_make_a_difference(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    second = repo.commit(ONE | {".fleetignore": b"a"})
    repo.commit(ONE)
    assert told(source.fetch(first, accepted=first)) == [
        (second, frozenset({".fleetignore"}))
    ]


def test_what_a_file_is_makes_a_difference_and_its_mode_does_not(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    blob, other = repo.blob(b"x"), repo.blob(b"y")
    second = repo.commit_tree(
        repo.tree(TreeLine(LINK, blob, "a.yaml"), TreeLine(FILE, other, "b.yaml"))
    )
    repo.commit_tree(
        repo.tree(TreeLine(FILE, blob, "a.yaml"), TreeLine(PROGRAM, other, "b.yaml"))
    )
    assert told(source.fetch(first, accepted=first)) == [
        (second, frozenset({"a.yaml"}))
    ]


def test_what_a_merge_brought_in_never_stood_on_the_branch(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    source.fetch(None, accepted=None)
    repo.move("topic", first.commit)
    topic = repo.commit(ONE | {"topic.yaml": b""}, branch="topic")
    straight = repo.commit(ONE | {"fleet.yaml": b"two"})
    tree = repo.tree_of(ONE | {"fleet.yaml": b"two", "topic.yaml": b""})
    merge = repo.git("commit-tree", tree, "-p", straight, "-p", topic, "-m", "Merge")
    repo.move("main", merge)
    assert told(source.fetch(first, accepted=first)) == [
        (straight, frozenset({"topic.yaml"}))
    ]


@pytest.mark.parametrize("history", ["whole", "cut off"])
def test_when_the_branch_was_merged_into_another_line_nothing_is_told(
    repo: GitRepo, make_source: "MakeSource", first: Revision, history: str
) -> None:
    source = make_source()
    second = main(repo.commit(ONE | {"fleet.yaml": b"two"}))
    source.fetch(None, accepted=first if history == "whole" else None)
    repo.move("topic", first.commit)
    topic = repo.commit(ONE | {"topic.yaml": b""}, branch="topic")
    tree = repo.tree_of(ONE | {"fleet.yaml": b"two"})
    merge = repo.git(
        "commit-tree", tree, "-p", topic, "-p", second.commit, "-m", "Merge"
    )
    repo.move("main", merge)
    assert told(source.fetch(second, accepted=second)) == []


def test_of_very_many_commits_the_newest_twenty_are_told(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    source.fetch(None, accepted=None)
    commits = [repo.commit({"fleet.yaml": b"%d" % number}) for number in range(25)]
    fetched = source.fetch(first, accepted=first)
    assert [commit for commit, _ in told(fetched)] == commits[-2:-22:-1]
    assert replaced(fetched)[0] == first.commit


def test_what_came_after_a_refused_head_is_told_from_the_one_in_force(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    refused = main(repo.commit({"fleet.yaml": b"bad"}))
    source.fetch(first, accepted=first)
    repo.commit(ONE)
    assert told(source.fetch(refused, accepted=first)) == [
        (refused.commit, frozenset({"fleet.yaml", "a/b.yml"}))
    ]


@pytest.mark.parametrize(
    "accepted",
    [
        None,
        Revision("main", CommitSha("1" * 40)),
        Revision("other", CommitSha("1" * 40)),
        Revision("fleet", CommitSha("folder:" + "1" * 64)),
    ],
)
def test_without_a_way_from_the_one_in_force_nothing_is_told(
    repo: GitRepo,
    make_source: "MakeSource",
    first: Revision,
    accepted: Revision | None,
) -> None:
    source = make_source(ref="main", allow_rewrites=True)
    source.fetch(None, accepted=None)
    repo.commit({"fleet.yaml": b"two"})
    repo.commit({"fleet.yaml": b"three"})
    assert told(source.fetch(first, accepted=accepted)) == []


def test_where_rewrites_are_allowed_commits_on_the_way_are_told_all_the_same(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source(allow_rewrites=True)
    source.fetch(None, accepted=None)
    second = repo.commit({"fleet.yaml": b"two"})
    repo.commit({"fleet.yaml": b"two"})
    assert told(source.fetch(first, accepted=first)) == [(second, NOTHING)]
    repo.commit({"fleet.yaml": b"other"}, orphan=True)
    repo.commit({"fleet.yaml": b"another"})
    assert told(source.fetch(first, accepted=first)) == []
    repo.move("main", first.commit)
    newer = main(second)
    assert told(source.fetch(newer, accepted=newer)) == []


def test_a_commit_that_holds_too_much_is_told_without_its_difference(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source(limits=Limits(files=3, entries=5, path_bytes=30))
    source.fetch(None, accepted=None)
    fine = repo.commit(ONE)
    files = repo.commit({f"{number}.yaml": b"" for number in range(4)})
    long = repo.commit({f"{'x' * 40}.yaml": b""})
    repo.commit(ONE)
    assert told(source.fetch(first, accepted=first)) == [
        (long, None),
        (files, None),
        (fine, None),  # by now ten entries were listed
    ]


def test_a_small_tree_that_names_countless_files_costs_no_more_than_the_limit(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source(limits=Limits(entries=1000))
    source.fetch(None, accepted=None)
    tree = repo.tree(TreeLine(FILE, repo.blob(b""), "x.yaml"))
    for _ in range(12):
        tree = repo.tree(*(TreeLine(FOLDER, tree, f"d{name}") for name in range(20)))
    bomb = repo.commit_tree(tree)
    repo.commit(ONE)
    assert told(source.fetch(first, accepted=first)) == [(bomb, None)]


def test_more_changed_paths_than_are_worth_telling_are_not(
    repo: GitRepo,
    make_source: "MakeSource",
    first: Revision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passed, "MOST_CHANGED", 1)
    source = make_source()
    second = repo.commit({"a.yaml": b"", "b.yaml": b"", "c.yaml": b""})
    repo.commit({"b.yaml": b""})
    assert told(source.fetch(first, accepted=first)) == [(second, None)]


def test_a_name_that_is_no_text_is_told_in_letters(
    repo: GitRepo, make_source: "MakeSource", first: Revision
) -> None:
    source = make_source()
    second = repo.commit_tree(repo.tree(TreeLine(FILE, repo.blob(b""), b"\xff.yaml")))
    repo.commit_tree(repo.tree())
    assert told(source.fetch(first, accepted=first)) == [
        (second, frozenset({"\\xff.yaml"}))
    ]


def test_a_fetch_whose_time_runs_out_over_them_has_its_head_all_the_same(
    repo: GitRepo,
    make_source: "MakeSource",
    first: Revision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = make_source()
    source.fetch(None, accepted=None)
    second = repo.commit(ONE | {"fleet.yaml": b"two"})
    third = repo.commit(ONE)
    walk = Mirror.between

    def walk_for_long(mirror: Mirror, since: str, commit: str) -> list[CommitSha]:
        commits = walk(mirror, since, commit)
        monkeypatch.setattr(Child, "pieces", out_of_time)
        return commits

    def out_of_time(child: Child) -> object:
        raise child._budget.spent

    monkeypatch.setattr(Mirror, "between", walk_for_long)
    fetched = source.fetch(first, accepted=first)
    assert isinstance(fetched, Moved)
    assert fetched.snapshot.revision == main(third)
    assert fetched.passed[:-1] == (Passed(CommitSha(second), None),)
