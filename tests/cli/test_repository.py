"""The demo's throw-away repository."""

import subprocess
from pathlib import Path

import pytest

from reconciler.cli import repository
from reconciler.cli.repository import Repository
from reconciler.errors import SetupError


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return Repository.copy(repository.example(), tmp_path / "fleet", "Begin")


def test_the_example_comes_with_the_program() -> None:
    assert (repository.example() / "fleet.yaml").is_file()


def test_it_begins_with_one_commit_of_everything(repo: Repository) -> None:
    assert repo.git("log", "--format=%s %an") == "Begin Demo"
    assert repo.git("status", "--porcelain") == ""
    assert len(repo.head) == 40


def test_a_change_is_a_commit_and_a_revert_undoes_it(repo: Repository) -> None:
    first = repo.git("rev-parse", "HEAD^{tree}")
    repo.replace("fleet.yaml", "soak: 5s", "soak: 6s")
    changed = repo.commit("Soak longer")
    assert [line[:11] for line in repo.changed_lines()] == [
        "-    soak: ",
        "+    soak: ",
    ]
    assert repo.revert() != changed
    assert repo.git("rev-parse", "HEAD^{tree}") == first


def test_a_change_that_cannot_be_made_is_told(repo: Repository) -> None:
    with pytest.raises(SetupError, match="does not say 'nonsense'"):
        repo.replace("fleet.yaml", "nonsense", "sense")


def test_the_users_own_settings_of_git_play_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[commit]\n gpgsign = true\n[user]\n name = Me\n[core]\n hooksPath = /nowhere\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    repo = Repository.copy(repository.example(), tmp_path / "fleet", "Begin")
    assert repo.git("log", "--format=%an") == "Demo"


def test_git_that_refuses_is_quoted(repo: Repository) -> None:
    with pytest.raises(SetupError, match="git revert: "):
        repo.git("revert", "nothing-like-that")


def test_a_machine_without_git_is_told(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    with pytest.raises(SetupError, match="Git is not installed"):
        repo.commit("anything")
