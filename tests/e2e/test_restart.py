"""Nothing is lost: kills, stops and starts while agents keep running."""

import asyncio
import resource
from collections.abc import Callable

from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import parse_mix
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FleetRepo, collector
from tests.support.service import ServiceProcess, until

FleetOf = Callable[..., SimulatedFleet]


async def test_agents_that_return_after_a_kill_are_offered_nothing(
    service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(8, http_share=0.25) as fleet:
        await truth.says("success", "8/8 on it")
        service.kill()
        await fleet.until(lambda now: now.connected == 0)
        await asyncio.to_thread(service.start)
        await fleet.until(lambda now: now.connected == 8)
        await truth.says("success", "8/8 on it")
        assert fleet.figures.offers == 8
        assert not fleet.figures.violations


async def test_agents_that_return_after_an_orderly_stop_are_asked_for_their_build_alone(
    service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    mix = parse_mix("bare-reconnect=1")
    async with fleet_of(5, heartbeat=30.0, mix=mix) as fleet:
        await truth.says("success", "5/5 on it")
        asked = await quiet(fleet)
        assert await asyncio.to_thread(service.stop) == 0
        await fleet.until(lambda now: now.connected == 0)
        await asyncio.to_thread(service.start)
        await fleet.until(lambda now: now.connected == 5)
        await truth.says("success", "5/5 on it")
        # One bare message each, and one agent that tells what their build has.
        assert fleet.figures.traffic.messages_out == asked + 5 + 1
        assert fleet.figures.offers == 5


async def test_a_restart_without_its_remote_serves_the_last_good_revision(
    service: ServiceProcess, repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(2) as fleet:
        await truth.says("success", "2/2 on it")
        hashes = set(fleet.figures.running)
    service.kill()
    repo.path.rename(repo.path.with_name("away"))
    repo.path.mkdir()
    (repo.path / ".git").mkdir()
    service.start()
    assert "ready, degraded: source" in until(
        lambda: service.ready() if "degraded" in service.ready() else None
    )
    async with fleet_of(3, seed=7) as fleet:
        await fleet.until(lambda now: sum(now.running.values()) == 3)
        assert set(fleet.figures.running) == hashes


async def test_a_quarantine_survives_a_kill_and_the_last_good_config_is_given_back(
    service: ServiceProcess, repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> an exporter that no agent has; killed right after the agents failed
    async with fleet_of(3, mix=parse_mix("hides-components=1")) as fleet:
        await truth.says("success", "3/3 on it")
        good = set(fleet.figures.running)
        bad = repo.commit({"base.collector.yaml": collector("nonsense")})
        await fleet.until(lambda now: now.failed == 3)
        await truth.says("failure", "3 failed", commit=bad)
        service.kill()
        await asyncio.to_thread(service.start)
        await fleet.until(lambda now: now.healthy == 3 and set(now.running) == good)
        await truth.says("failure", "3 failed", commit=bad)
        assert fleet.figures.failed == 3


async def test_a_full_disk_stops_nothing_and_is_told(
    service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(2) as fleet:
        await truth.says("success", "2/2 on it")
        [agent] = fleet.pick(limit=1)
        unlimited = resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (1, -1))
        fleet.fall_ill(agent, "no memory left")
        until(lambda: "degraded: store" in service.ready(), what="told")
        await truth.says("failure", "1 unhealthy")
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, unlimited)
        until(lambda: service.ready().splitlines()[-1] == "ready", what="mended")
        fleet.recover(agent)
        await truth.says("success", "2/2 on it")
        assert fleet.figures.connected == 2


async def quiet(fleet: SimulatedFleet) -> int:
    """Wait until no agent has anything to say; the messages sent so far."""
    sent = -1
    while sent != (now := fleet.figures.traffic.messages_out):
        sent = now
        await asyncio.sleep(0.5)
    return sent
