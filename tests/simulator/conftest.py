import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from reconciler.ids import InstanceUid
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import backoff, endpoint
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.http import HttpLink
from reconciler.simulator.identity import Identity
from reconciler.simulator.link import Link, Wiring
from reconciler.simulator.personality import Personality
from reconciler.simulator.supervisor import Pace, Supervisor
from reconciler.simulator.websocket import WebSocketLink
from tests.simulator.fixtures import Eventually, MakeLink
from tests.simulator.tiny_server import TinyServer


@pytest.fixture
async def server() -> AsyncIterator[TinyServer]:
    one = TinyServer()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
def eventually() -> Eventually:
    async def wait(condition: Callable[[], object], *, seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - looks at plain objects
                await asyncio.sleep(0.005)

    return wait


@pytest.fixture
async def make_link(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MakeLink]:
    monkeypatch.setattr(backoff, "FIRST", 0.05)
    links: list[Link] = []

    async def make(
        url: str,
        personality: Personality = Personality.GOOD,
        *,
        heartbeat: float = 30.0,
        gzip: bool = False,
    ) -> Link:
        where = await endpoint.parse(url).resolve()
        uid = InstanceUid(
            bytes.fromhex("019b76daa8007a90908d447e35b8b6") + b"%c" % len(links)
        )
        agent = SimulatedAgent(
            Identity(uid, "gateway-00001", "0.149.0", {"role": "gateway"}),
            Supervisor(personality, Pace(start=0.005, apply=0.02)),
            heartbeat=heartbeat,
            polls=where.polls,
        )
        wiring = Wiring(asyncio.get_running_loop(), where, time.time, gzip)
        link = HttpLink(agent, wiring) if where.polls else WebSocketLink(agent, wiring)
        links.append(link)
        return link

    yield make
    for link in links:
        link.cut()
    await asyncio.sleep(0)


@pytest.fixture
def desired() -> opamp_pb2.AgentRemoteConfig:
    body = b"""
receivers: {otlp: }
exporters: {debug: }
service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}
"""
    entry = opamp_pb2.AgentConfigObject(body=body, content_type="text/yaml")
    return opamp_pb2.AgentRemoteConfig(
        config=opamp_pb2.AgentConfigMap(config_map={"": entry}), config_hash=b"A"
    )
