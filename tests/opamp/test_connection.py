import asyncio
import ssl
import time

import pytest
from structlog.testing import capture_logs

from reconciler import tls
from tests.opamp import examples, peers
from tests.opamp.conftest import Listen
from tests.opamp.examples import UID
from tests.opamp.running import until

HEARTBEAT = examples.heartbeat().SerializeToString()
QUICK = {"header_seconds": 0.1, "body_seconds": 0.1, "idle_seconds": 0.1}


async def trickle(peer: peers.Peer, data: bytes, *, seconds: float = 2.0) -> float:
    """Send byte by byte until the server closes; seconds it took."""
    started = time.monotonic()
    for byte in data * 100:
        if peer.is_gone or time.monotonic() - started > seconds:
            break
        await peer.send(bytes([byte]))
        await asyncio.sleep(0.01)
    return time.monotonic() - started


async def test_a_connection_without_a_byte_is_closed_without_a_word(
    listen: Listen,
) -> None:
    running = await listen(**QUICK)
    async with peers.connected(running.port) as peer:
        assert await peer.rest() == b""
    await until(lambda: running.open_connections() == 0)
    assert running.counters["cut"] == 1


@pytest.mark.parametrize(
    "beginning",
    [b"POST /v1/opamp HTTP/1.1\r\nX-A: b\r\n", peers.post(b"", length=10_000)],
    ids=["headers", "body"],
)
@pytest.mark.parametrize("drop", [b"", b"X-A: b\r\n"], ids=["stops", "trickles"])
async def test_a_request_that_is_not_finished_in_time_is_ended(
    listen: Listen, beginning: bytes, drop: bytes
) -> None:
    running = await listen(**QUICK)
    async with peers.connected(running.port) as peer:
        await peer.send(beginning)
        answer = asyncio.create_task(peer.rest())
        assert await trickle(peer, drop) < 1.0
        # Who is in the middle of sending may see a reset instead.
        assert drop or (await answer).startswith(b"HTTP/1.1 408 ")
        await answer
    await until(lambda: running.open_connections() == 0)
    assert running.reported == []
    assert running.counters["cut"] == 1


async def test_empty_lines_before_a_request_do_not_gain_time(listen: Listen) -> None:
    running = await listen(**QUICK)
    async with peers.connected(running.port) as peer:
        answer = asyncio.create_task(peer.rest())
        assert await trickle(peer, b"\r\n") < 1.0
        await answer


async def test_a_body_in_chunks_without_end_stops_at_the_limit(listen: Listen) -> None:
    running = await listen(message_bytes=10_000)
    async with peers.connected(running.port) as peer:
        await peer.send(
            b"POST /v1/opamp HTTP/1.1\r\nContent-Type: application/x-protobuf\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"1000\r\n" + b"\x00" * 0x1000 + b"\r\n"
        await peer.send(chunk * 4)
        assert (await peer.response()).status == 413
        started = time.monotonic()
        while not peer.is_gone and time.monotonic() - started < 5:
            await peer.send(chunk)
            await asyncio.sleep(0)
        assert await peer.rest() == b""
    await until(lambda: running.open_connections() == 0)
    assert running.counters["cut"] == 1


@pytest.mark.parametrize("length", [10_001, 2**62])
async def test_a_length_over_the_limit_is_refused_before_the_body(
    listen: Listen, length: int
) -> None:
    running = await listen(message_bytes=10_000)
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(b"", b"Expect: 100-continue", length=length))
        assert (await peer.response()).status == 413


async def test_a_body_after_its_refusal_is_dropped_for_a_while(listen: Listen) -> None:
    running = await listen(message_bytes=10_000)
    body = b"x" * 15_000
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(body[:100], length=len(body)))
        assert (await peer.response()).status == 413
        await peer.send(body[100:])
    await until(lambda: running.open_connections() == 0)
    assert running.counters["cut"] == 1


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"18446744073709551616", b"x"])
async def test_a_length_that_is_none_is_400(listen: Listen, length: bytes) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(
            b"POST /v1/opamp HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n"
        )
        assert (await peer.response()).status == 400
        assert await peer.rest() == b""


