import asyncio
import logging
import socket
from collections.abc import AsyncIterator

import pytest

from reconciler.errors import Waiting
from reconciler.report import http
from reconciler.report.exchange import BODY_LIMIT, Request
from reconciler.report.http import Http
from tests.report import fake_forge
from tests.report.fake_forge import TOKEN, Answer, Delay, Drop, FakeForge, Truncate

COMMIT = "c0ffee" + "0" * 34
PATH = f"/repos/acme/fleet/statuses/{COMMIT}"
HEADERS = {
    "Accept": "application/vnd.github+json",
    "Authorization": f"Bearer {TOKEN}",
    "Content-Type": "application/json",
    "X-GitHub-Api-Version": "2022-11-28",
}


@pytest.fixture
def forge() -> FakeForge:
    return FakeForge()


@pytest.fixture
async def url(forge: FakeForge) -> AsyncIterator[str]:
    async with fake_forge.serve(forge) as found:
        yield found


@pytest.fixture
async def client() -> AsyncIterator[Http]:
    opened = Http()
    yield opened
    await opened.aclose()


def post(url: str) -> Request:
    return Request("POST", url + PATH, HEADERS, b'{"state": "success"}')


async def test_a_request_is_carried_and_answered(
    client: Http, url: str, forge: FakeForge
) -> None:
    response = await client.send(post(url))
    assert response.status == 201
    assert response.headers["content-type"] == "application/json"
    assert b'"context":"default"' in response.body
    assert forge.newest(COMMIT, "default")


async def test_every_status_is_an_answer(
    client: Http, url: str, forge: FakeForge
) -> None:
    for status in (200, 302, 401, 422, 500, 503):
        forge.faults.append(Answer(status, "so it is"))
        response = await client.send(post(url))
        assert (response.status, response.body) == (
            status,
            b'{"message":"so it is"}',
        )


async def test_a_closed_connection_is_waiting(
    client: Http, url: str, forge: FakeForge
) -> None:
    forge.faults.append(Drop())
    with pytest.raises(Waiting, match=r"connection to 127\.0\.0\.1 broke off"):
        await client.send(post(url))


async def test_nobody_listening_is_waiting(client: Http) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host, port = taken.getsockname()
        with pytest.raises(Waiting, match="cannot be reached"):
            await client.send(post(f"http://{host}:{port}"))


async def test_an_answer_that_takes_too_long_is_waiting(
    client: Http, url: str, forge: FakeForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "DEADLINE", 0.05)
    forge.faults.append(Delay(5))
    with pytest.raises(Waiting, match="did not answer"):
        await client.send(post(url))


async def test_a_trickling_answer_does_not_outlast_the_deadline(
    client: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "DEADLINE", 0.3)

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\n")
        try:
            for number in range(1000):
                writer.write(b"x-%d: y\r\n" % number)
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Waiting, match="did not answer"):
            await client.send(post(f"http://127.0.0.1:{port}"))


async def test_an_answer_whose_body_breaks_off_still_counts(
    client: Http, url: str, forge: FakeForge
) -> None:
    forge.faults.append(Truncate())
    response = await client.send(post(url))
    assert response.status == 201
    assert response.body.startswith(b'{"id"')


async def test_an_endless_body_is_cut(client: Http, url: str, forge: FakeForge) -> None:
    forge.faults.append(Answer(500, body=b"x" * (10 * BODY_LIMIT)))
    response = await client.send(post(url))
    assert response.body == b"x" * BODY_LIMIT
    assert (await client.send(post(url))).status == 201


async def test_a_packed_body_is_not_unpacked(
    client: Http, url: str, forge: FakeForge
) -> None:
    bomb = Answer(500, headers={"content-encoding": "gzip"}, body=b"\x1f\x8bbomb")
    forge.faults.append(bomb)
    assert (await client.send(post(url))).body == b"\x1f\x8bbomb"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_on_the_same_host_repeats_the_request(
    client: Http, url: str, forge: FakeForge, status: int
) -> None:
    forge.faults.append(Answer(status, headers={"location": PATH}))
    response = await client.send(
        Request("POST", f"{url}/repositories/7/statuses", HEADERS, b'{"state":"error"}')
    )
    assert response.status == 201
    assert forge.posted[-1].state == "error"


async def test_a_redirect_to_another_host_is_not_followed(
    client: Http, url: str, forge: FakeForge
) -> None:
    other = FakeForge()
    async with fake_forge.serve(other) as elsewhere:
        for location in (elsewhere + PATH, "https://evil.example/", "http://[x"):
            forge.faults.append(Answer(307, headers={"location": location}))
            response = await client.send(post(url))
            assert response.status == 307
    assert other.answered == []


async def test_redirects_in_a_circle_end(
    client: Http, url: str, forge: FakeForge
) -> None:
    forge.outage = Answer(307, headers={"location": PATH})
    assert (await client.send(post(url))).status == 307
    assert len(forge.answered) == 4


async def test_the_token_is_in_no_log_and_no_error(
    client: Http,
    url: str,
    forge: FakeForge,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    forge.faults += [Drop(), Answer(302, headers={"location": "https://x.example"})]
    with pytest.raises(Waiting) as error:
        await client.send(post(url))
    answers = [await client.send(post(url)) for _ in range(2)]
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
    assert "canary" not in f"{caplog.text} {error.value} {answers}"


async def test_an_error_does_not_quote_a_header_that_cannot_be_sent(
    client: Http, url: str
) -> None:
    broken = Request("POST", url + PATH, {"Authorization": f"{TOKEN}\n"}, b"")
    with pytest.raises(Waiting, match="LocalProtocolError") as error:
        await client.send(broken)
    assert "canary" not in str(error.value)
