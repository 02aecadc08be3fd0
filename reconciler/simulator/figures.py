"""How a simulated fleet stands, at one moment.

Taken by `SimulatedFleet.figures`; shown by `reconciler simulate`, awaited by the demo,
the benchmark and the tests.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.link import Traffic
from reconciler.simulator.supervisor import Outcome


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of agents now, and of events since the start.

    Attributes:
        agents: All there are.
        connected: Have a WebSocket, or had their last request answered.
        healthy: Whose Collector is well.
        offers: Remote configs received.
        applied: Times an agent came to say APPLIED.
        failed: Times an agent came to say FAILED.
        outcomes: Agents by what they say of their last offer.
        running: Agents by the config hash they say APPLIED of.
        violations: What the server did against the protocol, by rule.
        server_errors: Messages answered with an error_response.
        traffic: Connections, messages and bytes (`link.Traffic`).
    """

    agents: int
    connected: int
    healthy: int
    offers: int
    applied: int
    failed: int
    outcomes: Mapping[Outcome, int]
    running: Mapping[bytes, int]
    violations: Mapping[str, int]
    server_errors: int
    traffic: Traffic


def take(agents: Sequence[SimulatedAgent], traffic: Traffic) -> Figures:
    """Count once over all agents; some milliseconds for ten thousand."""
    supervisors = [agent.supervisor for agent in agents]
    statuses = [one.status for one in supervisors]
    return Figures(
        agents=len(agents),
        connected=traffic.connected,
        healthy=sum(one.health.healthy for one in supervisors),
        offers=sum(one.offers for one in supervisors),
        applied=sum(one.applied for one in supervisors),
        failed=sum(one.failed for one in supervisors),
        outcomes=Counter(status.outcome for status in statuses),
        running=Counter(
            status.hash for status in statuses if status.outcome is Outcome.APPLIED
        ),
        violations=_violations(agents),
        server_errors=sum(agent.server_errors for agent in agents),
        traffic=traffic.copy(),
    )


def _violations(agents: Sequence[SimulatedAgent]) -> Counter[str]:
    total: Counter[str] = Counter()
    for agent in agents:
        total.update(agent.violations)
    return total
