"""Who is away or was never heard, and who is forgotten, over a real service."""

import asyncio
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Final

import pytest

from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import parse_mix
from tests.e2e.commands import ask, command
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FLEET, FleetRepo, collector
from tests.support.service import ServiceProcess, until

FleetOf = Callable[..., SimulatedFleet]

INVENTORY: Final = """\
---
apiVersion: reconciler/v1
kind: Inventory
metadata: {name: hosts}
spec:
  entries:
    - {match: {attributes: {host.name: edge-00000}}, labels: {site: oslo}}
    - {match: {attributes: {host.name: edge-00099}}, labels: {site: bergen}}
"""


async def test_hosts_of_the_inventory_are_missing_before_they_are_heard_and_once_gone(
    repo: FleetRepo, service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> an inventory of two hosts, of which one is there
    async with fleet_of(1, labels={"role": ("edge",)}) as fleet:
        await truth.says("success", "1/1 on it")
        repo.commit({"fleet.yaml": FLEET + INVENTORY})
        await truth.says("success", "1/2 on it, 1 missing (edge-00099)")
        assert service.get("/api/v1/status")["missing"] == {"neverHeard": 1, "away": 0}
        rows = await table(service)
        assert rows["edge-00000"].startswith("edge-00000 everyone Synced healthy ")
        never = (
            "edge-00099 everyone Missing missing - the inventory names it; never heard"
        )
        assert rows["edge-00099"] == never
        await fleet.disconnect(fleet.agents[0])
        await truth.says("pending", "0/2 on it, 2 missing (edge-00000, edge-00099)")
    assert service.get("/api/v1/status")["missing"] == {"neverHeard": 1, "away": 1}
    away = (await table(service))["edge-00000"]
    assert away.startswith("edge-00000 everyone Synced missing ")
    assert ", counts 6d more; Running" in away
    saved = json.loads(
        await ask(
            "get", "agents", "-l", "site=bergen", "-o", "json",
            "--server", service.http,
        )
    )  # fmt: skip
    assert saved["agents"] == []
    assert [host["name"] for host in saved["missing"]] == ["edge-00099"]


async def test_a_failed_agent_that_left_for_good_is_forgotten_with_what_it_failed(
    repo: FleetRepo, service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> an exporter that no agent has; one of two agents leaves, failed
    mix = parse_mix("hides-components=1")
    async with fleet_of(2, mix=mix, labels={"role": ("edge",)}) as fleet:
        await truth.says("success", "2/2 on it")
        bad = repo.commit({"base.collector.yaml": collector("nonsense")})
        await truth.says("failure", "0/2 on it, 2 failed", commit=bad)
        await fleet.until(lambda now: now.healthy == 2)
        assert restored(service) == {agent.identity.host_name for agent in fleet.agents}
        gone, stays = fleet.agents
        refused = await forget(service, stays)
        assert refused.returncode == 1
        assert "edge-00001 is connected: only agents that are away" in refused.stderr
        await fleet.disconnect(gone)
        until(lambda: presence(service) == {"disconnected", "connected"})
        await truth.says("failure", "0/2 on it, 2 failed", commit=bad)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            await asyncio.to_thread(ask_as_a_page, service)
        done = await forget(service, gone)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("forgot edge-00000 (")
        assert "and its last good config, " in done.stdout
        await truth.says("failure", "0/1 on it, 1 failed", commit=bad)
        assert presence(service) == {"connected"}
        assert "agent forgotten, as was asked for" in service.log.read_text()
        assert "asked_by=127.0.0.1" in service.log.read_text()
    assert await asyncio.to_thread(service.stop) == 0
    await asyncio.to_thread(service.start)
    names = [one["name"] for one in service.get("/api/v1/agents")["agents"]]
    assert names == ["edge-00001"]


async def table(service: ServiceProcess) -> dict[str, str]:
    """The rows of `get agents` by name, with one space between columns."""
    lines = (await ask("get", "agents", "--server", service.http)).splitlines()
    return {line.split()[0]: " ".join(line.split()) for line in lines[1:]}


async def forget(
    service: ServiceProcess, agent: SimulatedAgent
) -> subprocess.CompletedProcess[str]:
    name = agent.identity.host_name
    return await command("forget", "agent", name, "--server", service.http)


def ask_as_a_page(service: ServiceProcess) -> None:
    path = f"{service.http}/api/v1/agents/edge-00000"
    headers = {"Origin": service.http}
    request = urllib.request.Request(path, method="DELETE", headers=headers)
    urllib.request.urlopen(request, timeout=10).close()


def presence(service: ServiceProcess) -> set[str]:
    return {one["presence"] for one in service.get("/api/v1/agents")["agents"]}


def restored(service: ServiceProcess) -> set[str]:
    """The hosts of which the log says that they were given their last good config."""
    lines = service.log.read_text().splitlines()
    told = [line for line in lines if "is given its last good config back" in line]
    assert all("failed=" in line and "group=everyone" in line for line in told)
    hosts = [line.partition("host=")[2].split()[0] for line in told]
    assert len(hosts) == len(set(hosts))
    return set(hosts)
