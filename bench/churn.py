"""What does it cost that agents restart under new uids while a commit is rolled out?

Run by `fleet.py` after its own phases, with a service and a fleet of its own in which
some agents only read, as a Collector with the bare OpAMP extension does. The same
change is rolled out without churn and with it, first of agents with a WebSocket, then
of those that poll, then of all while the service is down.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from bench import truth
from bench.report import Churned, Options
from bench.service import Service
from bench.truth import Untrue
from reconciler.cli.client import Client
from reconciler.cli.repository import Repository
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Pace
from reconciler.state import awaited, rhythm

SHARE = 0.3
"""Of the agents concerned, those that restart."""

READ_ONLY = 0.05
POLL_SECONDS = 2.0
PACE = Pace(apply=0.3)
LATER = 5.0
"""Seconds by which churn may delay a commit that would take twice as long; a ghost
delays it by 30 and more."""


class Churn:
    """The scenario; leaves its figures in `measured`."""

    def __init__(self, options: Options, repo: Repository, folder: Path) -> None:
        self._options = options
        self._repo = repo
        self._service = Service(repo.path, folder, agents=options.agents)
        self._chance = Random(options.seed)  # noqa: S311 - reproducible, not secret
        self._commits = 0
        self.measured = Churned(SHARE, rhythm.SHORTEST)

    async def run(self) -> None:
        """Everything; whatever was started is stopped at the end."""
        try:
            self._service.start()
            with Client(f"http://{self._service.http}") as client:
                async with self._fleet() as fleet:
                    await self._with_fleet(client, fleet)
        finally:
            self._service.stop()

    def _fleet(self) -> SimulatedFleet:
        return SimulatedFleet(
            SimulationSettings(
                f"ws://{self._service.opamp}",
                agents=self._options.agents,
                http_share=self._options.http_share,
                mix={Personality.GOOD: 1 - READ_ONLY, Personality.READ_ONLY: READ_ONLY},
                seed=self._options.seed,
                pace=PACE,
                heartbeat=POLL_SECONDS,
                connects_per_second=float("inf"),
            )
        )

    async def _with_fleet(self, client: Client, fleet: SimulatedFleet) -> None:
        found = self.measured
        pushed = fleet.pick(lambda agent: not agent.polls)
        polling = fleet.pick(lambda agent: agent.polls)
        await self._until_green(client, fleet)
        found.calm = await self._follow(client, fleet, restarting=[])
        found.pushed = await self._follow(
            client, fleet, restarting=self._sample(pushed)
        )
        patience = 2 * found.calm + LATER
        _bound("green with churn", found.pushed, patience)
        await asyncio.sleep(POLL_SECONDS * rhythm.WINDOW)  # until its rhythm is known
        found.polling = await self._follow(
            client, fleet, restarting=self._sample(polling)
        )
        patience += rhythm.SHORTEST
        _bound("green with churn of those that poll", found.polling, patience)
        await self._restart(client, fleet)

    async def _follow(
        self,
        client: Client,
        fleet: SimulatedFleet,
        *,
        restarting: Sequence[SimulatedAgent],
    ) -> float:
        """Seconds from a commit to green, while these restart."""
        offers = fleet.figures.offers
        self._commit()
        began = time.monotonic()
        await fleet.until(lambda now: now.offers > offers)
        await _restart(fleet, restarting)
        await self._until_green(client, fleet)
        took = time.monotonic() - began
        self._check(client, fleet, restarting)
        return took

    async def _restart(self, client: Client, fleet: SimulatedFleet) -> None:
        """The service is away while agents restart, and a commit is made."""
        restarting = self._sample(fleet.agents)
        await asyncio.to_thread(self._service.stop)
        await _restart(fleet, restarting)
        self._commit()
        await asyncio.to_thread(self._service.start)
        began = time.monotonic()
        await self._until_green(client, fleet)
        self.measured.back = time.monotonic() - began
        patience = self.measured.calm + awaited.AWAIT / 2
        _bound("green after a restart", self.measured.back, patience)
        self._check(client, fleet, restarting)

    def _check(
        self,
        client: Client,
        fleet: SimulatedFleet,
        restarted: Sequence[SimulatedAgent],
    ) -> None:
        truth.check(client, fleet, self._repo.head)
        truth.check_names(client, restarted)

    async def _until_green(self, client: Client, fleet: SimulatedFleet) -> None:
        await truth.until_green(client, self._repo.head, len(fleet.agents))

    def _sample(self, agents: Sequence[SimulatedAgent]) -> list[SimulatedAgent]:
        return self._chance.sample(agents, round(len(agents) * SHARE))

    def _commit(self) -> None:
        self._commits += 1
        base, limit = "base/otlp.collector.yaml", "check_interval: {}s"
        self._repo.replace(
            base, limit.format(self._commits), limit.format(self._commits + 1)
        )
        self._repo.commit(f"Look at the memory every {self._commits + 1} s")


async def _restart(fleet: SimulatedFleet, agents: Sequence[SimulatedAgent]) -> None:
    """Every second one has lost its config."""
    await fleet.restart(agents[::2])
    await fleet.restart(agents[1::2], keeps_config=False)


def _bound(what: str, seconds: float, most: float) -> None:
    if seconds > most:
        raise Untrue(f"{what} took {seconds:.1f} s, over {most:.1f} s")
