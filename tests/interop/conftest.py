"""Fixtures that build the real parts, start them, and show their logs on a failure.

A part that cannot be had skips its tests and says how to get it; with
`REQUIRE_INTEROP=1` in the environment that is a failure.
"""

import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop import toolchain
from tests.interop.clone import FLEET, Clone
from tests.interop.gitea import Gitea
from tests.interop.opampgo import OpampGo, StartOpampGo
from tests.interop.service import Service, StartService
from tests.interop.stage import Stage
from tests.interop.supervisor import StartSupervisor, Supervisor
from tests.interop.toolchain import Built, Recipe, Unavailable
from tests.support.fleet_repo import collector

STAGE = pytest.StashKey[Stage]()


@pytest.fixture
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Where a test starts its programs."""
    with Stage(tmp_path) as stage:
        request.node.stash[STAGE] = stage
        yield stage


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure comes with the logs of what was running."""
    report = yield
    stage = item.stash.get(STAGE, None)
    if stage is not None and report.failed:
        report.sections += [(f"log of {name}", text) for name, text in stage.logs()]
    return report


def _built(recipe: Recipe) -> Built:
    try:
        return toolchain.build(recipe)
    except Unavailable as missing:
        if os.environ.get("REQUIRE_INTEROP") == "1":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def collector_binary() -> Built:
    """The Collector of `go/collector`."""
    return _built(toolchain.COLLECTOR)


@pytest.fixture(scope="session")
def distribution_binary() -> Path:
    """The Collector of `go/distribution`; `distribution.py` asks it."""
    return _built(toolchain.DISTRIBUTION).binary


@pytest.fixture(scope="session")
def supervisor_binary() -> Built:
    """The Collector's supervisor."""
    return _built(toolchain.SUPERVISOR)


@pytest.fixture(scope="session")
def opampgo_binary() -> Built:
    """The agent of `go/opampgo`."""
    return _built(toolchain.OPAMPGO)


@pytest.fixture(scope="session")
def session_gitea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    """A forge for the whole session; tests make repositories of their own."""
    built = _built(toolchain.GITEA)
    log = tmp_path_factory.mktemp("gitea") / "gitea.log"
    with (
        tempfile.TemporaryDirectory(prefix="gitea-") as home,
        Gitea(built, home=Path(home), log=log) as running,
    ):
        yield running


@pytest.fixture
def gitea(session_gitea: Gitea, stage: Stage) -> Gitea:
    """The forge, its log shown when this test fails."""
    stage.watch(session_gitea)
    return session_gitea


@pytest.fixture
def repo(tmp_path: Path) -> Clone:
    """A fleet repo with one good commit."""
    repo = Clone(tmp_path / "fleet-repo")
    repo.commit({"fleet.yaml": FLEET, "base.collector.yaml": collector()}, "first")
    return repo


@pytest.fixture
def start_service(stage: Stage, repo: Clone) -> StartService:
    """Start the service, following the fleet repo."""

    def start(*flags: str, **options: Any) -> Service:
        service = Service(stage.folder, *flags, source=str(repo.path), **options)
        return stage.start(service)

    return start


@pytest.fixture
def start_opampgo(stage: Stage, opampgo_binary: Built) -> StartOpampGo:
    """Start an agent on opamp-go's client."""

    def start(url: str, **behaviour: Any) -> OpampGo:
        folder = stage.folder_for("opampgo")
        return stage.start(OpampGo(folder, url=url, binary=opampgo_binary, **behaviour))

    return start


@pytest.fixture
def start_supervisor(
    stage: Stage, supervisor_binary: Built, collector_binary: Built
) -> StartSupervisor:
    """Start a supervisor with a Collector."""

    def start(
        url: str, *, reports_components: bool = False, **labels: str
    ) -> Supervisor:
        return stage.start(
            Supervisor(
                stage.folder_for("supervisor"),
                url=url,
                supervisor=supervisor_binary,
                collector=collector_binary,
                labels=labels,
                reports_components=reports_components,
            )
        )

    return start
