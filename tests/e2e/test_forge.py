"""What a forge is told, end to end, through its outages and our restarts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from reconciler.report.address import ForgeKind
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import parse_mix
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Pace
from tests.e2e.truth import Truth
from tests.report import fake_forge
from tests.report.fake_forge import TOKEN, Answer, FakeForge, Posted
from tests.support.fleet_repo import FleetRepo, collector
from tests.support.service import ServiceProcess, until


@pytest.fixture
async def forge() -> AsyncIterator[tuple[FakeForge, str]]:
    """A strict Gitea on a loopback port, and its URL."""
    gitea = FakeForge(kind=ForgeKind.GITEA)
    async with fake_forge.serve(gitea) as url:
        yield gitea, url


@pytest.fixture
def service(
    tmp_path: Path, repo: FleetRepo, forge: tuple[FakeForge, str]
) -> Iterator[ServiceProcess]:
    """A service that tells it of every commit."""
    flags = ("--forge", "gitea", "--forge-url", forge[1], "--forge-repo", "acme/fleet")
    environment = {"RECONCILER_FORGE_TOKEN": TOKEN}
    data = tmp_path / "data"
    # Started by each test, off the event loop that serves the forge.
    one = ServiceProcess(str(repo.path), data, *flags, environment=environment)
    yield one
    one.kill()


async def test_a_forge_is_told_the_last_truth_after_its_outage_and_our_kill(
    forge: tuple[FakeForge, str], service: ServiceProcess, repo: FleetRepo
) -> None:
    # first -> bad, while the forge is down; killed; the forge comes back
    gitea, _ = forge
    commit = repo.git("rev-parse", "HEAD")
    await asyncio.to_thread(service.start)
    truth = Truth(service)
    settings = SimulationSettings(
        service.websocket_url,
        agents=2,
        pace=Pace(apply=0.05),
        mix=parse_mix("hides-components=1"),
    )
    async with SimulatedFleet(settings) as fleet:
        await told(gitea, commit, "success", "2/2 on it")
        gitea.outage = Answer(503)
        bad = repo.commit({"base.collector.yaml": collector("nonsense")})
        await truth.says("failure", "2 failed", commit=bad)
        await fleet.until(lambda now: now.healthy == 2)
        service.kill()
        gitea.outage = None
        await asyncio.to_thread(service.start)
        await told(gitea, bad, "failure", "2 failed")
    assert all(
        TOKEN not in text for text in (service.log.read_text(), everything(service))
    )


async def test_a_status_of_another_service_is_said_wherever_people_look(
    forge: tuple[FakeForge, str], service: ServiceProcess, repo: FleetRepo
) -> None:
    gitea, _ = forge
    commit = repo.git("rev-parse", "HEAD")
    gitea.posted.append(Posted(commit, "fleet/everyone", "failure", "2 failed"))
    await asyncio.to_thread(service.start)
    await told(gitea, commit, "success", "0 agents; another service writes this")
    ready = await asyncio.to_thread(service.ready)
    seen = f"another service writes fleet/everyone on {commit[:7]}: failure: 2 failed"
    assert f"[!] contexts: {seen}" in ready
    assert "[+] forge" in ready
    log = service.log.read_text()
    assert "another service writes a commit status context" in log
    assert "--status-prefix" in log


async def test_a_prefix_of_its_own_names_a_service_also_after_a_restart(
    forge: tuple[FakeForge, str], service: ServiceProcess, repo: FleetRepo
) -> None:
    gitea, url = forge
    commit = repo.git("rev-parse", "HEAD")
    await asyncio.to_thread(service.start)
    await told(gitea, commit, "success", "0 agents")
    await asyncio.to_thread(service.stop)
    flags = ("--forge", "gitea", "--forge-url", url, "--forge-repo", "acme/fleet")
    named = ServiceProcess(
        str(repo.path), service.data_dir, *flags, "--status-prefix", "eu/fleet",
        environment={"RECONCILER_FORGE_TOKEN": TOKEN},
    )  # fmt: skip
    before = len(gitea.posted)
    with named:
        await told(gitea, commit, "success", "0 agents", context="eu/fleet/everyone")
        broken = repo.commit({"fleet.yaml": "kind: Fleet\nspec: [\n"})
        await told(gitea, broken, "failure", "fleet.yaml")
    contexts = {row.context for row in gitea.posted[before:]}
    assert contexts == {"eu/fleet/everyone", "eu/fleet/lint"}


async def told(
    gitea: FakeForge, commit: str, state: str, words: str, *, context: str = ""
) -> None:
    """Wait until the forge's newest row of a commit says this."""

    def newest() -> bool:
        rows = [
            row
            for row in gitea.posted
            if row.commit == commit and context in {"", row.context}
        ]
        return bool(rows) and rows[-1].state == state and words in rows[-1].description

    await asyncio.to_thread(until, newest, what=f"{state} {words} at the forge")


def everything(service: ServiceProcess) -> str:
    """All that the service shows of its revisions and settings."""
    return str(service.get("/api/v1/revisions")) + service.ready()
