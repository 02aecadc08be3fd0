import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.ids import CommitSha, Revision
from reconciler.source.limits import Limits
from reconciler.source.source import Fetched, Held, Moved, Unchanged
from tests.support.git_http import GitHttp
from tests.support.git_repo import GitRepo

if TYPE_CHECKING:
    from tests.source.conftest import MakeSource

ONE = {"fleet.yaml": b"one"}
TWO = {"fleet.yaml": b"two"}


def main(commit: str) -> Revision:
    return Revision("main", CommitSha(commit))


def held(fetched: Fetched) -> Held:
    assert isinstance(fetched, Held), fetched
    assert fetched.hint
    return fetched


def revision(fetched: Fetched) -> Revision:
    assert isinstance(fetched, Moved), fetched
    return fetched.snapshot.revision


@pytest.fixture(params=["mirror kept", "mirror lost"])
def forget(request: pytest.FixtureRequest, tmp_path: Path) -> "Forget":
    return Forget(tmp_path / "data" / "git", lose=request.param == "mirror lost")


class Forget:
    """Loses the mirror between two fetches, or does not."""

    def __init__(self, folder: Path, *, lose: bool) -> None:
        self._folder = folder
        self._lose = lose

    def __call__(self) -> None:
        if self._lose:
            for mirror in self._folder.iterdir():
                shutil.rmtree(mirror)


def test_a_rewritten_branch_is_held_and_what_it_was_rewritten_to_is_named(
    repo: GitRepo, make_source: "MakeSource", forget: Forget
) -> None:
    source = make_source()
    first = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    forget()
    rewritten = main(repo.commit(TWO, orphan=True))
    answer = held(source.fetch(first, accepted=first))
    assert answer.revision == rewritten
    assert answer.message == (
        f"main was rewritten: {rewritten.short} does not descend from {first.short}"
    )
    assert source.fetch(rewritten, accepted=first) == Unchanged(rewritten)


def test_a_second_push_onto_rewritten_history_is_held_too(
    repo: GitRepo, make_source: "MakeSource", forget: Forget
) -> None:
    source = make_source()
    first = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    rewritten = main(repo.commit(TWO, orphan=True))
    held(source.fetch(first, accepted=first))
    forget()
    second = main(repo.commit(ONE))
    assert held(source.fetch(rewritten, accepted=first)).revision == second


def test_a_branch_put_back_to_an_older_commit_is_held(
    repo: GitRepo, make_source: "MakeSource", forget: Forget
) -> None:
    source = make_source()
    older = main(repo.commit(ONE))
    newer = main(repo.commit(TWO))
    source.fetch(None, accepted=None)
    forget()
    repo.move("main", older.commit)
    assert held(source.fetch(newer, accepted=newer)).revision == older


def test_a_branch_that_descends_again_is_followed_again(
    repo: GitRepo, make_source: "MakeSource", forget: Forget
) -> None:
    source = make_source()
    first = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    rewritten = main(repo.commit(TWO, orphan=True))
    held(source.fetch(first, accepted=first))
    forget()
    repo.move("main", first.commit)
    assert source.fetch(rewritten, accepted=first) == Unchanged(first)
    again = main(repo.commit(TWO))
    assert revision(source.fetch(rewritten, accepted=first)) == again


def test_a_merge_of_rewritten_and_accepted_history_is_followed(
    repo: GitRepo, make_source: "MakeSource", forget: Forget
) -> None:
    source = make_source()
    first = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    rewritten = main(repo.commit(TWO, orphan=True))
    held(source.fetch(first, accepted=first))
    forget()
    parents = ("-p", rewritten.commit, "-p", first.commit)
    tree = f"{rewritten.commit}^{{tree}}"
    merge = repo.git("commit-tree", tree, *parents, "-m", "Merge")
    repo.move("main", merge)
    assert revision(source.fetch(rewritten, accepted=first)) == main(merge)


