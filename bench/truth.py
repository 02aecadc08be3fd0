"""Is it true? What the API says, held against what the agents themselves say.

Figures of a service that only claims to be done are worth nothing, so nothing is
printed before `check` has passed.
"""

from typing import Any

from reconciler.cli.client import Client
from reconciler.errors import ReconcilerError
from reconciler.ids import format_uid
from reconciler.simulator.figures import Figures
from reconciler.simulator.fleet import SimulatedFleet


class Untrue(ReconcilerError):  # noqa: N818 - says what it is
    """The service or the agents are not where they should be."""


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
    for agent in fleet.agents:
        mine = agent.supervisor.status.hash.hex()
        _check_agent(said.pop(format_uid(agent.uid), None), mine)
    if said:
        raise Untrue(f"the API knows {len(said)} agents that do not exist")
    return {agent.supervisor.status.hash.hex() for agent in fleet.agents}


def _check_agent(said: dict[str, Any] | None, own_hash: str) -> None:
    if said is None:
        raise Untrue("the API does not know one of the agents")
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
