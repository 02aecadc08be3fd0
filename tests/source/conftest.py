from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.source.git import GitSource
from tests.support import git_http
from tests.support.git_http import GitHttp
from tests.support.git_repo import GitRepo

MakeSource = Callable[..., GitSource]


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "srv" / "fleet.git")


@pytest.fixture
def http(repo: GitRepo) -> Iterator[GitHttp]:
    with git_http.serve(repo.path.parent) as server:
        yield server


@pytest.fixture
def make_source(tmp_path: Path, repo: GitRepo) -> MakeSource:
    def make(url: str | None = None, **options: Any) -> GitSource:
        settings: dict[str, Any] = {
            "data_dir": tmp_path / "data",
            "interval": 10.0,
            "timeout": 20.0,
        }
        return GitSource(url or str(repo.path), **(settings | options))

    return make