def test_a_refused_commit_may_be_replaced_because_it_is_not_in_force(
    repo: GitRepo, make_source: "MakeSource", forget: Forget
) -> None:
    source = make_source()
    good = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    bad = main(repo.commit(TWO, message="bad"))
    source.fetch(good, accepted=good)
    forget()
    repo.move("main", good.commit)
    amended = main(repo.commit(TWO, message="amended"))
    assert revision(source.fetch(bad, accepted=good)) == amended


def test_a_commit_many_steps_ahead_of_the_accepted_one_is_followed(
    repo: GitRepo, make_source: "MakeSource", forget: Forget
) -> None:
    source = make_source()
    first = main(repo.commit(ONE))
    for number in range(5):
        repo.commit({"fleet.yaml": b"%d" % number})
    source.fetch(None, accepted=None)
    forget()
    newest = main(repo.commit(TWO))
    assert revision(source.fetch(None, accepted=first)) == newest


def test_a_rewrite_is_followed_when_the_settings_allow_it(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    source = make_source(allow_rewrites=True)
    first = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    rewritten = main(repo.commit(TWO, orphan=True))
    assert revision(source.fetch(first, accepted=first)) == rewritten


@pytest.mark.parametrize(
    "accepted",
    [
        Revision("other", CommitSha("1" * 40)),
        Revision("fleet", CommitSha("folder:" + "1" * 64)),
    ],
)
def test_nothing_is_compared_when_a_person_pointed_us_elsewhere(
    repo: GitRepo, make_source: "MakeSource", accepted: Revision
) -> None:
    commit = main(repo.commit(ONE))
    source = make_source(ref="main")
    assert revision(source.fetch(accepted, accepted=accepted)) == commit


def test_another_default_branch_must_descend_as_well(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    source = make_source()
    first = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    repo.commit(TWO, branch="trunk", orphan=True)
    repo.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    assert held(source.fetch(first, accepted=first)).revision.ref == "trunk"


def test_a_commit_that_is_too_big_is_held_and_the_next_one_followed(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    source = make_source(limits=Limits(files=3))
    first = main(repo.commit(ONE))
    source.fetch(None, accepted=None)
    big = main(repo.commit({f"{n}.yaml": b"" for n in range(4)}))
    answer = held(source.fetch(first, accepted=first))
    assert (answer.revision, answer.message) == (big, "it holds more than 3 files")
    assert source.fetch(big, accepted=first) == Unchanged(big)
    mended = main(repo.commit(TWO))
    assert revision(source.fetch(big, accepted=first)) == mended


def test_a_commit_without_files_is_an_empty_snapshot_and_no_failure(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    repo.commit({})
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    assert fetched.snapshot.files == {}


def test_a_branch_that_moves_while_it_is_fetched_is_read_as_one_commit(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource"
) -> None:
    repo.commit({"a.yaml": b"1", "b.yaml": b"1"})
    pushes: list[str] = []

    def push(body: bytes) -> None:
        if b"command=fetch" in body:
            number = b"%d" % (len(pushes) + 2)
            pushes.append(repo.commit({"a.yaml": number, "b.yaml": number}))

    http.before_pack = push
    fetched = make_source(http.url("fleet.git")).fetch(None, accepted=None)
    assert pushes
    assert isinstance(fetched, Moved)
    files = fetched.snapshot.files
    assert files["a.yaml"].content == files["b.yaml"].content
    commit = fetched.snapshot.revision.commit
    assert repo.git("show", f"{commit}:a.yaml") == files["a.yaml"].content.decode()


def test_a_shallow_repository_can_be_followed(
    repo: GitRepo, make_source: "MakeSource", tmp_path: Path
) -> None:
    for number in range(3):
        repo.commit({"fleet.yaml": b"%d" % number})
    shallow = tmp_path / "shallow.git"
    url = f"file://{repo.path}"
    repo.git("clone", "--quiet", "--bare", "--depth=1", url, str(shallow))
    source = make_source(str(shallow))
    first = revision(source.fetch(None, accepted=None))
    clone = GitRepo(shallow)
    second = main(clone.commit(TWO))
    assert revision(source.fetch(first, accepted=first)) == second
