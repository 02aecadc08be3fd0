import asyncio
import time

import pytest
import uvloop

from reconciler.errors import SetupError, UsageError
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import personality
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Outcome, Pace
from tests.simulator.fixtures import Eventually
from tests.simulator.tiny_server import TinyServer

QUICK = Pace(start=0.005, apply=0.02, crash=0.1, drift=0.1, restart=0.2, slow=4)


def settings(server: str, agents: int = 10, **more: object) -> SimulationSettings:
    return SimulationSettings(server, agents=agents, pace=QUICK, **more)  # type: ignore[arg-type]  # values of several types


def is_gateway(agent: SimulatedAgent) -> bool:
    return agent.labels["role"] == "gateway"


async def test_a_fleet_connects_converges_and_says_goodbye(
    server: TinyServer, desired: opamp_pb2.AgentRemoteConfig, eventually: Eventually
) -> None:
    server.desired = desired
    async with SimulatedFleet(settings(server.ws_url)) as fleet:
        figures = await fleet.until(lambda now: now.running.get(b"A") == 10)
        assert figures.connected == figures.healthy == figures.offers == 10
        assert not figures.violations
    assert fleet.figures.connected == 0
    heard = server.received.values()
    await eventually(lambda: all(one[-1].HasField("agent_disconnect") for one in heard))


async def test_the_scheme_of_the_url_chooses_the_transport(
    server: TinyServer, desired: opamp_pb2.AgentRemoteConfig
) -> None:
    server.desired = desired
    async with SimulatedFleet(settings(server.http_url)) as fleet:
        await fleet.until(lambda now: now.running.get(b"A") == 10)
    assert all(agent.polls for agent in fleet.agents)
    assert len(server.requests) >= 40


async def test_a_share_of_the_fleet_may_poll_at_the_same_place(
    server: TinyServer,
) -> None:
    async with SimulatedFleet(settings(server.ws_url, http_share=0.3)) as fleet:
        await fleet.until(lambda now: now.connected == 7)
    assert sum(agent.polls for agent in fleet.agents) == 3


async def test_connecting_keeps_to_the_rate(server: TinyServer) -> None:
    started = time.monotonic()
    slowly = settings(server.ws_url, agents=20, connects_per_second=40)
    async with SimulatedFleet(slowly) as fleet:
        await fleet.until(lambda now: now.connected == 20)
        assert time.monotonic() - started > 0.3


async def test_an_infinite_rate_connects_all_at_once(server: TinyServer) -> None:
    at_once = settings(server.ws_url, agents=50, connects_per_second=float("inf"))
    async with SimulatedFleet(at_once) as fleet:
        await fleet.until(lambda now: now.connected == 50)


async def test_stopping_during_the_ramp_leaves_nothing_behind(
    server: TinyServer,
) -> None:
    slowly = settings(server.ws_url, agents=20, connects_per_second=20)
    async with SimulatedFleet(slowly) as fleet:
        await fleet.until(lambda now: now.connected >= 2)
    assert fleet.figures.connected == 0
    assert fleet.figures.traffic.connects < 20


