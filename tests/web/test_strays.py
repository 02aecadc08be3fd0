"""Agents and TLS on the people's port, over real sockets."""

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator

import pytest

from reconciler import tls
from reconciler.web import app
from reconciler.web.server import WebServer
from tests.web.fakes import FakeStrays, FakeView

UPGRADE = (
    b"GET /v1/opamp HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
POLL = (
    b"POST /v1/opamp HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/x-protobuf\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\n\x0a\x00"
)
ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def strays() -> FakeStrays:
    return FakeStrays()


@pytest.fixture
async def port(view: FakeView, strays: FakeStrays) -> AsyncIterator[int]:
    web = WebServer("127.0.0.1", 0, app=app.create_app(view), strays=strays)
    _, port = await web.start()
    yield port
    await web.stop()


async def answer(port: int, request: bytes) -> bytes:
    """Everything until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(10):
        everything = await reader.read()
    writer.close()
    return everything


@pytest.mark.parametrize(
    "request_",
    [
        UPGRADE,
        UPGRADE.replace(b"/v1/opamp", b"/v1/opamp/"),
        UPGRADE.replace(b"/v1/opamp", b"/"),
        UPGRADE.replace(b"127.0.0.1", b"fleet.example"),
        POLL,
        POLL.replace(b"/v1/opamp", b"/opamp"),
        POLL.replace(b"x-protobuf", b"x-protobuf; proto=opamp"),
        ASK.replace(b"/healthz", b"/v1/opamp"),
    ],
)
async def test_an_agent_is_told_where_agents_connect(
    port: int, strays: FakeStrays, request_: bytes
) -> None:
    head, _, body = (await answer(port, request_)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 421 ")
    assert b"connection: close" in head.lower()
    error = json.loads(body)["error"]
    assert error["message"] == "this port is for people; agents connect to port 14320"
    assert "ws://HOST:14320/v1/opamp" in error["hint"]
    assert strays.agents == ["127.0.0.1"]


async def test_people_are_served_as_before(port: int, strays: FakeStrays) -> None:
    assert (await answer(port, ASK)).endswith(b"\r\n\r\nok\n")
    assert strays.agents == strays.tls == []


async def test_agents_that_come_again_and_again_fill_no_log_of_the_server(
    port: int, strays: FakeStrays, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            await answer(port, UPGRADE)
    assert len(strays.agents) == 5
    assert [r for r in caplog.records if r.name.startswith("uvicorn")] == []


@pytest.mark.parametrize("hello", [b"\x16", b"\x16\x03\x01\x02\x00\x01" + bytes(512)])
async def test_tls_ends_with_an_alert(
    port: int, strays: FakeStrays, hello: bytes
) -> None:
    assert await answer(port, hello) == tls.ALERT
    assert strays.tls == ["127.0.0.1"]


async def test_a_browser_that_asks_for_https_reads_the_alert(port: int) -> None:
    trusting = ssl.create_default_context()
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
