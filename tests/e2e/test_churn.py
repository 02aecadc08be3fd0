"""Agents that restart under new instance_uids leave no ghosts behind."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import pytest

from reconciler.ids import format_uid
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import Personality, parse_mix
from reconciler.simulator.supervisor import Pace
from reconciler.state import rhythm
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FleetRepo, collector
from tests.support.service import ServiceProcess, until

FleetOf = Callable[..., SimulatedFleet]

MIX: Final = parse_mix("read-only=0.2")
GREEN: Final = "24/24 on it, 6 read-only"
"""The words on a commit that 30 agents of this mix run."""

LEARNED: Final = 2 * rhythm.WINDOW
"""Polls, not all of them bare, after which the service knows how often one polls."""


@pytest.mark.parametrize("keeps_config", [True, False])
async def test_a_commit_turns_green_while_agents_restart_under_new_uids(
    repo: FleetRepo,
    service: ServiceProcess,
    truth: Truth,
    fleet_of: FleetOf,
    *,
    keeps_config: bool,
) -> None:
    # first -> timeout: 2s, and half of the fleet restarts while it is applied
    async with fleet_of(30, mix=MIX, pace=Pace(apply=1.0)) as fleet:
        await truth.says("success", GREEN)
        second = repo.commit({"base.collector.yaml": collector(timeout="2s")})
        await fleet.until(lambda now: now.offers == 48)
        await fleet.restart(half(fleet), keeps_config=keeps_config)
        await truth.says("success", GREEN, commit=second)
        nobody_counts_twice(service, fleet)


async def test_agents_that_poll_are_counted_once_after_they_restarted(
    repo: FleetRepo, service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> timeout: 2s, and half of the fleet restarts while it is applied
    pace = Pace(apply=1.0)
    async with fleet_of(30, mix=MIX, http_share=1.0, heartbeat=0.2, pace=pace) as fleet:
        await truth.says("success", GREEN)
        await polled(fleet)
        second = repo.commit({"base.collector.yaml": collector(timeout="2s")})
        await fleet.until(lambda now: now.offers > 24)
        await fleet.restart(half(fleet))
        await truth.says("success", GREEN, commit=second)
        await asyncio.to_thread(until, lambda: rows(service) == uids(fleet))
        nobody_counts_twice(service, fleet)


async def test_agents_that_poll_and_restart_again_and_again_leave_no_ghost(
    service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(5, http_share=1.0, mix=MIX, heartbeat=0.2) as fleet:
        await truth.says("success", "4/4 on it, 1 read-only")
        for _ in range(3):
            await polled(fleet)
            await fleet.restart(fleet.agents)
        await asyncio.to_thread(until, lambda: rows(service) == uids(fleet))
        await truth.says("success", "4/4 on it, 1 read-only")
        nobody_counts_twice(service, fleet)


async def test_after_a_kill_nobody_waits_for_the_uids_of_before(
    repo: FleetRepo, service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    # first, killed, all return under new uids -> timeout: 2s
    async with fleet_of(30, mix=MIX, http_share=0.3) as fleet:
        await truth.says("success", GREEN)
        service.kill()
        await fleet.until(lambda now: now.connected == 0)
        await fleet.restart(fleet.agents)
        await asyncio.to_thread(service.start)
        await fleet.until(lambda now: now.connected == 30)
        second = repo.commit({"base.collector.yaml": collector(timeout="2s")})
        await truth.says("success", GREEN, commit=second)
        nobody_counts_twice(service, fleet)
        assert not fleet.figures.violations


async def test_a_failure_is_of_the_host_and_counts_once_under_a_new_uid(
    repo: FleetRepo, service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> a config that no agent takes, and all restart -> revert
    async with fleet_of(4, mix=parse_mix("rejects=1")) as fleet:
        await truth.says("success", "4/4 on it")
        bad = repo.commit({"base.collector.yaml": collector(timeout="2s")})
        await truth.says("failure", "0/4 on it, 4 failed", commit=bad)
        offers = fleet.figures.offers
        await fleet.restart(fleet.agents)
        await asyncio.to_thread(until, lambda: rows(service) == uids(fleet))
        await truth.says("failure", "0/4 on it, 4 failed", commit=bad)
        assert fleet.figures.offers == offers
        good = repo.commit({"base.collector.yaml": collector()}, "revert")
        await truth.says("success", "4/4 on it", commit=good)
        nobody_counts_twice(service, fleet)


async def test_an_agent_that_saves_nothing_is_given_its_config_after_each_restart(
    service: ServiceProcess, truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(2) as fleet:
        await truth.says("success", "2/2 on it")
        for restarts in range(1, 5):
            await fleet.restart(fleet.agents, keeps_config=False)
            await applied(fleet, 2 + 2 * restarts)
            await truth.says("success", "2/2 on it")
        nobody_counts_twice(service, fleet)


async def polled(fleet: SimulatedFleet) -> None:
    """Wait until the service knows how often the agents poll."""
    enough = fleet.figures.traffic.messages_in + LEARNED * len(fleet.agents)
    await fleet.until(lambda now: now.traffic.messages_in > enough)


async def applied(fleet: SimulatedFleet, times: int) -> None:
    """Wait until agents came to say APPLIED so often."""
    await fleet.until(lambda now: now.applied == times)


def half(fleet: SimulatedFleet) -> Sequence[SimulatedAgent]:
    """Half of those that take configs, and half of those that do not."""
    taking = fleet.pick(lambda agent: agent.personality is Personality.GOOD)
    reading = fleet.pick(lambda agent: agent.personality is Personality.READ_ONLY)
    return [*taking[::2], *reading[::2]]


def nobody_counts_twice(service: ServiceProcess, fleet: SimulatedFleet) -> None:
    """There is one record an agent, and its host's name finds it."""
    assert rows(service) == uids(fleet)
    named = [
        service.get(f"/api/v1/agents/{agent.labels['host.name']}")["agent"]
        for agent in fleet.agents
    ]
    assert sorted(agent["uid"] for agent in named) == uids(fleet)
    assert {presence(agent) for agent in named} == {"here"}


def presence(agent: dict[str, Any]) -> str:
    return "away" if agent["presence"] == "disconnected" else "here"


def rows(service: ServiceProcess) -> list[str]:
    listed = service.get("/api/v1/agents?limit=1000")["agents"]
    return sorted(agent["uid"] for agent in listed)


def uids(fleet: SimulatedFleet) -> list[str]:
    return sorted(format_uid(agent.uid) for agent in fleet.agents)
