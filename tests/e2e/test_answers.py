"""What the command line answers about a real service and its agents."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reconciler.simulator.fleet import SimulatedFleet
from tests.e2e.commands import ask, command
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FleetRepo, collector
from tests.support.service import ServiceProcess


async def test_agents_of_a_service_are_planned_for_now_and_saved_for_later(
    repo: FleetRepo,
    service: ServiceProcess,
    truth: Truth,
    fleet_of: Callable[..., SimulatedFleet],
    tmp_path: Path,
) -> None:
    async with fleet_of(3):
        await truth.says("success", "3/3 on it")
        saved = tmp_path / "agents.json"
        saved.write_text(
            await ask("get", "agents", "-o", "json", "--server", service.http)
        )
        (repo.path / "base.collector.yaml").write_text(collector(timeout="2s"))
        asked = await ask("plan", repo.path, "--server", service.http)
    assert await ask("plan", repo.path, "--agents", saved) == asked
    assert asked.startswith("3 of 3 agents restart")
    assert "timeout: 1s -> 2s  base.collector.yaml:8:14" in asked


async def test_an_agent_runs_what_it_should_and_the_configs_in_force_are_listed(
    service: ServiceProcess,
    truth: Truth,
    fleet_of: Callable[..., SimulatedFleet],
) -> None:
    async with fleet_of(2):
        await truth.says("success", "2/2 on it")
        listed: dict[str, Any] = json.loads(
            await ask("get", "configs", "-o", "json", "--server", service.http)
        )
        [config] = listed["configs"]
        assert (config["agents"], config["documents"]) == (2, ["base"])
        page = service.get("/api/v1/agents")
        name = page["agents"][0]["uid"]
        answer = await ask("diff", name, "--exit-code", "--server", service.http)
    assert answer.endswith("runs what it should run\n")


async def test_what_builds_lack_is_told_before_a_commit_by_a_service_and_a_saved_list(
    repo: FleetRepo,
    service: ServiceProcess,
    truth: Truth,
    fleet_of: Callable[..., SimulatedFleet],
    tmp_path: Path,
) -> None:
    async with fleet_of(3):
        await truth.says("success", "3/3 on it")
        saved = tmp_path / "agents.json"
        saved.write_text(
            await ask("get", "agents", "-o", "json", "--server", service.http)
        )
        (repo.path / "base.collector.yaml").write_text(collector("kafka"))
        asked = await ask("plan", repo.path, "--server", service.http)
        found = await command("lint", repo.path, "--server", service.http)
    assert "3 agents lack exporter kafka (base.collector.yaml:" in asked
    assert await ask("plan", repo.path, "--agents", saved) == asked
    assert found.returncode == 3
    assert "error E017" in found.stdout
