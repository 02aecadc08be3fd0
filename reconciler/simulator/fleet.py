"""A whole simulated fleet in one process, and the strings to pull on it.

    async with SimulatedFleet(SimulationSettings("ws://127.0.0.1:4320")) as fleet:
        await fleet.until(lambda figures: figures.connected == 50)
        [agent] = fleet.pick(lambda agent: agent.labels["role"] == "gateway", limit=1)
        fleet.drift(agent)

Used by `reconciler simulate`, the demo, the benchmark and the tests. Run it on uvloop
for thousands of agents. All methods belong to the thread of the event loop.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from reconciler.simulator import endpoint, figures, open_files, population
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.figures import Figures
from reconciler.simulator.http import HttpLink
from reconciler.simulator.link import Link, Traffic, Wiring
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.websocket import WebSocketLink

_BATCHES_PER_SECOND = 20
_LOOK_SECONDS = 0.05
_GOODBYE_SECONDS = 5.0


class SimulatedFleet:
    """Agents, made at once from the settings; connections while it is started.

    Attributes:
        settings: What it was made of.
        agents: All of them, in an order that depends on the settings alone.
    """

    def __init__(self, settings: SimulationSettings) -> None:
        """Make the agents.

        Raises:
            UsageError: `settings.server` is not the URL of an OpAMP server.
        """
        self.settings = settings
        self._endpoint = endpoint.parse(settings.server)
        http_share = settings.http_share
        if http_share is None:
            http_share = float(self._endpoint.polls)
        self.agents: Sequence[SimulatedAgent] = population.build(
            settings, http_share=http_share
        )
        self._traffic = Traffic()
        self._links: dict[SimulatedAgent, Link] = {}
        self._ramp: asyncio.Task[None] | None = None
        self._now: Callable[[], float] = time.time

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    @property
    def figures(self) -> Figures:
        """How it stands now."""
        return figures.take(self.agents, self._traffic)

    async def run(self) -> None:
        """Start, go on until cancelled, then stop.

        Raises:
            SetupError: As `start`.
        """
        async with self:
            await asyncio.Event().wait()

    async def start(self) -> None:
        """Begin to connect, at the settings' rate; returns before all are connected.

        Raises:
            SetupError: The server's name is unknown, or so many sockets are not
                allowed.
        """
        open_files.allow(len(self.agents))
        loop = asyncio.get_running_loop()
        zero = time.time() - loop.time()
        self._now = lambda: zero + loop.time()
        wiring = Wiring(
            loop,
            await self._endpoint.resolve(),
            self._now,
            self.settings.gzip,
            self._traffic,
        )
        self._links = {agent: _link(agent, wiring) for agent in self.agents}
        self._ramp = loop.create_task(self._connect_all())

    async def stop(self) -> None:
        """Let every agent say goodbye; cut those that take longer than 5 s."""
        if self._ramp is not None:
            self._ramp.cancel()
            with suppress(asyncio.CancelledError):
                await self._ramp
            self._ramp = None
        leaving = [link.leave() for link in self._links.values()]
        if leaving:
            await asyncio.wait(leaving, timeout=_GOODBYE_SECONDS)
        for link in self._links.values():
            link.cut()
        if leaving:
            await asyncio.wait(leaving)
        self._links.clear()

    async def until(
        self, condition: Callable[[Figures], bool], *, seconds: float = 30.0
    ) -> Figures:
        """Wait until the figures are as wanted, and return them.

        Raises:
            TimeoutError: They were not in time; the message holds the last ones.
        """
        deadline = self._now() + seconds
        while not condition(current := self.figures):
            if self._now() > deadline:
                raise TimeoutError(f"not within {seconds:g} s; now {current}")
            await asyncio.sleep(_LOOK_SECONDS)
        return current

    def pick(
        self,
        predicate: Callable[[SimulatedAgent], bool] = lambda _: True,
        *,
        limit: int | None = None,
    ) -> list[SimulatedAgent]:
        """The first agents for which the predicate holds, at most `limit`."""
        return [agent for agent in self.agents if predicate(agent)][:limit]

    def drift(self, agent: SimulatedAgent, *, with_hash: bool = False) -> bool:
        """Make it run something else than it was given, and report that.

        Args:
            agent: Which.
            with_hash: It reports another config hash as well.

        Returns:
            False when its Collector is down, so that it could not.
        """
        drifted = agent.supervisor.drift(with_hash=with_hash)
        self._links[agent].nudge()
        return drifted

    def fall_ill(self, agent: SimulatedAgent, error: str) -> None:
        """Make its Collector report that it is not healthy."""
        agent.supervisor.fall_ill(error, self._now())
        self._links[agent].nudge()

    def recover(self, agent: SimulatedAgent) -> None:
        """Make its Collector healthy again."""
        agent.supervisor.recover(self._now())
        self._links[agent].nudge()

    async def disconnect(self, agent: SimulatedAgent) -> None:
        """Let it say agent_disconnect and stay away."""
        await self._links[agent].leave()

    def cut(self, agent: SimulatedAgent) -> None:
        """Break its connection without a word; it stays away."""
        self._links[agent].cut()

    def reconnect(self, agent: SimulatedAgent) -> None:
        """Bring back an agent that was disconnected or cut."""
        self._links[agent].open()

    async def restart(
        self, agents: Sequence[SimulatedAgent], *, keeps_config: bool = True
    ) -> None:
        """Let their processes die, and start them under new instance_uids.

        Args:
            agents: Which, all at once.
            keeps_config: They saved what they applied, as a supervisor does; else they
                begin with nothing, as a Collector with the bare OpAMP extension.
        """
        links = [self._links[agent] for agent in agents]
        await asyncio.gather(*(link.cut() for link in links))
        for link in links:
            link.agent.restart(keeps_config=keeps_config)
            link.open()

    async def beat_every(self, seconds: float) -> None:
        """Give every agent this heartbeat; their beats are spread over one interval."""
        for agent in self.agents:
            agent.heartbeat = seconds
        await self._in_turn(Link.nudge, per_second=len(self.agents) / seconds)

    async def _connect_all(self) -> None:
        await self._in_turn(Link.open, per_second=self.settings.connects_per_second)

    async def _in_turn(self, act: Callable[[Link], None], *, per_second: float) -> None:
        """In small batches, so that the rate is kept although sleeping is coarse."""
        started = self._now()
        links = list(self._links.values())
        done = 0
        while done < len(links):
            elapsed = self._now() - started + 1 / _BATCHES_PER_SECOND
            batch = links[done : int(min(elapsed * per_second, len(links)))]
            for link in batch:
                act(link)
            done += len(batch)
            await asyncio.sleep(1 / _BATCHES_PER_SECOND)


def _link(agent: SimulatedAgent, wiring: Wiring) -> Link:
    return HttpLink(agent, wiring) if agent.polls else WebSocketLink(agent, wiring)
