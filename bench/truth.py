"""Is it true? What the API says, held against what the agents themselves say.

Figures of a service that only claims to be done are worth nothing, so nothing is
printed before `check` has passed.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from reconciler.cli.client import Client
from reconciler.errors import ReconcilerError
from reconciler.ids import format_uid
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.figures import Figures
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import Personality
from reconciler.state.agent import Sync
from reconciler.state.conditions import Standing

PHASE_SECONDS = 120.0
_ASK_SECONDS = 0.05


class Untrue(ReconcilerError):  # noqa: N818 - says what it is
    """The service or the agents are not where they should be."""


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds.

    Raises:
        Untrue: It did not within 120 s.
    """
    deadline = time.monotonic() + PHASE_SECONDS
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise Untrue(f"waited {PHASE_SECONDS:g} s for {what}")
        await asyncio.sleep(_ASK_SECONDS)


async def until_green(client: Client, commit: str, agents: int) -> None:
    """Wait until this commit is green for so many agents.

    Raises:
        Untrue: It was not within 120 s; the message says what the API says instead.
    """
    what = f"{commit[:12]} to be green for {agents} agents"
    try:
        await until(lambda: is_done(client, commit, agents), what)
    except Untrue as late:
        raise Untrue(f"{late}; instead: {_words(client)}") from None


def _words(client: Client) -> str:
    status = client.get("status")
    counts = "{total} agents, {reachable} reachable".format_map(status["agents"])
    groups = (f"{group['name']}: {group['description']}" for group in status["groups"])
    return "; ".join((counts, *groups))


def is_done(client: Client, commit: str, agents: int) -> bool:
    """Whether the API calls this commit green for so many agents, all reachable."""
    status = client.get("status")
    groups = status["groups"]
    return (
        status["revision"] is not None
        and status["revision"]["commit"] == commit
        and status["agents"]["reachable"] == agents
        and sum(group["agents"] for group in groups) == agents
        and all(group["state"] == "success" for group in groups)
    )


def check(client: Client, fleet: SimulatedFleet, commit: str) -> set[str]:
    """Every agent is on the config the service wants, and both sides say so.

    Returns:
        The hashes of the configs in force.

    Raises:
        Untrue: Something does not agree.
    """
    if not is_done(client, commit, len(fleet.agents)):
        raise Untrue(f"the API does not call {commit[:12]} green for the whole fleet")
    _check_conduct(fleet.figures)
    said = {one["uid"]: one for page in client.agents({}) for one in page["agents"]}
    readers = fleet.pick(_only_reads)
    for agent in fleet.agents:
        _check_agent(said.pop(format_uid(agent.uid), None), agent)
    if said:
        raise Untrue(f"the API knows {len(said)} agents that do not exist")
    counted = sum(
        group["counts"].get(Standing.READ_ONLY, 0)
        for group in client.get("groups")["groups"]
    )
    if counted != len(readers):
        raise Untrue(f"{counted} agents count as read-only, {len(readers)} are")
    running = {agent.supervisor.status.hash.hex() for agent in fleet.agents}
    return running - {""}


def check_names(client: Client, agents: Iterable[SimulatedAgent]) -> None:
    """Each of these is found by the name of its host.

    Raises:
        ReconcilerError: One is not, or others have its name.
    """
    for agent in agents:
        name = agent.labels["host.name"]
        if client.agent(name)["agent"]["uid"] != format_uid(agent.uid):
            raise Untrue(f"{name} is not the agent that runs there")


def _only_reads(agent: SimulatedAgent) -> bool:
    return agent.personality is Personality.READ_ONLY


def _check_agent(said: dict[str, Any] | None, agent: SimulatedAgent) -> None:
    if said is None:
        raise Untrue("the API does not know one of the agents")
    if _only_reads(agent):
        if said["sync"] != Sync.READ_ONLY:
            raise Untrue(f"{said['name']} takes no configs and is {said['sync']}")
        return
    own_hash = agent.supervisor.status.hash.hex()
    if said["sync"] != "Synced" or not said["healthy"]:
        raise Untrue(f"{said['name']} is {said['sync']}: {said['reason']}")
    if not said["desiredHash"] == said["reportedHash"] == own_hash:
        raise Untrue(
            f"{said['name']} runs {own_hash[:12]}, should run "
            f"{said['desiredHash'][:12]} and is said to run {said['reportedHash'][:12]}"
        )


def _check_conduct(figures: Figures) -> None:
    if figures.violations:
        raise Untrue(f"the service broke rules of OpAMP: {dict(figures.violations)}")
    if figures.failed or figures.server_errors:
        raise Untrue(f"{figures.failed} failures, {figures.server_errors} errors")
    if figures.healthy != figures.agents:
        raise Untrue(f"{figures.agents - figures.healthy} agents are not healthy")
