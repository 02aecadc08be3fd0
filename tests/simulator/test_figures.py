from reconciler.ids import InstanceUid
from reconciler.simulator import figures
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.identity import Identity
from reconciler.simulator.link import Traffic
from reconciler.simulator.personality import Personality
from reconciler.simulator.supervisor import ConfigStatus, Outcome, Pace, Supervisor


def agent_of(status: ConfigStatus, **counts: int) -> SimulatedAgent:
    supervisor = Supervisor(Personality.GOOD, Pace(), status=status, **counts)  # type: ignore[arg-type]  # counts alone
    return SimulatedAgent(Identity(InstanceUid(bytes(16)), "h", "1", {}), supervisor)


def test_agents_are_counted_by_what_they_say_and_what_they_run() -> None:
    agents = [
        agent_of(ConfigStatus(b"A", Outcome.APPLIED), offers=1, applied=1),
        agent_of(ConfigStatus(b"A", Outcome.APPLIED), offers=3, applied=2, failed=1),
        agent_of(ConfigStatus(b"B", Outcome.APPLYING), offers=1),
        agent_of(ConfigStatus(b"B", Outcome.FAILED, "no"), offers=1, failed=1),
        agent_of(ConfigStatus()),
    ]
    agents[0].supervisor.recover(1.0)
    agents[1].violations["a rule"] += 2
    agents[2].violations["a rule"] += 1
    agents[3].server_errors = 4
    taken = figures.take(agents, Traffic(connected=4, lost=1))
    assert taken == figures.Figures(
        agents=5,
        connected=4,
        healthy=1,
        offers=6,
        applied=3,
        failed=2,
        outcomes={
            Outcome.APPLIED: 2,
            Outcome.APPLYING: 1,
            Outcome.FAILED: 1,
            Outcome.UNSET: 1,
        },
        running={b"A": 2},
        violations={"a rule": 3},
        server_errors=4,
        traffic=Traffic(connected=4, lost=1),
    )


def test_figures_once_taken_do_not_move() -> None:
    traffic = Traffic()
    taken = figures.take([], traffic)
    traffic.messages_in += 1
    assert taken.traffic.messages_in == 0
