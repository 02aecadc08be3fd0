import asyncio
import contextlib
import socket

import pytest
from structlog.testing import capture_logs

from reconciler.errors import SetupError
from reconciler.ids import InstanceUid
from reconciler.opamp.limits import Limits
from reconciler.opamp.server import COUNTERS, Address, OpampServer
from reconciler.state.actions import AskComponents, AskFullState, RefuseAgent
from reconciler.state.observed import ConnectionId
from tests.opamp import examples, peers
from tests.opamp.conftest import Listen
from tests.opamp.examples import OTHER_UID, UID
from tests.opamp.running import Running, until

HEARTBEAT = peers.frame(examples.framed(examples.heartbeat()))


def server_at(host: str, port: int) -> OpampServer:
    running = Running()
    return OpampServer(
        Address(host, port),
        limits=Limits(),
        report=running.report,
        closed=running.note_closed,
    )


async def said_hello(running: Running, peer: peers.Peer) -> ConnectionId:
    await peer.send(HEARTBEAT)
    await peer.received()
    return running.reported[-1].connection


async def test_who_took_the_other_port_is_counted_and_logged_once_a_minute(
    listen: Listen,
) -> None:
    running = await listen()
    with capture_logs() as lines:
        for _ in range(3):
            running.server.agent_strayed("10.0.0.1")
            running.server.tls_strayed("10.0.0.1")
    assert [(line["event"], line["peer"]) for line in lines] == [
        ("an agent came to the port for people", "10.0.0.1"),
        ("TLS on the plain port for people", "10.0.0.1"),
    ]
    assert lines[0]["detail"] == f"agents connect to port {running.port}"
    assert running.counters == {"agents_strayed": 3, "tls_refused": 3}


async def test_an_address_that_is_taken_stops_the_start_with_a_hint() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"127.0.0.1:{port}") as caught:
            await server_at("127.0.0.1", port).start()
    assert "--opamp-listen" in str(caught.value.hint)


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("127.0.0.1", 70_000)])
async def test_an_address_that_is_not_ours_stops_the_start(
    host: str, port: int
) -> None:
    with pytest.raises(SetupError):
        await server_at(host, port).start()


async def test_a_server_that_never_started_can_be_stopped_and_asked() -> None:
    server = server_at("127.0.0.1", 0)
    await server.stop()
    assert server.counters == dict.fromkeys(COUNTERS, 0)
    assert not server.push(ConnectionId(1), UID, [AskFullState(UID)])
    server.close(ConnectionId(1), "nobody is there")


async def test_obligation_26_a_push_goes_out_at_any_time(listen: Listen) -> None:
    running = await listen()
    async with peers.upgraded(running.port) as peer:
        connection = await said_hello(running, peer)
        offer = examples.offer(examples.rendered())
        assert running.server.push(connection, UID, [offer])
        _, pushed = await peer.received()
        message = examples.unframed(pushed)
        assert message.instance_uid == UID
        assert message.remote_config.config_hash == offer.config.hash
    assert running.counters["pushes"] == 1


async def test_a_push_reaches_only_agents_that_spoke_over_that_connection(
    listen: Listen,
) -> None:
    running = await listen()
    async with peers.upgraded(running.port) as peer:
        connection = await said_hello(running, peer)
        assert not running.server.push(connection, OTHER_UID, [AskFullState(OTHER_UID)])
        other = ConnectionId(connection + 1)
        assert not running.server.push(other, UID, [AskFullState(UID)])
    await until(lambda: running.closed)
    assert not running.server.push(connection, UID, [AskFullState(UID)])
    assert "pushes" not in running.counters


async def test_a_pushed_refusal_closes(listen: Listen) -> None:
    running = await listen()
    async with peers.upgraded(running.port) as peer:
        connection = await said_hello(running, peer)
        assert running.server.push(connection, UID, [RefuseAgent(UID, "expired")])
        _, pushed = await peer.received()
        assert examples.unframed(pushed).error_response.error_message == "expired"
        assert await peer.close_code() == 1008


async def test_an_offer_over_the_limit_is_logged_and_the_rest_is_sent(
    listen: Listen,
) -> None:
    running = await listen(message_bytes=1000)
    offer = examples.offer(examples.rendered(b"x" * 2000))
    async with peers.upgraded(running.port) as peer:
        connection = await said_hello(running, peer)
        with capture_logs() as lines:
            assert running.server.push(connection, UID, [offer, AskComponents(UID)])
        _, pushed = await peer.received()
        assert examples.unframed(pushed).flags == 2
    assert [line["log_level"] for line in lines] == ["error"]
    assert running.counters["offers_oversized"] == 1


async def test_closing_is_polite_and_bounded(listen: Listen) -> None:
    running = await listen(write_seconds=0.1)
    async with peers.upgraded(running.port) as peer:
        connection = await said_hello(running, peer)
        running.server.close(connection, "replaced by a newer connection")
        running.server.close(connection, "twice does no harm")
        opcode, payload = await peer.received()
        assert (opcode, payload) == (
            peers.CLOSE,
            b"\x03\xe8replaced by a newer connection",
        )
        # The peer says nothing more, so the connection just ends.
        assert await peer.rest() == b""
    await until(lambda: running.closed)
    assert "cut" not in running.counters


