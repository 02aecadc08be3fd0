"""A real repository, a real service and agents on real sockets."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Pace
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FLEET, FleetRepo, collector
from tests.support.service import ServiceProcess

Start = Callable[..., ServiceProcess]


@pytest.fixture
def repo(tmp_path: Path) -> FleetRepo:
    """A fleet repo with one good commit."""
    repo = FleetRepo(tmp_path / "fleet-repo")
    repo.commit({"fleet.yaml": FLEET, "base.collector.yaml": collector()}, "first")
    return repo


@pytest.fixture
def service(tmp_path: Path, repo: FleetRepo) -> Iterator[ServiceProcess]:
    """A service that follows it, started."""
    with ServiceProcess(str(repo.path), tmp_path / "data") as running:
        yield running


@pytest.fixture
def truth(service: ServiceProcess) -> Truth:
    """What it says of commits."""
    return Truth(service)


@pytest.fixture
def fleet_of(service: ServiceProcess) -> Callable[..., SimulatedFleet]:
    """Make simulated agents for the service; quick ones."""

    def make(agents: int, **settings: Any) -> SimulatedFleet:
        settings.setdefault("pace", Pace(apply=0.05))
        settings.setdefault("heartbeat", 0.5)
        return SimulatedFleet(
            SimulationSettings(service.websocket_url, agents=agents, **settings)
        )

    return make
