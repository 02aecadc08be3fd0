"""Handshakes that are refused, over real sockets: the answer, the log, the counters."""

import pytest
from structlog.testing import capture_logs

from tests.opamp import examples, peers
from tests.opamp.conftest import Listen
from tests.opamp.examples import UID
from tests.opamp.running import until

KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
VERSION = b"Sec-WebSocket-Version: 13\r\n"
UPGRADE = b"Upgrade: websocket\r\n"
CONNECTION = b"Connection: keep-alive, Upgrade\r\n"
PATH = b"/v1/opamp "

BAD = [
    (b"GET", b"PUT", 405, "asked for with GET"),
    (b"HTTP/1.1", b"HTTP/1.0", 505, "over HTTP/1.1"),
    (KEY, b"", 400, "Sec-WebSocket-Key is missing; it must be 16 bytes in base64"),
    (KEY, b"Sec-WebSocket-Key: me\r\n", 400, "Sec-WebSocket-Key cannot be taken"),
    (KEY, KEY + KEY, 400, "Sec-WebSocket-Key cannot be taken"),
    (VERSION, b"", 400, "Sec-WebSocket-Version is missing; it must be 13"),
    (VERSION, b"Sec-WebSocket-Version: 8\r\n", 400, "it must be 13"),
    (
        VERSION,
        VERSION + b"Sec-WebSocket-Protocol: (\r\n",
        400,
        "Sec-WebSocket-Protocol",
    ),
    (UPGRADE, b"Upgrade: h2c\r\n" + UPGRADE, 426, "is there a proxy in between"),
    (UPGRADE, b"Upgrade: h2c, websocket\r\n", 426, "is there a proxy in between"),
    (UPGRADE, b"", 426, "is there a proxy in between"),
    (CONNECTION, b"", 426, "`Connection: Upgrade`"),
    (CONNECTION, b"Connection: close\r\n", 426, "`Connection: Upgrade`"),
    (PATH, b"/v2/opamp ", 404, "connect to /v1/opamp"),
    (PATH, b"/v1/opamp// ", 404, "connect to /v1/opamp"),
]


@pytest.mark.parametrize(("part", "instead", "status", "words"), BAD)
async def test_a_bad_handshake_is_answered_in_words_logged_and_counted(
    listen: Listen, part: bytes, instead: bytes, status: int, words: str
) -> None:
    running = await listen()
    with capture_logs() as lines:
        async with peers.connected(running.port) as peer:
            assert part in peers.UPGRADE
            await peer.send(peers.UPGRADE.replace(part, instead))
            response = await peer.response()
    assert response.status == status
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["date"].endswith(" GMT")
    assert words in response.body.decode()
    [line] = lines
    assert (line["event"], line["peer"]) == ("refused handshake", "127.0.0.1")
    assert line["detail"] == response.body.decode().rstrip("\n")
    assert running.counters["handshakes_refused"] == 1
    assert running.counters["bad_requests"] == 1


async def test_a_version_that_is_not_spoken_is_answered_with_the_one_that_is(
    listen: Listen,
) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.UPGRADE.replace(b"Version: 13", b"Version: 7"))
        response = await peer.response()
        assert response.headers["sec-websocket-version"] == "13"
        assert response.headers["connection"] == "close"
        assert await peer.rest() == b""


async def test_refusals_are_logged_once_a_minute_and_all_counted(
    listen: Listen,
) -> None:
    running = await listen()
    with capture_logs() as lines:
        for _ in range(20):
            async with peers.connected(running.port) as peer:
                await peer.send(peers.UPGRADE.replace(VERSION, b""))
                assert (await peer.response()).status == 400
    assert [line["event"] for line in lines] == ["refused handshake"]
    assert running.counters["handshakes_refused"] == 20


@pytest.mark.parametrize(
    "header",
    [b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Sec-WebSocket-Protocol"],
)
async def test_what_a_peer_sends_is_not_sent_back(
    listen: Listen, header: bytes
) -> None:
    running = await listen()
    request = peers.UPGRADE.replace(header + b": ", b"X-A: ")
    much = header + b": (" + b"<script>" * 7000 + b"\r\n\r\n"
    with capture_logs() as lines:
        async with peers.connected(running.port) as peer:
            await peer.send(request.removesuffix(b"\r\n") + much)
            answer = await peer.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert len(answer) < 600
    assert b"script" not in answer
    assert "script" not in str(lines)


async def test_who_is_put_off_reads_why_and_is_counted(listen: Listen) -> None:
    running = await listen()
    await running.server.drain(0.0)
    with capture_logs() as lines:
        for _ in range(3):
            async with peers.connected(running.port) as peer:
                await peer.send(peers.UPGRADE)
                response = await peer.response()
            after = response.headers["retry-after"]
            words = f"the server restarts; come back in {after} s\n"
            assert (response.status, response.body.decode()) == (503, words)
    [line] = lines
    assert line["event"] == "connections are put off"
    assert line["detail"] == "the server restarts"
    assert running.counters["handshakes_refused"] == running.counters["refused"] == 3
    assert "bad_requests" not in running.counters


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"connections": 1}, "as many connections as it takes"),
        ({"handshakes_per_second": 1}, "too many agents connect at once"),
    ],
)
async def test_who_is_too_many_reads_so(
    listen: Listen, limits: dict[str, int], words: str
) -> None:
    running = await listen(**limits)
    async with (
        peers.upgraded(running.port),
        peers.connected(running.port) as late,
    ):
        await late.send(peers.UPGRADE)
        response = await late.response()
    assert response.status == 503
    assert words in response.body.decode()
    assert running.counters["handshakes_refused"] == 1


async def test_who_is_not_even_refused_is_counted_and_logged(listen: Listen) -> None:
    running = await listen(connections=0, handshakes_per_second=0)
    with capture_logs() as lines:
        async with peers.connected(running.port) as peer:
            assert await peer.rest() == b""
        await until(lambda: running.open_connections() == 0)
    assert [line["event"] for line in lines] == ["connections are put off"]
    assert running.counters["refused"] == 1


async def test_a_slash_behind_the_path_makes_no_other(listen: Listen) -> None:
    running = await listen()
    heartbeat = peers.frame(examples.framed(examples.heartbeat()))
    for path in (b"/v1/opamp/ ", b"/v1/opamp/?a=b "):
        async with peers.connected(running.port) as peer:
            await peer.send(peers.UPGRADE.replace(PATH, path) + heartbeat)
            assert (await peer.response()).status == 101
            _, answer = await peer.received()
            assert examples.unframed(answer).instance_uid == UID


async def test_a_handshake_with_head_is_answered_without_a_body(
    listen: Listen,
) -> None:
    running = await listen()
    async with peers.connected(running.port) as peer:
        await peer.send(peers.UPGRADE.replace(b"GET", b"HEAD"))
        answer = await peer.rest()
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.endswith(b"\r\n\r\n")
