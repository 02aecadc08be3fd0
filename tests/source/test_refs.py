from typing import TYPE_CHECKING

import pytest

from reconciler.ids import CommitSha, Revision
from reconciler.source import refs
from reconciler.source.refs import Target
from reconciler.source.source import Failed, Moved
from tests.support.git_repo import GitRepo

if TYPE_CHECKING:
    from tests.source.conftest import MakeSource

A = {"fleet.yaml": b"a"}
B = {"fleet.yaml": b"b"}


@pytest.mark.parametrize(
    ("ref", "full", "short"),
    [
        (None, "HEAD", "HEAD"),
        ("main", "refs/heads/main", "main"),
        ("team/prod", "refs/heads/team/prod", "team/prod"),
        ("refs/heads/main", "refs/heads/main", "main"),
        ("refs/tags/v1", "refs/tags/v1", "v1"),
        ("refs/pull/1/head", "refs/pull/1/head", "pull/1/head"),
    ],
)
def test_short_names_are_branches(ref: str | None, full: str, short: str) -> None:
    assert refs.full(ref) == full
    assert refs.short(full) == short


def test_the_default_is_what_the_remotes_head_names(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    commit = repo.commit(A, branch="trunk")
    repo.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    source = make_source()
    assert source.ref == "HEAD"
    fetched = source.fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    assert fetched.snapshot.revision == Revision("trunk", CommitSha(commit))
    assert source.ref == "trunk"


def test_a_detached_head_is_followed_as_head(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    commit = repo.commit(A)
    repo.git("update-ref", "--no-deref", "HEAD", commit)
    (repo.path / "HEAD").write_text(f"{commit}\n")
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    assert fetched.snapshot.revision == Revision("HEAD", CommitSha(commit))


def test_a_tag_and_a_branch_of_one_name_are_kept_apart(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    branch = repo.commit(A, branch="v1")
    tagged = repo.commit(B, branch="elsewhere")
    repo.git("tag", "-a", "v1", tagged, "-m", "Release")
    repo.git("update-ref", "refs/x/refs/heads/v1", tagged)
    expected = {"v1": branch, "refs/heads/v1": branch, "refs/tags/v1": tagged}
    for ref, commit in expected.items():
        fetched = make_source(ref=ref).fetch(None, accepted=None)
        assert isinstance(fetched, Moved)
        assert fetched.snapshot.revision == Revision("v1", CommitSha(commit))


def test_a_missing_branch_is_told_with_the_ones_that_are_there(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    repo.commit(A, branch="dev")
    repo.commit(A, branch="prod")
    fetched = make_source(ref="stage").fetch(None, accepted=None)
    assert fetched == Failed(
        "the repository has no refs/heads/stage",
        "Its branches: dev, prod; name a tag refs/tags/NAME.",
    )


def test_a_deleted_branch_is_a_failure_until_it_is_back(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    source = make_source(ref="main")
    commit = repo.commit(A)
    repo.commit(A, branch="other")
    fetched = source.fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    last = fetched.snapshot.revision
    repo.git("update-ref", "-d", "refs/heads/main")
    gone = source.fetch(last, accepted=last)
    assert isinstance(gone, Failed)
    assert gone.message == "the repository has no refs/heads/main"
    repo.move("main", commit)
    newer = repo.commit(B)
    back = source.fetch(last, accepted=last)
    assert isinstance(back, Moved)
    assert back.snapshot.revision.commit == newer


@pytest.mark.parametrize("ref", [None, "main"])
def test_an_empty_repository_is_told_as_such(
    make_source: "MakeSource", ref: str | None
) -> None:
    fetched = make_source(ref=ref).fetch(None, accepted=None)
    message, hint = "the repository is empty", "Push a first commit to it."
    assert fetched == Failed(message, hint)


def test_a_head_that_names_no_branch_is_told(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    repo.commit(A, branch="trunk")
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Failed)
    assert fetched.message == "the repository has no branch that its HEAD names"


SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("answer", "ref", "target"),
    [
        (f"ref: refs/heads/x\tHEAD\n{SHA}\tHEAD\n", "HEAD", ("refs/heads/x", SHA)),
        (f"ref: refs/heads/*\tHEAD\n{SHA}\tHEAD\n", "HEAD", ("HEAD", SHA)),
        (f"ref: refs/a:refs/b\tHEAD\n{SHA}\tHEAD\n", "HEAD", ("HEAD", SHA)),
        (f"{SHA}\trefs/remotes/x/HEAD\n", "HEAD", None),
        (f"{SHA}\tHEAD\n-x\tHEAD\n", "HEAD", ("HEAD", SHA)),
        ("", "HEAD", None),
        ("garbage\x00\xff", "HEAD", None),
    ],
)
def test_a_server_cannot_slip_in_another_ref(
    answer: str, ref: str, target: tuple[str, str] | None
) -> None:
    expected = Target(target[0], CommitSha(target[1])) if target else None
    assert refs._read(answer.encode("latin-1"), ref) == expected
