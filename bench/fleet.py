"""How many agents does one service carry, how fast, and at what cost?

    make bench, or: python bench/fleet.py --agents 10000 --http-share 0.2

Simulated agents in this process against a real `reconciler serve` in another, over
loopback sockets, with a throw-away Git repository: connect, converge on a commit,
follow a second one, beat, and come back after a restart of the service; then the same
while agents restart under new uids (`churn.py`). Every phase is checked (`truth.py`)
before a figure is printed. Exit code 1 when a check fails.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench import report, truth
from bench.churn import Churn
from bench.report import Measured, Options
from bench.service import LOOK_SECONDS, Service
from bench.truth import PHASE_SECONDS, Untrue
from reconciler.cli import repository
from reconciler.cli.client import Client
from reconciler.cli.repository import Repository
from reconciler.errors import ReconcilerError
from reconciler.simulator import open_files
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Outcome, Pace

REST_SECONDS = 2.0
POLL_SECONDS = 5.0
BEAT_SECONDS = 1.0
BEATING_SECONDS = 10.0
PACE = Pace(apply=0.3)


class Bench:
    """The phases, in order; each leaves its figures in `measured`."""

    def __init__(self, options: Options, repo: Repository, folder: Path) -> None:
        self._options = options
        self._repo = repo
        self._service = Service(repo.path, folder, agents=options.agents)
        self.measured = Measured(PACE.apply, POLL_SECONDS, LOOK_SECONDS)

    async def run(self) -> None:
        """Everything; whatever was started is stopped at the end."""
        open_files.allow(self._options.agents)  # the service inherits it
        try:
            self._service.start()
            with Client(f"http://{self._service.http}") as client:
                await self._with_service(client)
        finally:
            self._service.stop()

    async def _with_service(self, client: Client) -> None:
        await truth.until(
            lambda: client.get("status")["revision"], "the first revision"
        )
        self.measured.kib_before = self._service.kib
        fleet = SimulatedFleet(
            SimulationSettings(
                f"ws://{self._service.opamp}",
                agents=self._options.agents,
                http_share=self._options.http_share,
                seed=self._options.seed,
                pace=PACE,
                heartbeat=POLL_SECONDS,
                connects_per_second=float("inf"),
            )
        )
        async with fleet:
            await self._connect(client, fleet)
            await self._follow(client, fleet)
            await self._beat(fleet)
            await self._restart(client, fleet)

    async def _connect(self, client: Client, fleet: SimulatedFleet) -> None:
        began = time.monotonic()
        everyone = len(fleet.agents)
        await fleet.until(lambda now: now.connected == everyone, seconds=PHASE_SECONDS)
        self.measured.connect = time.monotonic() - began
        await self._until_green(client)
        self.measured.converge = time.monotonic() - began
        truth.check(client, fleet, self._repo.head)
        await asyncio.sleep(REST_SECONDS)
        self.measured.kib_after = self._service.kib

    async def _follow(self, client: Client, fleet: SimulatedFleet) -> None:
        old = set(fleet.figures.running)
        base, interval = "base/otlp.collector.yaml", "check_interval: {}s"
        self._repo.replace(base, interval.format(1), interval.format(2))
        commit = self._repo.commit("Look at the memory less often")
        began = time.monotonic()
        pushed = [agent for agent in fleet.agents if not agent.polls]
        await fleet.until(lambda _: _all_left(pushed, old), seconds=PHASE_SECONDS)
        self.measured.follow_pushed = time.monotonic() - began
        await fleet.until(lambda _: _all_left(fleet.agents, old), seconds=PHASE_SECONDS)
        self.measured.follow_all = time.monotonic() - began
        await self._until_green(client)
        self.measured.follow_green = time.monotonic() - began
        truth.check(client, fleet, commit)

    async def _beat(self, fleet: SimulatedFleet) -> None:
        await fleet.beat_every(BEAT_SECONDS)
        await asyncio.sleep(REST_SECONDS)
        beats = fleet.figures.traffic.messages_in
        cpu, here = self._service.cpu_seconds, time.process_time()
        await asyncio.sleep(BEATING_SECONDS)
        self.measured.beat_cpu = self._service.cpu_seconds - cpu
        self.measured.beat_cpu_here = time.process_time() - here
        self.measured.beats = fleet.figures.traffic.messages_in - beats

    async def _restart(self, client: Client, fleet: SimulatedFleet) -> None:
        before, stopped = fleet.figures, time.monotonic()
        await asyncio.to_thread(self._service.stop)
        await asyncio.to_thread(self._service.start)
        listening = time.monotonic()
        self.measured.down = listening - stopped
        await self._until_green(client)
        self.measured.back = time.monotonic() - listening
        await asyncio.sleep(REST_SECONDS)
        truth.check(client, fleet, self._repo.head)
        after = fleet.figures
        self.measured.told_to_wait = after.traffic.refused - before.traffic.refused
        self.measured.offers_after = after.offers - before.offers
        if self.measured.offers_after:
            raise Untrue(f"{self.measured.offers_after} offers after the restart")

    async def _until_green(self, client: Client) -> None:
        await truth.until_green(client, self._repo.head, self._options.agents)


def _all_left(agents: Sequence[SimulatedAgent], old: set[bytes]) -> bool:
    """Whether every one of them applied a config that is not of the old ones."""
    statuses = (agent.supervisor.status for agent in agents)
    return all(
        status.outcome is Outcome.APPLIED and status.hash not in old
        for status in statuses
    )


def _example(path: Path) -> Repository:
    """The example fleet, without the soak time: that is patience and no work."""
    repo = Repository.copy(repository.example(), path, "Begin with the example")
    repo.replace("fleet.yaml", "soak: 5s", "soak: 0s")
    repo.commit("Do not soak")
    return repo


def _options() -> Options:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--agents", type=int, default=2000, metavar="COUNT")
    parser.add_argument("--http-share", type=float, default=0.2, metavar="SHARE")
    parser.add_argument("--seed", type=int, default=1, metavar="NUMBER")
    return Options(**vars(parser.parse_args()))


def main() -> int:
    """Measure, then print; 1 when something was not true."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        try:
            bench, churn = _scenarios(options, Path(folder))
            uvloop.run(bench.run())
            uvloop.run(churn.run())
        except (ReconcilerError, TimeoutError) as wrong:
            print(f"not measured: {wrong}", file=sys.stderr)
            _keep_log(Path(folder))
            return 1
    report.show(options, bench.measured, churn.measured)
    return 0


def _scenarios(options: Options, folder: Path) -> tuple[Bench, Churn]:
    """Each with a folder and a repository of its own."""
    calm, churning = folder / "calm", folder / "churn"
    return (
        Bench(options, _example(calm / "fleet-repo"), calm),
        Churn(options, _example(churning / "fleet-repo"), churning),
    )


def _keep_log(folder: Path) -> None:
    """Of the service that was started last."""
    logs = sorted(folder.glob("*/service.log"), key=lambda log: log.stat().st_mtime)
    if logs:
        kept = Path(tempfile.gettempdir()) / "reconciler-bench-service.log"
        shutil.copy(logs[-1], kept)
        print(f"the service's log is in {kept}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
