import asyncio
from collections.abc import Callable

from reconciler.simulator.fleet import SimulatedFleet
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FleetRepo, collector
from tests.support.service import ServiceProcess

FleetOf = Callable[..., SimulatedFleet]


async def test_a_config_that_no_build_can_run_is_red_before_anything_is_sent(
    repo: FleetRepo, service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> an exporter that no agent has; a restart -> revert
    async with fleet_of(4, http_share=0.25) as fleet:
        await truth.says("success", "4/4 on it")
        bad = repo.commit({"base.collector.yaml": collector("nonsense")})
        await truth.says("failure", "0/4 on it, 4 incompatible", commit=bad)
        assert "lacks exporter nonsense (base" in truth.description(bad)

        service.kill()
        await asyncio.to_thread(service.start)
        await truth.says("failure", "4 incompatible", commit=bad)
        assert fleet.figures.failed == 0
        back = repo.commit({"base.collector.yaml": collector()}, "revert")
        await truth.says("success", "4/4 on it", commit=back)
        assert fleet.figures.offers == 4
