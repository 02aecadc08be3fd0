import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import SetupError
from reconciler.source import open as opening
from reconciler.source.environment import Access
from reconciler.source.folder import FolderSource
from reconciler.source.git import GitSource
from reconciler.source.source import Moved, Source
from tests.support.git_repo import GitRepo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "a folder"
    path.mkdir()
    return path


def open_source(location: str | Path, **options: Any) -> Source:
    defaults: dict[str, Any] = {
        "data_dir": Path("data").absolute(),
        "interval": 1.0,
        "timeout": 5.0,
    }
    return opening.open_source(str(location), **(defaults | options))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_plain_folder_is_followed_as_it_is(folder: Path) -> None:
    assert isinstance(open_source(folder), FolderSource)
    assert isinstance(open_source("a folder"), FolderSource)


def test_a_bare_repository_is_git(repo: GitRepo) -> None:
    repo.commit({"fleet.yaml": b"x"})
    source = open_source(repo.path)
    assert isinstance(source, GitSource)
    assert isinstance(source.fetch(None, accepted=None), Moved)


@pytest.mark.parametrize("as_file", [True, False])
def test_a_work_tree_is_git_and_commits_count(
    repo: GitRepo, tmp_path: Path, *, as_file: bool
) -> None:
    repo.commit({"fleet.yaml": b"committed"})
    work = tmp_path / "work"
    kind = ["--separate-git-dir", str(tmp_path / "elsewhere.git")] if as_file else []
    repo.git("clone", "--quiet", *kind, str(repo.path), str(work))
    (work / "fleet.yaml").write_bytes(b"edited")
    source = open_source(work)
    fetched = source.fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    assert fetched.snapshot.files["fleet.yaml"].content == b"committed"


def test_a_folder_inside_a_work_tree_is_a_folder(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit({"sub/fleet.yaml": b"committed"})
    repo.git("clone", "--quiet", str(repo.path), str(tmp_path / "work"))
    assert isinstance(open_source(tmp_path / "work" / "sub"), FolderSource)


@pytest.mark.parametrize(
    "location",
    ["file:///srv/fleet.git", "https://host/fleet.git", "git@host:fleet.git"],
)
def test_an_address_is_git_whether_or_not_it_answers(location: str) -> None:
    assert isinstance(open_source(location), GitSource)


def test_a_path_that_leads_nowhere_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="there is no folder"):
        open_source(tmp_path / "nowhere")


def test_a_file_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").touch()
    with pytest.raises(SetupError, match="there is no folder"):
        open_source(tmp_path / "fleet.yaml")


def test_a_ref_of_a_plain_folder_is_refused_at_the_start(folder: Path) -> None:
    with pytest.raises(SetupError, match="has no 'main'"):
        open_source(folder, ref="main")


def test_the_options_reach_git(repo: GitRepo) -> None:
    repo.commit({"fleet.yaml": b"x"}, branch="prod")
    source = open_source(f"file://{repo.path}", ref="prod", access=Access())
    assert source.ref == "prod"
    assert isinstance(source.fetch(None, accepted=None), Moved)


def test_without_git_a_folder_works_and_a_url_says_what_to_install(
    folder: Path,
) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from reconciler.errors import SetupError\n"
        "from reconciler.source.open import open_source, read_revision\n"
        "common = dict(data_dir=Path('data'), interval=1, timeout=1)\n"
        "open_source(sys.argv[1], **common)\n"
        "try: open_source('https://h/a', **common)\n"
        "except SetupError as error: print(error)\n"
        "try: read_revision(Path(sys.argv[1]), 'HEAD')\n"
        "except SetupError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Git is not installed\n" * 2
