"""How many agents does one service carry, how fast, and at what cost?

    make bench, or: python bench/fleet.py --agents 10000 --http-share 0.2

Simulated agents in this process against a real `reconciler serve` in another, over
loopback sockets, with a throw-away Git repository: connect, converge on a commit,
follow a second one, beat, and come back after a restart of the service. Every phase is
checked (`truth.py`) before a figure is printed. Exit code 1 when a check fails.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench import machine, truth
from bench.service import POLL_SECONDS, Service
from bench.truth import Untrue
from reconciler.cli import repository
from reconciler.cli.client import Client
from reconciler.cli.repository import Repository
from reconciler.errors import ReconcilerError
from reconciler.simulator import open_files
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Pace

PHASE_SECONDS = 120.0
REST_SECONDS = 2.0
BEAT_SECONDS = 1.0
BEATING_SECONDS = 10.0
PACE = Pace(apply=0.3)
BOUND_KIB = 3 * 8.6
BOUND_MICROSECONDS = 3 * 39
"""Three times a transport that holds no state of agents at all."""

LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure with."""

    agents: int
    http_share: float
    seed: int


@dataclass(slots=True)
class Measured:
    """What was found; times in seconds, memory in KiB."""

    connect: float = 0.0
    converge: float = 0.0
    kib_before: int = 0
    kib_after: int = 0
    follow_on_agents: float = 0.0
    follow: float = 0.0
    beats: int = 0
    beat_cpu: float = 0.0
    beat_cpu_here: float = 0.0
    down: float = 0.0
    back: float = 0.0
    offers_after: int = 0


class Bench:
    """The phases, in order; each leaves its figures in `measured`."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._repo = _example(folder / "fleet-repo")
        self._service = Service(self._repo.path, folder, agents=options.agents)
        self.measured = Measured()

    async def run(self) -> None:
        """Everything; whatever was started is stopped at the end."""
        open_files.allow(2 * self._options.agents)
        try:
            self._service.start()
            with Client(f"http://{self._service.http}") as client:
                await self._with_service(client)
        finally:
            self._service.stop()

    async def _with_service(self, client: Client) -> None:
        await _until(lambda: client.get("status")["revision"], "the first revision")
        self.measured.kib_before = self._service.kib
        fleet = SimulatedFleet(
            SimulationSettings(
                f"ws://{self._service.opamp}",
                agents=self._options.agents,
                http_share=self._options.http_share,
                seed=self._options.seed,
                pace=PACE,
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
        before = set(fleet.figures.running)
        base, interval = "base/otlp.collector.yaml", "check_interval: {}s"
        self._repo.replace(base, interval.format(1), interval.format(2))
        commit = self._repo.commit("Look at the memory less often")
        began = time.monotonic()
        everyone = len(fleet.agents)
        await fleet.until(
            lambda now: (
                sum(count for one, count in now.running.items() if one not in before)
                == everyone
            ),
            seconds=PHASE_SECONDS,
        )
        self.measured.follow_on_agents = time.monotonic() - began
        await self._until_green(client)
        self.measured.follow = time.monotonic() - began
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
        offers, stopped = fleet.figures.offers, time.monotonic()
        await asyncio.to_thread(self._service.stop)
        await asyncio.to_thread(self._service.start)
        listening = time.monotonic()
        self.measured.down = listening - stopped
        await self._until_green(client)
        self.measured.back = time.monotonic() - listening
        await asyncio.sleep(REST_SECONDS)
        truth.check(client, fleet, self._repo.head)
        self.measured.offers_after = fleet.figures.offers - offers
        if self.measured.offers_after:
            raise Untrue(f"{self.measured.offers_after} offers after the restart")

    async def _until_green(self, client: Client) -> None:
        agents, commit = self._options.agents, self._repo.head
        await _until(
            lambda: truth.is_done(client, commit, agents),
            f"{commit[:12]} to be green for {agents} agents",
        )


async def _until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PHASE_SECONDS
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise Untrue(f"waited {PHASE_SECONDS:g} s for {what}")
        await asyncio.sleep(LOOK_SECONDS)


def _example(path: Path) -> Repository:
    """The example fleet, without the soak time: that is patience and no work."""
    repo = Repository.copy(repository.example(), path, "Begin with the example")
    repo.replace("fleet.yaml", "soak: 5s", "soak: 0s")
    repo.commit("Do not soak")
    return repo


def _print(options: Options, found: Measured) -> None:
    print(
        f"\n{options.agents:,} agents, {options.http_share:.0%} over HTTP, "
        f"seed {options.seed}; every figure checked against the agents\n"
    )
    for name, value, detail in _rows(options.agents, found):
        print(f"  {name:<22}{value:>16}   {detail}")
    print("\n" + "\n".join(f"  {line}" for line in machine.describe()))


def _rows(agents: int, found: Measured) -> Iterator[tuple[str, str, str]]:
    yield (
        "connect",
        f"{agents / found.connect:,.0f} agents/s",
        f"all connected after {found.connect:.2f} s",
    )
    yield (
        "connect and converge",
        f"{agents / found.converge:,.0f} agents/s",
        f"all Synced after {found.converge:.2f} s, {PACE.apply:g} s of it applying",
    )
    before, after = found.kib_before / 1024, found.kib_after / 1024
    yield (
        "memory",
        f"{1024 * (after - before) / agents:.1f} KiB an agent",
        f"bound {BOUND_KIB:.1f}; the service went from {before:.0f} to {after:.0f} MiB",
    )
    yield (
        "heartbeat",
        f"{found.beat_cpu / found.beats * 1e6:.0f} us of CPU",
        (
            f"bound {BOUND_MICROSECONDS}; over {found.beats:,} beats; an agent's side "
            f"costs {found.beat_cpu_here / found.beats * 1e6:.0f} us"
        ),
    )
    yield (
        "commit to last agent",
        f"{found.follow_on_agents:.2f} s",
        (
            f"all Synced after {found.follow:.2f} s; looks for commits every "
            f"{POLL_SECONDS:g} s, applying takes {PACE.apply:g} s"
        ),
    )
    yield (
        "restart",
        f"{found.back:.2f} s",
        (
            f"from listening to all Synced, with {found.offers_after} offers; "
            f"away for {found.down:.2f} s"
        ),
    )


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
        bench = Bench(options, Path(folder))
        try:
            uvloop.run(bench.run())
        except (ReconcilerError, TimeoutError) as wrong:
            print(f"not measured: {wrong}", file=sys.stderr)
            _keep_log(Path(folder))
            return 1
    _print(options, bench.measured)
    return 0


def _keep_log(folder: Path) -> None:
    log = folder / "service.log"
    if log.exists():
        kept = Path(tempfile.gettempdir()) / "reconciler-bench-service.log"
        shutil.copy(log, kept)
        print(f"the service's log is in {kept}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