async def test_what_an_agent_says_after_our_close_is_not_heard(listen: Listen) -> None:
    running = await listen()
    async with peers.upgraded(running.port) as peer:
        connection = await said_hello(running, peer)
        running.server.close(connection, "bye")
        await peer.send(HEARTBEAT)
        await peer.send(peers.frame(b"\x03\xe8", peers.CLOSE))
        assert await peer.close_code() == 1000
        assert await peer.rest() == b""
    assert len(running.reported) == 1


async def test_a_flood_of_new_connections_is_put_off_before_the_upgrade(
    listen: Listen,
) -> None:
    running = await listen(handshakes_per_second=3)
    statuses, waits = [], set()
    for request in [peers.UPGRADE, peers.post(b"", length=0)] * 20:
        async with peers.connected(running.port) as peer:
            await peer.send(request)
            response = await peer.response()
            statuses.append(response.status)
            if response.status == 503:
                assert response.headers["connection"] == "close"
                waits.add(int(response.headers["retry-after"]))
                assert await peer.rest() == b""
    assert statuses.count(503) >= 30
    assert statuses.count(101) >= 1
    assert all(30 <= wait < 60 for wait in waits)
    assert len(waits) > 3
    assert running.counters["refused"] == statuses.count(503)


async def test_connections_over_the_limit_are_put_off_and_then_not_even_heard(
    listen: Listen,
) -> None:
    running = await listen(
        connections=2, handshakes_per_second=10, header_seconds=0.2, idle_seconds=30.0
    )
    async with contextlib.AsyncExitStack() as stack:
        peer = await stack.enter_async_context(peers.upgraded(running.port))
        await stack.enter_async_context(peers.upgraded(running.port))
        third = await stack.enter_async_context(peers.connected(running.port))
        await third.send(peers.UPGRADE)
        assert (await third.response()).status == 503
        await until(lambda: running.open_connections() == 2)
        # Two may wait for their refusal: handshakes a second times header seconds.
        for _ in range(2):
            await stack.enter_async_context(peers.connected(running.port))
        await until(lambda: running.open_connections() == 4)
        fifth = await stack.enter_async_context(peers.connected(running.port))
        await fifth.send(peers.UPGRADE)
        assert await fifth.rest() == b""
        # Those that were in before do not notice.
        await peer.send(HEARTBEAT)
        assert (await peer.received())[0] == peers.BINARY


async def test_a_poller_that_was_let_in_is_not_put_off_later(listen: Listen) -> None:
    running = await listen(handshakes_per_second=1)
    async with peers.connected(running.port) as peer:
        for _ in range(5):
            await peer.send(peers.post(examples.heartbeat().SerializeToString()))
            assert (await peer.response()).status == 200


async def test_a_drain_closes_with_1012_spread_over_its_time(listen: Listen) -> None:
    running = await listen()
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        connected = [
            await stack.enter_async_context(peers.upgraded(running.port))
            for _ in range(4)
        ]

        async def leave(peer: peers.Peer) -> float:
            assert await peer.close_code() == 1012
            when = loop.time()
            await peer.send(peers.frame(b"\x03\xf4", peers.CLOSE))
            assert await peer.rest() == b""
            return when

        started = loop.time()
        drain = asyncio.create_task(running.server.drain(0.4))
        left = [await leave(peer) - started for peer in connected]
        await drain
        assert left == sorted(left)
        assert left[-1] - left[0] > 0.2
        async with peers.connected(running.port) as late:
            await late.send(peers.UPGRADE)
            response = await late.response()
            assert (response.status, "retry-after" in response.headers) == (503, True)
        # Nobody has closed its own side yet: the server does not wait for that.
        await until(lambda: len(running.closed) == 4)


async def test_a_drain_does_not_wait_for_who_does_not_leave(listen: Listen) -> None:
    running = await listen()
    async with peers.upgraded(running.port):
        async with asyncio.timeout(5):
            await running.server.drain(0.05)
        assert running.open_connections() == 1


async def test_stopping_ends_every_connection_of_any_kind(listen: Listen) -> None:
    running = await listen()
    async with contextlib.AsyncExitStack() as stack:
        websocket = await stack.enter_async_context(peers.upgraded(running.port))
        silent = await stack.enter_async_context(peers.connected(running.port))
        half = await stack.enter_async_context(peers.connected(running.port))
        await half.send(peers.post(b"", length=100))
        await until(lambda: running.open_connections() == 3)
        await running.server.stop()
        for peer in (websocket, silent, half):
            assert await peer.rest() == b""
    assert running.open_connections() == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", running.port)


async def test_a_controller_that_fails_on_a_close_stops_nothing(
    listen: Listen,
) -> None:
    running = await listen()
    with capture_logs() as lines:
        async with peers.upgraded(running.port) as peer:
            await said_hello(running, peer)
            running.error = RuntimeError("a bug")
        await until(lambda: running.closed)
    assert running.closed[0][1] == (InstanceUid(UID),)
    assert lines[0]["log_level"] == "error"
    assert running.open_connections() == 0
