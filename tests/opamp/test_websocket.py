import asyncio
import contextlib
import time

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from reconciler.opamp import faults
from reconciler.opamp.pb.opamp_pb2 import ServerErrorResponseType_BadRequest
from reconciler.state.actions import AskComponents, AskFullState, RefuseAgent
from reconciler.state.observed import Transport
from tests.opamp import examples, peers
from tests.opamp.conftest import Listen
from tests.opamp.examples import OTHER_UID, UID
from tests.opamp.running import Running, until


def client(running: Running, **options: int) -> connect:
    return connect(
        f"ws://{running.host}/v1/opamp",
        proxy=None,
        **options,  # type: ignore[arg-type] # numbers by name
    )


async def closing(websocket: ClientConnection) -> tuple[int, str]:
    """Code and reason the server closes with, after whatever it sends before."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in websocket:
            pass
    assert websocket.close_code is not None
    return websocket.close_code, websocket.close_reason or ""


async def test_obligation_01_every_message_is_answered_in_turn(listen: Listen) -> None:
    running = await listen()
    running.actions = [AskFullState(UID)]
    async with client(running) as websocket:
        for number in range(3):
            await websocket.send(examples.framed(examples.heartbeat(number=number)))
            assert examples.unframed(await websocket.recv()).flags == 1
    assert [r.report.sequence_num for r in running.reported] == [0, 1, 2]
    assert [r.first for r in running.reported] == [True, False, False]
    assert {r.transport for r in running.reported} == {Transport.WEBSOCKET}
    await until(lambda: running.closed)
    assert running.closed == [(running.reported[0].connection, (UID,))]


async def test_agents_that_share_a_connection_are_all_told_of_when_it_closes(
    listen: Listen,
) -> None:
    running = await listen()
    async with client(running) as websocket:
        for uid in (UID, OTHER_UID):
            await websocket.send(examples.framed(examples.heartbeat(uid)))
            assert examples.unframed(await websocket.recv()).instance_uid == uid
    await until(lambda: running.closed)
    assert [agents for _, agents in running.closed] == [(UID, OTHER_UID)]


async def test_no_compression_is_agreed_on(listen: Listen) -> None:
    running = await listen()
    async with client(running) as websocket:
        assert websocket.response is not None
        assert "Sec-WebSocket-Extensions" not in websocket.response.headers


async def test_a_good_bye_that_comes_together_with_close_is_still_heard(
    listen: Listen,
) -> None:
    running = await listen()
    bye = examples.heartbeat(number=2)
    bye.agent_disconnect.SetInParent()
    async with peers.upgraded(running.port) as peer:
        await peer.send(
            peers.frame(examples.framed(examples.heartbeat()))
            + peers.frame(examples.framed(bye))
            + peers.frame(b"\x03\xe8", peers.CLOSE)
        )
        assert await peer.close_code() == 1000
    await until(lambda: running.closed)
    assert [r.report.disconnect for r in running.reported] == [False, True]
    assert running.closed[0][1] == ()


async def test_a_text_message_is_a_bad_request_and_three_end_the_connection(
    listen: Listen,
) -> None:
    running = await listen()
    async with client(running) as websocket:
        for _ in range(3):
            await websocket.send("hello")
            error = examples.unframed(await websocket.recv()).error_response
            assert error.type == ServerErrorResponseType_BadRequest
        assert await closing(websocket) == (1008, "too many malformed messages")
    assert running.reported == []
    assert running.counters["bad_requests"] == 3


async def test_a_good_bye_under_a_refused_uid_names_the_host_that_came_before(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "SILENCE_SECONDS", 0.0)
    running = await listen()
    ulid = b"01HZX3J5Q8V7WN2M4RBCDEFGHK"
    bye = examples.heartbeat(ulid, number=2)
    bye.agent_disconnect.SetInParent()
    with capture_logs() as lines:
        async with client(running) as websocket:
            hello = examples.describe(examples.heartbeat(ulid), "edge-17")
            for said in (hello, bye):
                await websocket.send(examples.framed(said))
                error = examples.unframed(await websocket.recv()).error_response
                assert "the text of a ULID" in error.error_message
    assert [line["host"] for line in lines] == ["edge-17", "edge-17"]
    assert running.reported == []


async def test_an_agent_that_is_cut_off_is_logged_with_its_host(
    listen: Listen,
) -> None:
    running = await listen(ping_interval=0.05, ping_timeout=0.05)
    hello = examples.describe(examples.heartbeat(), "edge-17")
    with capture_logs() as lines:
        async with peers.upgraded(running.port) as peer:
            await peer.send(peers.frame(examples.framed(hello)))
            await until(lambda: running.closed)
    [line] = lines
    assert line["event"] == "cut off, did not answer a ping"
    assert line["host"] == "edge-17"


async def test_a_refused_agent_is_answered_and_its_connection_closed(
    listen: Listen,
) -> None:
    running = await listen()
    running.actions = [RefuseAgent(UID, "é" * 100)]
    async with client(running) as websocket:
        await websocket.send(examples.framed(examples.heartbeat()))
        message = examples.unframed(await websocket.recv())
        assert message.error_response.error_message == "é" * 100
        assert await closing(websocket) == (1008, "é" * 61)


async def test_fragments_make_one_message(listen: Listen) -> None:
    running = await listen()
    data = examples.framed(examples.heartbeat())
    async with peers.upgraded(running.port) as peer:
        await peer.send(peers.frame(b"", fin=False))
        for byte in data:
            await peer.send(peers.frame(bytes([byte]), opcode=0, fin=False))
        await peer.send(peers.frame(b"ping", peers.PING))
        await peer.send(peers.frame(b"", opcode=0))
        assert await peer.received() == (peers.PONG, b"ping")
        _, answer = await peer.received()
        assert examples.unframed(answer).instance_uid == UID


async def test_fragmented_text_is_no_binary_message(listen: Listen) -> None:
    running = await listen()
    data = examples.framed(examples.heartbeat())
    async with peers.upgraded(running.port) as peer:
        await peer.send(peers.frame(data[:5], peers.TEXT, fin=False))
        await peer.send(peers.frame(data[5:], opcode=0))
        _, answer = await peer.received()
        assert examples.unframed(answer).HasField("error_response")


async def test_a_message_that_arrives_byte_by_byte_is_understood(
    listen: Listen,
) -> None:
    running = await listen()
    async with peers.upgraded(running.port) as peer:
        for byte in peers.frame(examples.framed(examples.heartbeat())):
            await peer.send(bytes([byte]))
            await asyncio.sleep(0)
        _, answer = await peer.received()
        assert examples.unframed(answer).instance_uid == UID


async def test_a_message_over_the_limit_is_closed_with_1009(listen: Listen) -> None:
    running = await listen(message_bytes=100_000)
    message = examples.heartbeat()
    message.effective_config.config_map.config_map[""].body = b"x" * 3_000_000
    async with client(running) as websocket:
        await websocket.send(examples.framed(message))
        assert (await closing(websocket))[0] == 1009
    assert running.reported == []


async def test_fragments_over_the_limit_are_closed_with_1009(listen: Listen) -> None:
    running = await listen(message_bytes=5000)
    async with peers.upgraded(running.port) as peer:
        await peer.send(peers.frame(b"\x00" * 4000, fin=False))
        await peer.send(peers.frame(b"\x00" * 1001, opcode=0, fin=False))
        assert await peer.close_code() == 1009


async def test_a_length_of_2_to_the_63_is_refused_when_it_is_announced(
    listen: Listen,
) -> None:
    running = await listen()
    async with peers.upgraded(running.port) as peer:
        await peer.send(b"\x82\xff" + (2**63).to_bytes(8) + bytes(4))
        assert await peer.close_code() == 1009


@pytest.mark.parametrize(
    "data",
    [
        b"\x82\x01x",  # not masked
        b"\xf2" + peers.frame(b"x")[1:],  # reserved bits
        peers.frame(b"x", 3),  # an opcode that is not there
        peers.frame(b"x", opcode=0),  # a continuation of nothing
        peers.frame(b"x" * 126, peers.PING),
        peers.frame(b"x", peers.PING, fin=False),
        peers.frame(b"\x03", peers.CLOSE),
        peers.frame(b"\x00\x01", peers.CLOSE),  # a code that is not there
    ],
)
async def test_broken_framing_is_closed_with_1002(listen: Listen, data: bytes) -> None:
    running = await listen()
    async with peers.upgraded(running.port) as peer:
        await peer.send(data)
        assert await peer.close_code() == 1002
    await until(lambda: running.closed)


async def test_a_recorded_conversation_cut_at_any_byte_leaves_nothing_behind(
    listen: Listen,
) -> None:
    running = await listen(handshakes_per_second=10_000)
    recorded = peers.UPGRADE
    recorded += peers.frame(examples.framed(examples.heartbeat()))
    recorded += peers.frame(b"\x03\xe8", peers.CLOSE)
    for end in range(0, len(recorded), 3):
        async with peers.connected(running.port) as peer:
            head = recorded[:end].split(b"\r\n\r\n")[0] + b"\r\n\r\n"
            if end >= len(peers.UPGRADE):
                await peer.send(peers.UPGRADE)
                await peer.response()
                await peer.send(recorded[len(peers.UPGRADE) : end])
            else:
                await peer.send(head[:end])
    await until(lambda: running.open_connections() == 0)
    counters = running.counters
    assert counters["websockets_opened"] == counters["websockets_closed"]
    assert counters["websockets_opened"] == len(running.closed)


async def test_a_million_empty_attributes_do_not_hold_up_the_others(
    listen: Listen,
) -> None:
    running = await listen()
    flood = b"\x00" + examples.empty_attributes(1_000_000)
    async with client(running) as websocket, client(running) as neighbour:
        await websocket.send(flood)
        answer = examples.unframed(await websocket.recv())
        assert answer.error_response.type == ServerErrorResponseType_BadRequest
        # The whole path once more beside somebody who beats on.
        await websocket.send(flood)
        started = time.perf_counter()
        await neighbour.send(examples.framed(examples.heartbeat()))
        await neighbour.recv()
        assert time.perf_counter() - started < 1.0


async def test_a_flood_of_small_frames_ends_the_connection(listen: Listen) -> None:
    running = await listen(frames_per_second=50)
    async with peers.upgraded(running.port) as peer:
        await peer.send(peers.frame(b"", peers.PING) * 5000)
        assert await peer.close_code() == 1008
    assert running.counters["cut"] == 1


async def test_large_fragments_do_not_count_as_a_flood(listen: Listen) -> None:
    running = await listen(frames_per_second=5)
    message = examples.heartbeat()
    message.effective_config.config_map.config_map[""].body = b"x" * 200_000
    data = examples.framed(message)
    async with peers.upgraded(running.port) as peer:
        await peer.send(peers.frame(data[:4000], fin=False))
        for start in range(4000, len(data), 4000):
            await peer.send(peers.frame(data[start : start + 4000], 0, fin=False))
        await peer.send(peers.frame(b"", opcode=0))
        _, answer = await peer.received()
        assert examples.unframed(answer).instance_uid == UID


async def test_a_silent_peer_is_pinged_and_cut_when_it_stays_silent(
    listen: Listen,
) -> None:
    running = await listen(ping_interval=0.05, ping_timeout=0.05)
    async with peers.upgraded(running.port) as peer:
        assert await peer.received() == (peers.PING, b"")
        assert await peer.rest() == b""
    await until(lambda: running.closed)
    assert running.counters["cut"] == 1


async def test_a_peer_that_answers_pings_stays(listen: Listen) -> None:
    running = await listen(ping_interval=0.02, ping_timeout=1.0)
    async with peers.upgraded(running.port) as peer:
        for _ in range(5):
            assert await peer.received() == (peers.PING, b"")
            await peer.send(peers.frame(b"", peers.PONG))
    assert "cut" not in running.counters


async def test_a_peer_that_talks_is_not_pinged(listen: Listen) -> None:
    running = await listen(ping_interval=0.5)
    async with peers.upgraded(running.port) as peer:
        for _ in range(30):
            await peer.send(peers.frame(examples.framed(examples.heartbeat())))
            opcode, _ = await peer.received()
            assert opcode == peers.BINARY
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "beginning",
    [
        peers.frame(b"x" * 100)[:50],
        peers.frame(b"\x00", fin=False),
        peers.frame(b"", fin=False),
        b"\x82",
    ],
)
async def test_a_message_must_be_finished_in_time(
    listen: Listen, beginning: bytes
) -> None:
    running = await listen(body_seconds=0.1)
    async with peers.upgraded(running.port) as peer:
        await peer.send(beginning)
        assert await peer.rest() == b""
    await until(lambda: running.closed)
    assert running.counters["cut"] == 1


async def test_unfinished_messages_of_all_peers_share_a_bound(listen: Listen) -> None:
    running = await listen(unfinished_bytes=300_000)
    beginning = peers.frame(b"\x00" * 1_000_000)[:200_000]
    async with (
        peers.upgraded(running.port) as greedy,
        peers.upgraded(running.port) as more,
        peers.upgraded(running.port) as modest,
    ):
        await greedy.send(beginning)
        await more.send(beginning)
        await until(lambda: running.closed)
        # A small one goes through even while the bound is reached.
        data = peers.frame(examples.framed(examples.heartbeat()))
        await modest.send(data[:10])
        await asyncio.sleep(0.01)
        await modest.send(data[10:])
        assert (await modest.received())[0] == peers.BINARY
        assert len(running.closed) == 1
    await until(lambda: len(running.closed) == 3)
    assert running.server._listener._unfinished == 0


async def test_whole_messages_renew_the_time_for_the_next(listen: Listen) -> None:
    running = await listen(body_seconds=0.3)
    data = peers.frame(examples.framed(examples.heartbeat()))
    stream = data * 20
    async with peers.upgraded(running.port) as peer:
        # Cut so that there is always a message under way.
        for start in range(0, len(stream), len(data) - 1):
            await peer.send(stream[start : start + len(data) - 1])
            await asyncio.sleep(0.03)
        for _ in range(20):
            assert (await peer.received())[0] == peers.BINARY
    assert "cut" not in running.counters


async def test_a_peer_that_does_not_read_is_cut_in_time(listen: Listen) -> None:
    running = await listen(write_seconds=0.2, message_bytes=32 << 20)
    running.actions = [examples.offer(examples.rendered(b"x" * (16 << 20)))]
    async with peers.upgraded(running.port, reads=False) as peer:
        await peer.send(peers.frame(examples.framed(examples.heartbeat())))
        await until(lambda: running.closed)
    assert running.counters["cut"] == 1


async def test_a_second_push_to_a_peer_that_does_not_read_cuts_it(
    listen: Listen,
) -> None:
    running = await listen(message_bytes=32 << 20)
    running.actions = [examples.offer(examples.rendered(b"x" * (16 << 20)))]
    async with peers.upgraded(running.port, reads=False) as peer:
        await peer.send(peers.frame(examples.framed(examples.heartbeat())))
        await until(lambda: running.reported)
        connection = running.reported[0].connection
        pushed = [
            running.server.push(connection, UID, [AskComponents(UID)]) for _ in range(3)
        ]
        assert pushed == [True, False, False]
        await until(lambda: running.closed)


async def test_a_slow_reader_that_catches_up_is_kept(listen: Listen) -> None:
    running = await listen(write_seconds=5.0, message_bytes=32 << 20)
    running.actions = [examples.offer(examples.rendered(b"x" * (8 << 20)))]
    async with client(running, max_size=32 << 20) as websocket:
        await websocket.send(examples.framed(examples.heartbeat()))
        assert len(await websocket.recv()) > 8 << 20
        running.actions = ()
        for _ in range(2):
            await websocket.send(examples.framed(examples.heartbeat()))
            await websocket.recv()
        connection = running.reported[0].connection
        assert running.server.push(connection, UID, [AskComponents(UID)])
        assert examples.unframed(await websocket.recv()).flags == 2


async def test_what_fails_in_the_controller_puts_off_one_agent_only(
    listen: Listen,
) -> None:
    running = await listen()
    running.error = RuntimeError("a bug")
    with capture_logs() as lines:
        async with client(running) as websocket:
            await websocket.send(examples.framed(examples.heartbeat()))
            message = examples.unframed(await websocket.recv())
            assert message.error_response.retry_info.retry_after_nanoseconds
            running.error = None
            await websocket.send(examples.framed(examples.heartbeat()))
            assert not examples.unframed(await websocket.recv()).HasField(
                "error_response"
            )
    assert [line["event"] for line in lines] == ["a message failed in the controller"]
