import asyncio
import time

import pytest
from websockets.asyncio.server import ServerConnection, serve

from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import backoff
from reconciler.simulator.personality import Personality
from tests.simulator.fixtures import Eventually, MakeLink
from tests.simulator.tiny_server import TinyServer


async def test_the_first_message_is_binary_with_a_header_and_holds_everything(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.messages)
    first = server.messages[0]
    assert first.sequence_num == 0
    assert first.HasField("agent_description")
    assert link.is_up
    assert link.wiring.traffic.connected == 1


async def test_an_offer_in_an_answer_is_applied_and_reported(
    server: TinyServer,
    make_link: MakeLink,
    eventually: Eventually,
    desired: opamp_pb2.AgentRemoteConfig,
) -> None:
    server.desired = desired
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: link.agent.supervisor.applied)
    await eventually(lambda: server.messages[-1].HasField("remote_config_status"))
    status = server.messages[-1].remote_config_status
    assert status.status == opamp_pb2.RemoteConfigStatuses_APPLIED
    numbers = [one.sequence_num for one in server.messages]
    assert numbers == list(range(len(numbers)))
    assert not link.agent.violations


async def test_an_offer_may_be_pushed_at_any_time(
    server: TinyServer,
    make_link: MakeLink,
    eventually: Eventually,
    desired: opamp_pb2.AgentRemoteConfig,
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    uid = link.agent.uid
    push = opamp_pb2.ServerToAgent(instance_uid=uid, remote_config=desired)
    await server.sockets[uid].send(b"\0" + push.SerializeToString())
    await eventually(lambda: link.agent.supervisor.applied)


async def test_heartbeats_come_at_their_interval(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url, heartbeat=0.05)
    started = time.monotonic()
    link.open()
    await eventually(lambda: len(server.messages) >= 8)
    assert time.monotonic() - started >= 0.3
    assert server.messages[-1].ByteSize() < 30


async def test_pings_are_answered(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    pong = await server.sockets[link.agent.uid].ping()
    async with asyncio.timeout(5):
        await pong


async def test_a_message_in_fragments_is_put_together(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    error = opamp_pb2.ServerErrorResponse(error_message="in three pieces")
    message = opamp_pb2.ServerToAgent(instance_uid=link.agent.uid, error_response=error)
    data = b"\0" + message.SerializeToString()
    await server.sockets[link.agent.uid].send([data[:4], data[4:20], data[20:]])
    await eventually(lambda: link.agent.last_server_error == "in three pieces")


async def test_a_message_without_its_header_is_understood_as_opamp_go_does(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    error = opamp_pb2.ServerErrorResponse(error_message="no header")
    message = opamp_pb2.ServerToAgent(instance_uid=link.agent.uid, error_response=error)
    await server.sockets[link.agent.uid].send(message.SerializeToString())
    await eventually(lambda: link.agent.last_server_error == "no header")


async def test_a_text_message_ends_the_connection_and_a_new_one_follows(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    socket = server.sockets[link.agent.uid]
    await socket.send("hello")
    await socket.wait_closed()
    assert socket.close_code == 1003
    await eventually(lambda: link.wiring.traffic.connects == 2)


@pytest.mark.parametrize(
    ("personality", "holds_everything"),
    [(Personality.GOOD, True), (Personality.BARE_RECONNECT, False)],
)
async def test_a_lost_connection_is_followed_by_another_at_once(
    server: TinyServer,
    make_link: MakeLink,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
    personality: Personality,
    *,
    holds_everything: bool,
) -> None:
    monkeypatch.setattr(backoff, "FIRST", 60.0)
    link = await make_link(server.ws_url, personality)
    link.open()
    await eventually(lambda: len(server.messages) == 2)
    await server.sockets[link.agent.uid].close(1012)
    await eventually(lambda: len(server.messages) >= 3)
    again = server.messages[2]
    assert again.sequence_num == 2
    assert again.HasField("agent_description") is holds_everything
    assert link.wiring.traffic.lost == 1
    assert link.wiring.traffic.connected == 1


async def test_a_refused_handshake_is_repeated_after_a_back_off(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    server.refuse = {}
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: link.wiring.traffic.refused == 1)
    assert not link.is_up
    server.refuse = None
    await eventually(lambda: link.is_up)
    assert server.refused == 1


async def test_retry_after_is_waited_for(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    server.refuse = {"Retry-After": "1"}
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.refused)
    server.refuse = None
    started = time.monotonic()
    await eventually(lambda: link.is_up)
    assert time.monotonic() - started >= 0.9


async def test_a_server_that_comes_later_is_found(
    make_link: MakeLink, eventually: Eventually
) -> None:
    later = TinyServer()
    await later.start()
    url = later.ws_url
    await later.stop()
    link = await make_link(url)
    link.open()
    await eventually(lambda: link.wiring.traffic.unreachable)
    port = int(url.rpartition(":")[2])
    async with serve(later._talk, "127.0.0.1", port):
        await eventually(lambda: link.is_up)
        await link.leave()


async def test_leaving_says_so_and_closes_politely(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    await link.leave()
    await eventually(lambda: server.messages[-1].HasField("agent_disconnect"))
    await server.sockets[link.agent.uid].wait_closed()
    assert server.sockets[link.agent.uid].close_code == 1000
    assert not link.is_up
    assert link.wiring.traffic.connected == 0
    assert link.wiring.traffic.lost == 0


async def test_who_left_comes_back_when_told_to(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    await link.leave()
    await eventually(lambda: server.messages[-1].HasField("agent_disconnect"))
    before = len(server.messages)
    link.open()
    await eventually(lambda: len(server.messages) > before)
    assert server.messages[before].HasField("agent_description")


async def test_leaving_before_the_connection_stands_is_over_at_once(
    server: TinyServer, make_link: MakeLink
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    async with asyncio.timeout(1):
        await link.leave()
    assert server.messages == []


async def test_a_cut_comes_without_a_word_and_lasts(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.ws_url)
    link.open()
    await eventually(lambda: server.sockets)
    socket = server.sockets[link.agent.uid]
    link.cut()
    await socket.wait_closed()
    assert socket.close_code == 1006
    assert not server.messages[-1].HasField("agent_disconnect")
    assert link.wiring.traffic.connects == 1


async def test_a_server_that_does_not_close_is_left_after_a_while(
    make_link: MakeLink, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.simulator.websocket.CLOSE_SECONDS", 0.05)
    held = asyncio.Event()

    async def hold(connection: ServerConnection) -> None:
        connection.protocol.receive_data = (  # type: ignore[method-assign]  # deaf from now on
            lambda data: None  # noqa: ARG005 - its name there
        )
        held.set()
        await connection.wait_closed()

    async with serve(hold, "127.0.0.1", 0) as deaf:
        port = deaf.sockets[0].getsockname()[1]
        link = await make_link(f"ws://127.0.0.1:{port}")
        link.open()
        await held.wait()
        await eventually(lambda: link.is_up)
        async with asyncio.timeout(2):
            await link.leave()