async def test_a_kept_alive_connection_without_a_request_is_closed(
    listen: Listen,
) -> None:
    running = await listen(idle_seconds=0.1)
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(HEARTBEAT))
        assert (await peer.response()).status == 200
        assert await peer.rest() == b""
    assert "cut" not in running.counters


async def test_empty_lines_do_not_keep_a_connection_alive(listen: Listen) -> None:
    running = await listen(idle_seconds=0.1)
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(HEARTBEAT))
        assert (await peer.response()).status == 200
        answer = asyncio.create_task(peer.rest())
        assert await trickle(peer, b"\r\n") < 1.0
        await answer


async def test_a_second_request_has_its_own_deadline(listen: Listen) -> None:
    running = await listen(header_seconds=0.1)
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(HEARTBEAT))
        assert (await peer.response()).status == 200
        await peer.send(b"POST /v1/op")
        response = await peer.response()
        assert response.status == 408
        assert "did not finish its headers in time" in response.body.decode()


async def test_requests_that_come_at_once_are_all_answered(listen: Listen) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(HEARTBEAT) * 5)
        answers = [await peer.response() for _ in range(5)]
    assert [answer.status for answer in answers] == [200] * 5
    assert len(running.reported) == 5


async def test_a_head_without_end_is_431(listen: Listen) -> None:
    running = await listen(header_bytes=10_000)
    async with peers.connected(running.port) as peer:
        await peer.send(b"GET /v1/opamp HTTP/1.1\r\n" + b"X-A: b\r\n" * 2000)
        response = await peer.response()
    assert response.status == 431
    assert "over 10000 bytes" in response.body.decode()
    assert running.counters["bad_requests"] == 1


async def test_trailers_behind_a_body_are_not_kept(listen: Listen) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(
            b"POST /v1/opamp HTTP/1.1\r\nContent-Type: application/x-protobuf\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n" % len(HEARTBEAT)
            + HEARTBEAT
            + b"\r\n0\r\nContent-Encoding: gzip\r\n\r\n"
        )
        assert (await peer.response()).status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"CONNECT host:443 HTTP/1.1\r\n\r\n",
        b"CONNECT h:1 HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_400(listen: Listen, data: bytes) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(data)
        response = await peer.response()
        assert response.status == 400
        assert response.body
        assert "date" in response.headers
        assert await peer.rest() == b""
    assert running.counters["bad_requests"] == 1


@pytest.mark.parametrize("bytes_at_once", [1, 5, 517])
async def test_tls_on_the_plain_port_ends_with_an_alert_and_is_named_in_the_log(
    listen: Listen, bytes_at_once: int
) -> None:
    running = await listen()
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(506)
    with capture_logs() as lines:
        for _ in range(3):
            async with peers.connected(running.port) as peer:
                await peer.send(hello[:bytes_at_once])
                assert await peer.rest() == tls.ALERT
    [line] = lines
    assert line["event"] == "TLS on the plain port for agents"
    assert "ws://" in line["detail"]
    assert line["peer"] == "127.0.0.1"
    assert running.counters["tls_refused"] == 3
    assert "bad_requests" not in running.counters


async def test_a_client_of_tls_reads_the_alert(listen: Listen) -> None:
    running = await listen()
    trusting = ssl.create_default_context()
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        await asyncio.open_connection("127.0.0.1", running.port, ssl=trusting)


async def test_what_looks_like_tls_within_a_request_is_not(listen: Listen) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(HEARTBEAT))
        assert (await peer.response()).status == 200
        await peer.send(b"\x16\x03\x01")
        assert (await peer.response()).status == 400
    assert "tls_refused" not in running.counters


async def test_a_request_cut_at_any_byte_leaves_nothing_behind(listen: Listen) -> None:
    running = await listen(handshakes_per_second=10_000)
    request = peers.post(HEARTBEAT)
    for end in range(len(request)):
        async with peers.connected(running.port) as peer:
            await peer.send(request[:end])
    await until(lambda: running.open_connections() == 0)
    assert running.reported == []


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_forgotten(
    listen: Listen,
) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(b"", length=100))
        await until(lambda: running.open_connections() == 1)
    await until(lambda: running.open_connections() == 0)
    assert running.reported == []


