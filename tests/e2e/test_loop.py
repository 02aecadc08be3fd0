"""The loop, end to end: commit, agents run it, the commit turns green.

Each test draws its history as `a -> b`, where a commit stands for what it changes.
"""

from collections.abc import Callable

from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import parse_mix
from reconciler.simulator.supervisor import Pace
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FLEET, FleetRepo, collector

FleetOf = Callable[..., SimulatedFleet]


async def test_a_commit_turns_green_when_websocket_and_http_agents_run_it(
    truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(10, http_share=0.4) as fleet:
        await truth.says("success", "10/10 on it")
        figures = fleet.figures
    assert (figures.offers, figures.applied, figures.healthy) == (10, 10, 10)
    assert not figures.violations


async def test_a_second_commit_reaches_every_agent_once(
    repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> timeout: 2s
    async with fleet_of(6, http_share=0.5) as fleet:
        await truth.says("success", "6/6 on it")
        commit = repo.commit({"base.collector.yaml": collector(timeout="2s")})
        await truth.says("success", "6/6 on it", commit=commit)
        assert fleet.figures.offers == 12
        assert len(fleet.figures.running) == 1


async def test_a_commit_that_changes_nothing_for_an_agent_is_green_without_an_offer(
    repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> a comment and another order of keys
    async with fleet_of(3) as fleet:
        await truth.says("success", "3/3 on it")
        text = "# why\n" + collector()
        commit = repo.commit({"base.collector.yaml": text, "README.md": "hello\n"})
        await truth.says("success", "3/3 on it", commit=commit)
        assert fleet.figures.offers == 3


async def test_a_bad_commit_is_red_with_the_agents_words_and_leaves_no_collector_down(
    repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> an exporter that no agent has -> revert
    hiding = parse_mix("hides-components=1")
    async with fleet_of(4, http_share=0.25, mix=hiding) as fleet:
        await truth.says("success", "4/4 on it")
        good = set(fleet.figures.running)
        bad = repo.commit({"base.collector.yaml": collector("nonsense")})
        await truth.says("failure", "4 failed", commit=bad)
        assert "nonsense" in truth.description(bad)
        await fleet.until(lambda now: now.healthy == 4 and set(now.running) == good)
        assert truth.state(bad) == "failure"
        offers = fleet.figures.offers
        back = repo.commit({"base.collector.yaml": collector()}, "revert")
        await truth.says("success", "4/4 on it", commit=back)
        assert fleet.figures.offers == offers == 4 + 4 + 4


async def test_a_refused_commit_is_red_with_its_line_and_changes_no_agent(
    repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> YAML that does not parse -> mended
    async with fleet_of(2) as fleet:
        await truth.says("success", "2/2 on it")
        bad = repo.commit({"base.collector.yaml": "receivers: [\n"})
        await truth.says("failure", "base.collector.yaml:", commit=bad)
        assert fleet.figures.offers == 2
        good = repo.commit({"base.collector.yaml": collector(timeout="3s")})
        await truth.says("success", "2/2 on it", commit=good)


async def test_an_overtaken_commit_ends_superseded(
    repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    # first (agents are slow to apply) -> second
    async with fleet_of(2, pace=slowly()) as fleet:
        await fleet.until(lambda now: now.offers == 2)
        first = repo.git("rev-parse", "HEAD")
        second = repo.commit({"base.collector.yaml": collector(timeout="9s")})
        await truth.says("error", f"superseded by {second[:7]}", commit=first)


async def test_an_agent_that_drifts_turns_its_group_red_and_is_healed(
    truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(3, pace=Pace(apply=1.0)) as fleet:
        await truth.says("success", "3/3 on it")
        [agent] = fleet.pick(is_up, limit=1)
        assert fleet.drift(agent)
        await truth.said("failure", "1 drifted")
        await truth.says("success", "3/3 on it")


async def test_two_agents_with_one_instance_uid_become_two(
    truth: Truth, fleet_of: FleetOf
) -> None:
    async with fleet_of(2, mix=parse_mix("clones=1"), heartbeat=0.2) as fleet:
        await truth.says("success", "2/2 on it")
        assert len({agent.uid for agent in fleet.agents}) == 2


async def test_a_group_without_agents_is_green_only_with_the_words(
    repo: FleetRepo, truth: Truth
) -> None:
    await truth.says("success", "0 agents")
    demanding = FLEET.replace("selector: {}", "selector: {}\n  requireAgents: true", 1)
    commit = repo.commit({"fleet.yaml": demanding})
    await truth.says("failure", "requires agents", commit=commit)


def is_up(agent: SimulatedAgent) -> bool:
    return agent.supervisor.health.healthy


def slowly() -> Pace:
    return Pace(apply=60.0)