async def test_run_goes_on_until_it_is_cancelled_and_stops_then(
    server: TinyServer, eventually: Eventually
) -> None:
    fleet = SimulatedFleet(settings(server.ws_url))
    running = asyncio.create_task(fleet.run())
    await eventually(lambda: fleet.figures.connected == 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert fleet.figures.connected == 0


async def test_a_fleet_can_be_started_again_and_goes_on_counting(
    server: TinyServer,
) -> None:
    fleet = SimulatedFleet(settings(server.ws_url, agents=2))
    for _ in range(2):
        async with fleet:
            await fleet.until(lambda now: now.connected == 2)
    for heard in server.received.values():
        numbers = [one.sequence_num for one in heard]
        assert numbers == list(range(len(numbers)))


async def test_waiting_ends_with_the_figures_when_the_time_is_over(
    server: TinyServer,
) -> None:
    async with SimulatedFleet(settings(server.ws_url, agents=1)) as fleet:
        with pytest.raises(TimeoutError, match=r"not within 0\.1 s; now Figures\("):
            await fleet.until(lambda now: now.connected == 2, seconds=0.1)


async def test_agents_are_picked_by_what_they_are(server: TinyServer) -> None:
    fleet = SimulatedFleet(settings(server.ws_url, agents=40))
    gateways = fleet.pick(is_gateway)
    assert 0 < len(gateways) < 40
    assert all(is_gateway(agent) for agent in gateways)
    assert fleet.pick(is_gateway, limit=1) == gateways[:1]
    assert fleet.pick() == list(fleet.agents)


async def test_an_agent_can_be_told_to_drift_and_reports_it_at_once(
    server: TinyServer, desired: opamp_pb2.AgentRemoteConfig, eventually: Eventually
) -> None:
    server.desired = desired
    async with SimulatedFleet(settings(server.ws_url)) as fleet:
        await fleet.until(lambda now: now.running.get(b"A") == 10)
        [agent] = fleet.pick(limit=1)
        assert fleet.drift(agent)
        await eventually(lambda: "by-hand" in str(server.received[agent.uid][-1]))


async def test_drift_of_the_hash_is_healed_by_the_next_offer(
    server: TinyServer, desired: opamp_pb2.AgentRemoteConfig
) -> None:
    server.desired = desired
    async with SimulatedFleet(settings(server.ws_url)) as fleet:
        await fleet.until(lambda now: now.running.get(b"A") == 10)
        fleet.drift(fleet.agents[0], with_hash=True)
        assert fleet.figures.running[b"A"] == 9
        await fleet.until(lambda now: now.running.get(b"A") == 10)
        assert "by-hand" not in str(fleet.agents[0].supervisor.running)


async def test_an_agent_can_be_told_to_fall_ill_and_to_recover(
    server: TinyServer, eventually: Eventually
) -> None:
    async with SimulatedFleet(settings(server.ws_url)) as fleet:
        await fleet.until(lambda now: now.healthy == 10)
        agent = fleet.agents[3]
        fleet.fall_ill(agent, "queue is full")
        assert fleet.figures.healthy == 9
        heard = server.received[agent.uid]
        await eventually(lambda: heard[-1].health.last_error == "queue is full")
        fleet.recover(agent)
        await eventually(lambda: heard[-1].health.healthy)


async def test_agents_can_be_sent_away_cut_and_brought_back(
    server: TinyServer, eventually: Eventually
) -> None:
    async with SimulatedFleet(settings(server.ws_url)) as fleet:
        await fleet.until(lambda now: now.healthy == 10)
        polite, abrupt = fleet.agents[:2]
        await fleet.disconnect(polite)
        fleet.cut(abrupt)
        await fleet.until(lambda now: now.connected == 8)
        said = server.received[polite.uid]
        await eventually(lambda: said[-1].HasField("agent_disconnect"))
        assert not server.received[abrupt.uid][-1].HasField("agent_disconnect")
        fleet.reconnect(polite)
        fleet.reconnect(abrupt)
        await fleet.until(lambda now: now.connected == 10)


@pytest.mark.parametrize("polls", [False, True])
async def test_agents_can_be_restarted_under_new_uids_of_the_same_hosts(
    server: TinyServer,
    desired: opamp_pb2.AgentRemoteConfig,
    eventually: Eventually,
    *,
    polls: bool,
) -> None:
    server.desired = desired
    url = server.http_url if polls else server.ws_url
    async with SimulatedFleet(settings(url)) as fleet:
        await fleet.until(lambda now: now.running.get(b"A") == 10)
        saving, losing = fleet.agents[:2], fleet.agents[2:4]
        hosts = [agent.labels["host.name"] for agent in fleet.agents]
        before = [agent.uid for agent in fleet.agents]
        await fleet.restart(saving)
        await fleet.restart(losing, keeps_config=False)
        now = await fleet.until(lambda now: now.running.get(b"A") == 10)
        assert (now.offers, now.violations) == (12, {})
        assert [agent.labels["host.name"] for agent in fleet.agents] == hosts
        assert [agent.uid for agent in fleet.agents[4:]] == before[4:]
        restarted = [*saving, *losing]
        await eventually(lambda: {a.uid for a in restarted} <= server.received.keys())
        for agent, old in zip(restarted, before[:4], strict=True):
            first = server.received[agent.uid][0]
            assert first.sequence_num == 0
            assert first.HasField("agent_description")
            echoed = first.remote_config_status.last_remote_config_hash
            assert echoed == (b"A" if agent in saving else b"")
            assert not server.received[old][-1].HasField("agent_disconnect")


@pytest.mark.parametrize("polls", [False, True])
async def test_agents_can_be_restarted_while_the_server_is_away(
    server: TinyServer, eventually: Eventually, *, polls: bool
) -> None:
    url = server.http_url if polls else server.ws_url
    async with SimulatedFleet(settings(url)) as fleet:
        await fleet.until(lambda now: now.connected == 10)
        server.refuse = {}
        for agent in fleet.agents:
            fleet.cut(agent)
        await fleet.until(lambda now: now.connected == 0)
        for agent in fleet.agents:
            fleet.reconnect(agent)
        await eventually(lambda: server.refused >= 10)
        await fleet.restart(fleet.agents)
        server.refuse = None
        await fleet.until(lambda now: now.connected == 10)
        assert {agent.uid for agent in fleet.agents} <= server.received.keys()


async def test_the_heartbeat_of_a_running_fleet_can_be_changed(
    server: TinyServer,
) -> None:
    async with SimulatedFleet(settings(server.ws_url, http_share=0.0)) as fleet:
        before = (await fleet.until(lambda now: now.healthy == 10)).traffic.messages_out
        await fleet.beat_every(0.2)
        await fleet.until(lambda now: now.traffic.messages_out >= before + 40)
    assert {agent.heartbeat for agent in fleet.agents} == {0.2}


async def test_clones_are_told_apart_by_a_server_that_renames_one(
    server: TinyServer, eventually: Eventually
) -> None:
    mix = {Personality.CLONES: 1.0}
    async with SimulatedFleet(settings(server.ws_url, agents=2, mix=mix)) as fleet:
        await fleet.until(lambda now: now.connected == 2)
        one, other = fleet.agents
        assert one.uid == other.uid
        new_uid = bytes.fromhex("019b76daa8007a90908d447e35b8b6ff")
        renamed = opamp_pb2.ServerToAgent(instance_uid=one.uid)
        renamed.agent_identification.new_instance_uid = new_uid
        await server.sockets[one.uid].send(b"\0" + renamed.SerializeToString())
        await eventually(lambda: one.uid != other.uid)
        assert new_uid in {one.uid, other.uid}


async def test_a_mixed_fleet_behaves_as_mixed(
    server: TinyServer, desired: opamp_pb2.AgentRemoteConfig
) -> None:
    server.desired = desired
    mix = {one: 1.0 for one in Personality if one is not Personality.DRIFTS_HASH}
    fleet = SimulatedFleet(settings(server.ws_url, agents=2 * len(mix), mix=mix))
    async with fleet:
        silent = {Personality.SWALLOWS, Personality.READ_ONLY}
        applying = [one for one in fleet.agents if one.personality not in silent]
        await fleet.until(
            lambda now: now.outcomes.get(Outcome.APPLIED) == len(applying)
        )
        other = opamp_pb2.AgentRemoteConfig()
        other.CopyFrom(desired)
        entry = other.config.config_map[""]
        entry.body = entry.body.replace(b"debug", b"nop")
        other.config_hash = b"B"
        server.desired = other
        for agent in fleet.agents:
            if agent.personality is not Personality.ROLLS_BACK:
                push = opamp_pb2.ServerToAgent(instance_uid=agent.uid)
                if agent.personality is not Personality.READ_ONLY:
                    push.remote_config.CopyFrom(other)
                await server.sockets[agent.uid].send(b"\0" + push.SerializeToString())
        await fleet.until(lambda now: now.outcomes.get(Outcome.FAILED) == 2)
        [rejecting, _] = fleet.pick(lambda a: a.personality is Personality.REJECTS)
        assert rejecting.supervisor.health.healthy
    assert not fleet.figures.violations


def test_uvloop_carries_both_transports_too() -> None:
    async def converge(
        server: TinyServer, desired: opamp_pb2.AgentRemoteConfig
    ) -> None:
        await server.start()
        server.desired = desired
        for url in (server.ws_url, server.http_url):
            async with SimulatedFleet(settings(url)) as fleet:
                await fleet.until(lambda now: now.connected == now.agents)
        await server.stop()

    uvloop.run(converge(TinyServer(), opamp_pb2.AgentRemoteConfig(config_hash=b"A")))


async def test_no_server_means_no_connection_and_no_noise() -> None:
    unused = TinyServer()
    await unused.start()
    url = unused.ws_url
    await unused.stop()
    async with SimulatedFleet(settings(url)) as fleet:
        await fleet.until(lambda now: now.traffic.unreachable >= 10)
        assert fleet.figures.connected == 0


def test_a_wrong_url_is_told_before_anything_starts() -> None:
    with pytest.raises(UsageError, match="is not the URL"):
        SimulatedFleet(settings("127.0.0.1:4320"))


async def test_an_unknown_host_is_told_at_the_start() -> None:
    with pytest.raises(SetupError):
        await SimulatedFleet(settings("ws://nowhere.invalid:4320")).start()


async def test_a_fleet_that_never_started_stops_without_complaint(
    server: TinyServer,
) -> None:
    await SimulatedFleet(settings(server.ws_url)).stop()


async def test_the_mix_of_the_command_line_builds_a_fleet(server: TinyServer) -> None:
    mix = personality.parse_mix("slow=0.2,read-only=0.1")
    fleet = SimulatedFleet(settings(server.ws_url, mix=mix))
    assert len(fleet.pick(lambda a: a.personality is Personality.SLOW)) == 2
    assert len(fleet.pick(lambda a: a.personality is Personality.READ_ONLY)) == 1