async def test_unfinished_bodies_of_all_peers_share_a_bound(listen: Listen) -> None:
    running = await listen(unfinished_bytes=300_000)
    async with (
        peers.connected(running.port) as greedy,
        peers.connected(running.port) as more,
    ):
        await greedy.send(peers.post(b"x" * 200_000, length=1_000_000))
        await until(lambda: running.server._listener._unfinished == 200_000)
        await more.send(peers.post(b"x" * 200_000, length=1_000_000))
        response = await more.response()
        assert response.status == 503
        assert "retry-after" in response.headers
    await until(lambda: running.open_connections() == 0)
    await until(lambda: running.server._listener._unfinished == 0)
    assert running.counters["refused"] == 1


@pytest.mark.parametrize("draining", [False, True])
async def test_a_poller_that_does_not_read_is_cut_in_time(
    listen: Listen, *, draining: bool
) -> None:
    running = await listen(write_seconds=0.1, message_bytes=32 << 20)
    async with peers.connected(running.port, reads=False) as peer:
        await peer.send(peers.post(HEARTBEAT))
        assert (await peer.response()).status == 200
        if draining:
            await running.server.drain(0.0)
        running.actions = [examples.offer(examples.rendered(b"x" * (16 << 20)))]
        await peer.send(peers.post(HEARTBEAT))
        await until(lambda: running.open_connections() == 0)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"Sec-WebSocket-Version: 13", 101),
        (b"Sec-WebSocket-Version: 12", 400),
        (b"X-Nothing: here", 400),
    ],
)
async def test_a_handshake_is_checked(listen: Listen, line: bytes, status: int) -> None:
    running = await listen()
    request = peers.UPGRADE.replace(b"Sec-WebSocket-Version: 13", line)
    async with peers.connected(running.port) as peer:
        await peer.send(request)
        assert (await peer.response()).status == status


async def test_a_websocket_is_asked_for_with_get(listen: Listen) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.UPGRADE.replace(b"GET", b"PUT"))
        assert (await peer.response()).status == 405


async def test_frames_that_come_together_with_the_handshake_are_heard(
    listen: Listen,
) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.UPGRADE + peers.frame(b"\x00" + HEARTBEAT))
        assert (await peer.response()).status == 101
        _, answer = await peer.received()
        assert examples.unframed(answer).instance_uid == UID


async def test_who_is_put_off_in_the_middle_of_a_large_body_still_reads_it(
    listen: Listen,
) -> None:
    running = await listen()
    await running.server.drain(0.0)
    body = b"x" * 3_000_000
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(body[:100], length=len(body)))
        await asyncio.sleep(0.02)
        await peer.send(body[100:])
        response = await peer.response()
        assert response.status == 503
        assert "retry-after" in response.headers


async def test_who_is_put_off_does_not_get_to_send_for_ever(listen: Listen) -> None:
    running = await listen(message_bytes=10_000)
    await running.server.drain(0.0)
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(b"x" * 20_000, length=10**9))
        assert (await peer.response()).status == 503
        await peer.rest()
    await until(lambda: running.open_connections() == 0)


async def test_an_upgrade_behind_a_refused_request_is_refused_with_it(
    listen: Listen,
) -> None:
    running = await listen()
    await running.server.drain(0.0)
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(HEARTBEAT) + peers.UPGRADE)
        assert (await peer.response()).status == 503
        assert await peer.rest() == b""
    assert running.counters["refused"] == 1


async def test_an_upgrade_somewhere_else_is_404(listen: Listen) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.UPGRADE.replace(b"/v1/opamp", b"/v2/opamp"))
        assert (await peer.response()).status == 404
        assert await peer.rest() == b""


async def test_a_query_is_no_other_path(listen: Listen) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.UPGRADE.replace(b"/v1/opamp", b"/v1/opamp?a=b"))
        assert (await peer.response()).status == 101


async def test_a_connection_may_poll_first_and_upgrade_then(listen: Listen) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.post(HEARTBEAT))
        assert (await peer.response()).status == 200
        await peer.send(peers.UPGRADE)
        assert (await peer.response()).status == 101
        await peer.send(peers.frame(b"\x00" + HEARTBEAT))
        _, answer = await peer.received()
        assert examples.unframed(answer).instance_uid == UID
    await until(lambda: running.open_connections() == 0)
    assert running.counters["connections_opened"] == 1
