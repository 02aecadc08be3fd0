"""A broken document holds only its agents, over real Git and real sockets."""

from collections.abc import Callable
from typing import Final

from reconciler.simulator.fleet import SimulatedFleet
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FLEET, FleetRepo, collector
from tests.support.service import ServiceProcess

FleetOf = Callable[..., SimulatedFleet]

SIDES: Final = """\
---
apiVersion: reconciler/v1
kind: AgentGroup
metadata: {name: west}
spec: {selector: {matchLabels: {side: west}}, priority: 1}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: west}
spec: {selector: {matchLabels: {side: west}}, priority: 1, files: [west.overlay.yaml]}
"""
OVERLAY: Final = "processors: {batch: {send_batch_size: 100}}\n"


async def test_a_broken_overlay_holds_only_its_agents_until_it_is_mended(
    repo: FleetRepo, service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> two sides -> a new base and a broken overlay -> mended
    repo.commit({"fleet.yaml": FLEET + SIDES, "west.overlay.yaml": OVERLAY})
    east = fleet_of(2, labels={"side": ("east",)})
    west = fleet_of(3, seed=2, http_share=0.3, labels={"side": ("west",)})
    async with east, west:
        await truth.says("success", "2/2 on it")
        await truth.says("success", "3/3 on it")
        before = west.figures.offers
        bad = repo.commit(
            {
                "base.collector.yaml": collector(timeout="2s"),
                "west.overlay.yaml": "processors: [\n",
            }
        )
        await truth.says("success", "2/2 on it", commit=bad)
        await truth.says("failure", "0/3 on it, 3 failed", commit=bad)
        await truth.says("failure", "; 3 agents keep what they have", commit=bad)
        assert west.figures.offers == before
        status = service.get("/api/v1/status")
        assert status["revision"]["commit"] == bad
        assert status["held"] == 3
        (broken,) = status["broken"]
        assert (broken["kind"], broken["name"]) == ("CollectorConfig", "west")
        (found,) = broken["findings"]
        assert (found["rule"], found["path"]) == ("E001", "west.overlay.yaml")

        service.kill()
        service.start()
        await truth.says("failure", "; 3 agents keep what they have", commit=bad)

        good = repo.commit({"west.overlay.yaml": OVERLAY})
        await truth.says("success", "2/2 on it", commit=good)
        await truth.says("success", "3/3 on it", commit=good)
        assert west.figures.healthy == 3
        assert service.get("/api/v1/status")["broken"] == []
