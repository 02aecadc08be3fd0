import os
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError, SetupError, Stalled
from reconciler.source import history
from reconciler.source.folder import FolderSource
from reconciler.source.limits import Limits
from reconciler.source.source import Moved
from tests.support.fleet_repo import FleetRepo
from tests.support.git_repo import GitRepo, TreeLine


@pytest.fixture
def tree(tmp_path: Path) -> FleetRepo:
    return FleetRepo(tmp_path / "work")


def test_the_files_of_a_commit_are_read_whatever_lies_in_the_work_tree(
    tree: FleetRepo,
) -> None:
    commit = tree.commit({"fleet.yaml": "a: 1", "docs/b.yaml": "b: 1", "README": "x"})
    tree.commit({"fleet.yaml": "a: 2"})
    (tree.path / "fleet.yaml").write_text("a: 3")
    snapshot = history.snapshot(tree.path, "HEAD~1")
    assert {path: file.content for path, file in snapshot.files.items()} == {
        "fleet.yaml": b"a: 1",
        "docs/b.yaml": b"b: 1",
    }
    assert (snapshot.revision.ref, snapshot.revision.commit) == ("HEAD~1", commit)


def test_a_folder_inside_a_repository_is_a_fleet_repo_of_its_own(
    tree: FleetRepo,
) -> None:
    tree.commit({"fleets/eu/a.yaml": "a: 1", "fleets/us/b.yaml": "b: 1"})
    snapshot = history.snapshot(tree.path / "fleets" / "eu", "main")
    assert list(snapshot.files) == ["a.yaml"]


def test_files_that_are_as_they_were_read_the_same_in_a_folder_and_in_history(
    tree: FleetRepo,
) -> None:
    tree.commit({"a.yaml": "a: 1", ".hidden/b.yaml": "b: 1", "c.txt": "no"})
    now = FolderSource(tree.path).fetch(None, accepted=None)
    assert isinstance(now, Moved)
    assert now.snapshot.files == history.snapshot(tree.path, "HEAD").files


def test_what_a_named_entry_is_made_of_is_read_too_and_no_other_data(
    tree: FleetRepo,
) -> None:
    document = (
        "apiVersion: reconciler/v1\nkind: CollectorConfig\nmetadata: {name: one}\n"
        "spec: {selector: {}, entry: a, files: [a.json, .b/c.txt, large.json, gone]}\n"
    )
    large = Limits().file_bytes + 1
    tree.commit(
        {
            "one.yaml": document,
            "a.json": "{}",
            ".b/c.txt": "hidden",
            "large.json": "x" * large,
            "other.json": "x" * large,
        }
    )
    now = FolderSource(tree.path).fetch(None, accepted=None)
    assert isinstance(now, Moved)
    then = history.snapshot(tree.path, "HEAD")
    assert (now.snapshot.files, now.snapshot.refused) == (then.files, then.refused)
    assert list(then.files) == ["a.json", "one.yaml"]
    assert list(then.refused) == ["large.json"]


def test_a_bare_repository_has_a_history_too(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "fleet.git")
    repo.commit({"fleet.yaml": b"a: 1"})
    assert list(history.snapshot(repo.path, "main").files) == ["fleet.yaml"]


def test_a_tag_names_the_commit_it_is_on(tree: FleetRepo) -> None:
    commit = tree.commit({"fleet.yaml": "a: 1"})
    tree.git("tag", "--annotate", "--message=one", "v1")
    assert history.snapshot(tree.path, "v1").revision.commit == commit


def test_links_are_refused_as_they_are_from_a_mirror(tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "fleet.git")
    link = TreeLine("120000", repo.blob(b"/etc/passwd"), "fleet.yaml")
    repo.commit_tree(repo.tree(link))
    snapshot = history.snapshot(repo.path, "main")
    assert not snapshot.files
    assert "symbolic link" in snapshot.refused["fleet.yaml"].reason


@pytest.mark.parametrize("revision", ["no-such", "-h", "--help", "", "HEAD:", "a b"])
def test_what_names_no_commit_is_told(tree: FleetRepo, revision: str) -> None:
    tree.commit({"fleet.yaml": "a: 1"})
    with pytest.raises(ReconcilerError, match="has no revision") as caught:
        history.snapshot(tree.path, revision)
    assert "git fetch" in str(caught.value.hint)


def test_a_folder_that_was_not_there_then_is_told(tree: FleetRepo) -> None:
    tree.commit({"other.yaml": "a: 1"})
    tree.commit({"eu/fleet.yaml": "a: 1"})
    with pytest.raises(ReconcilerError, match="as it was at HEAD~1"):
        history.snapshot(tree.path / "eu", "HEAD~1")


def test_a_folder_outside_any_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="in no Git repository"):
        history.snapshot(tmp_path, "HEAD")


def test_a_folder_that_is_not_there_now_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReconcilerError, match="is not a folder"):
        history.snapshot(tmp_path / "none", "HEAD")


def test_more_than_the_limits_allow_is_not_read(tree: FleetRepo) -> None:
    tree.commit({f"{number}.yaml": "" for number in range(3)})
    with pytest.raises(Stalled):
        history.snapshot(tree.path, "HEAD", limits=Limits(files=2))


def test_variables_of_a_hook_are_refused(
    tree: FleetRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/elsewhere")
    with pytest.raises(SetupError, match="GIT_OBJECT_DIRECTORY"):
        history.snapshot(tree.path, "HEAD")


def test_a_git_folder_of_the_environment_does_not_lead_elsewhere(
    tree: FleetRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.commit({"fleet.yaml": "a: 1"})
    other = FleetRepo(tmp_path / "other")
    other.commit({"other.yaml": "a: 1"})
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    assert list(history.snapshot(tree.path, "HEAD").files) == ["fleet.yaml"]


def test_programs_that_a_repository_names_are_not_run(tree: FleetRepo) -> None:
    tree.commit({"fleet.yaml": "a: 1"})
    ran = tree.path / "ran"
    program = tree.path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "alias.ls-tree"):
        tree.git("config", key, f"!{program}" if "alias" in key else str(program))
    hook = tree.path / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    os.link(program, hook)
    history.snapshot(tree.path, "HEAD")
    assert not ran.exists()
