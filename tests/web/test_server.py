"""The listener over real sockets: lifetimes and deadlines."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.types import Receive, Scope, Send

from reconciler.errors import SetupError
from reconciler.web import app, server
from reconciler.web.server import WebServer
from tests.web.fakes import FakeStrays, FakeView

MUCH = b"x" * 65536
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
async def port(view: FakeView) -> AsyncIterator[int]:
    web = WebServer("127.0.0.1", 0, app=app.create_app(view), strays=FakeStrays())
    _, port = await web.start()
    yield port
    await web.stop()


@contextlib.asynccontextmanager
async def connection(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def everything(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b"reset"


async def test_it_answers_on_a_port_of_its_own(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(REQUEST + b"Connection: close\r\n\r\n")
        answer = await everything(reader)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\nok\n")
    assert b"uvicorn" not in answer


async def test_requests_share_a_connection(port: int) -> None:
    async with connection(port) as (reader, writer):
        for _ in range(3):
            writer.write(REQUEST + b"\r\n")
            assert b"200" in await reader.readline()
            assert await reader.readuntil(b"ok\n")


async def test_small_answers_do_not_wait_for_the_peers_acknowledgement(
    view: FakeView,
) -> None:
    web = WebServer("127.0.0.1", 0, app=app.create_app(view), strays=FakeStrays())
    _, port = await web.start()
    async with connection(port) as (reader, writer):
        writer.write(REQUEST + b"\r\n")
        await reader.readuntil(b"ok\n")
        assert web._server
        [kept] = web._server.server_state.connections
        opened = kept.transport.get_extra_info("socket")
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await web.stop()


async def test_on_loopback_a_foreign_host_name_is_refused(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert b"421" in await reader.readline()


async def test_a_taken_address_is_a_setup_error(view: FakeView) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        web = WebServer(
            "127.0.0.1",
            taken.getsockname()[1],
            app=app.create_app(view),
            strays=FakeStrays(),
        )
        with pytest.raises(SetupError, match="cannot listen on 127") as wrong:
            await web.start()
    assert "--listen" in (wrong.value.hint or "")


async def test_an_unknown_host_is_a_setup_error(view: FakeView) -> None:
    with pytest.raises(SetupError, match="cannot listen on"):
        await WebServer(
            "no.such.invalid", 0, app=app.create_app(view), strays=FakeStrays()
        ).start()


async def test_stopping_before_starting_is_nothing(view: FakeView) -> None:
    await WebServer(
        "127.0.0.1", 0, app=app.create_app(view), strays=FakeStrays()
    ).stop()


async def test_after_a_stop_nobody_listens(view: FakeView) -> None:
    web = WebServer("127.0.0.1", 0, app=app.create_app(view), strays=FakeStrays())
    _, port = await web.start()
    await web.stop()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize("sent", [b"", b"GET", REQUEST, b"\r\n"])
async def test_headers_that_do_not_come_cost_the_connection(
    port: int, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.05)
    async with connection(port) as (reader, writer):
        writer.write(sent)
        assert await everything(reader) in {b"", b"reset"}


async def test_headers_that_do_not_end_are_refused(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(REQUEST + b"X: " + b"y" * (server.HEADER_BYTES + 1))
        assert (await everything(reader)).startswith(b"HTTP/1.1 400")


async def test_many_small_requests_do_not_add_up_to_large_headers(port: int) -> None:
    async with connection(port) as (reader, writer):
        rounds = 2 * server.HEADER_BYTES // len(REQUEST)
        for _ in range(rounds):
            writer.write(REQUEST + b"\r\n")
            await reader.readuntil(b"ok\n")


async def test_an_answer_that_nobody_reads_costs_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 0.2)
    ended = asyncio.Event()

    async def much(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": MUCH, "more_body": True})
        ended.set()

    web = WebServer("127.0.0.1", 0, app=much, strays=FakeStrays())
    _, port = await web.start()
    async with connection(port) as (_, writer):
        writer.write(REQUEST + b"\r\n")
        async with asyncio.timeout(10):
            await ended.wait()
    await web.stop()
