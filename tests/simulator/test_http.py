import asyncio
import time

import pytest

from reconciler.ids import format_uid
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import backoff, http
from tests.simulator.fixtures import Eventually, MakeLink
from tests.simulator.tiny_server import TinyServer


async def test_a_request_is_made_as_the_specification_wants_it(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.http_url)
    link.open()
    await eventually(lambda: link.is_up)
    request = server.requests[0]
    assert request[""] == "POST /v1/opamp HTTP/1.1"
    assert request["Content-Type"] == "application/x-protobuf"
    assert request["OpAMP-Instance-UID"] == format_uid(link.agent.uid)
    assert request["Accept-Encoding"] == "gzip"
    assert "Content-Encoding" not in request
    assert f"http://{request['Host']}" == server.http_url
    assert server.messages[0].HasField("agent_description")


async def test_one_connection_carries_all_requests(
    server: TinyServer,
    make_link: MakeLink,
    eventually: Eventually,
    desired: opamp_pb2.AgentRemoteConfig,
) -> None:
    server.desired = desired
    link = await make_link(server.http_url, heartbeat=0.05)
    link.open()
    await eventually(lambda: link.agent.supervisor.applied)
    await eventually(lambda: len(server.messages) >= 8)
    assert link.wiring.traffic.connects == 1
    numbers = [one.sequence_num for one in server.messages]
    assert numbers == list(range(len(numbers)))
    assert not link.agent.violations


async def test_changes_go_out_without_waiting_for_the_next_poll(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.http_url)
    link.open()
    await eventually(lambda: link.agent.supervisor.health.healthy)
    link.agent.supervisor.fall_ill("disk is full", time.time())
    link.nudge()
    await eventually(lambda: "disk is full" in str(server.messages[-1].health))


async def test_bodies_may_be_gzipped_both_ways(
    server: TinyServer,
    make_link: MakeLink,
    eventually: Eventually,
    desired: opamp_pb2.AgentRemoteConfig,
) -> None:
    server.desired, server.gzip = desired, True
    link = await make_link(server.http_url, gzip=True)
    link.open()
    await eventually(lambda: link.agent.supervisor.applied)
    assert server.requests[0]["Content-Encoding"] == "gzip"
    assert not link.agent.violations


async def test_503_repeats_the_same_message(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    server.refuse = {}
    link = await make_link(server.http_url)
    link.open()
    await eventually(lambda: link.wiring.traffic.refused)
    assert not link.is_up
    server.refuse = None
    await eventually(lambda: link.is_up)
    assert server.messages[0].sequence_num == 0
    assert server.messages[0].HasField("agent_description")


async def test_retry_after_is_waited_for(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    server.refuse = {"Retry-After": "1"}
    link = await make_link(server.http_url)
    link.open()
    await eventually(lambda: link.wiring.traffic.refused)
    server.refuse = None
    started = time.monotonic()
    await eventually(lambda: link.is_up)
    assert time.monotonic() - started >= 0.9


async def test_any_other_error_loses_the_message_as_with_opamp_go(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    server.status = 502
    link = await make_link(server.http_url, heartbeat=0.1)
    link.open()
    await eventually(lambda: link.wiring.traffic.refused)
    server.status = 200
    await eventually(lambda: link.is_up)
    assert [one.sequence_num for one in server.messages[:2]] == [0, 1]


async def test_an_idle_connection_that_ended_is_opened_again_for_the_next_poll(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.http_url, heartbeat=0.3)
    link.open()
    await eventually(lambda: len(server.messages) == 2)
    for writer in server.clients:
        writer.close()
    await eventually(lambda: len(server.messages) >= 3)
    assert link.wiring.traffic.connects == 2
    assert link.wiring.traffic.unreachable == 0
    assert server.messages[2].sequence_num == 2


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"nonsense\r\n\r\n"],
    ids=["nothing", "half a header", "no http"],
)
async def test_a_request_without_an_answer_is_sent_again(
    make_link: MakeLink, eventually: Eventually, answer: bytes
) -> None:
    server = TinyServer()
    bodies: list[bytes] = []

    async def answer_badly_once(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        bodies.append(await reader.readexactly(length))
        writer.write(answer if len(bodies) == 1 else server._respond(bodies[-1]))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer_badly_once, "127.0.0.1", 0) as bad:
        port = bad.sockets[0].getsockname()[1]
        link = await make_link(f"http://127.0.0.1:{port}")
        link.open()
        await eventually(lambda: link.is_up)
        assert bodies[0] == bodies[1]
        await link.leave()


async def test_a_server_that_comes_later_is_found(
    make_link: MakeLink, eventually: Eventually
) -> None:
    later = TinyServer()
    await later.start()
    url = later.http_url
    await later.stop()
    link = await make_link(url)
    link.open()
    await eventually(lambda: link.wiring.traffic.unreachable)
    port = int(url.rpartition(":")[2])
    async with await asyncio.start_server(later._poll, "127.0.0.1", port):
        await eventually(lambda: link.is_up)
        await link.leave()


async def test_a_server_that_closes_after_each_answer_is_served_without_delay(
    make_link: MakeLink,
    eventually: Eventually,
    desired: opamp_pb2.AgentRemoteConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backoff, "FIRST", 60.0)
    server = TinyServer(desired=desired)

    async def close_after_one(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        answer = server._respond(await reader.readexactly(length))
        writer.write(answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(close_after_one, "127.0.0.1", 0) as one:
        port = one.sockets[0].getsockname()[1]
        link = await make_link(f"http://127.0.0.1:{port}")
        link.open()
        await eventually(lambda: link.agent.supervisor.applied)
        await eventually(lambda: len(server.messages) >= 4)
        assert link.wiring.traffic.unreachable == 0
        await link.leave()


async def test_an_answer_that_never_comes_is_given_up(
    make_link: MakeLink, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.05)

    async def say_nothing(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        link = await make_link(f"http://127.0.0.1:{port}")
        link.open()
        await eventually(lambda: link.wiring.traffic.connects == 2)
        link.cut()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (
            b"Content-Type: application/x-protobuf",
            b"Content-Type: application/x-protobuf; charset=utf-8",
            "Content-Type is not exactly application/x-protobuf",
        ),
        (
            b"Content-Type",
            b"Content-Encoding: gzip\r\nContent-Type",
            "the body is not the gzip it claims to be",
        ),
    ],
)
async def test_an_answer_that_breaks_real_clients_is_noted(
    make_link: MakeLink, eventually: Eventually, old: bytes, new: bytes, rule: str
) -> None:
    class Careless(TinyServer):
        def _respond(self, body: bytes) -> bytes:
            return super()._respond(body).replace(old, new)

    server = Careless()
    await server.start()
    link = await make_link(server.http_url)
    link.open()
    await eventually(lambda: link.agent.violations)
    assert link.agent.violations[rule]
    await link.leave()
    await server.stop()


async def test_leaving_says_so_over_the_open_connection(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.http_url)
    link.open()
    await eventually(lambda: link.is_up)
    await link.leave()
    assert server.messages[-1].HasField("agent_disconnect")
    assert not link.is_up


async def test_leaving_during_a_request_waits_for_its_answer(
    make_link: MakeLink, eventually: Eventually
) -> None:
    server = TinyServer()
    may_answer = asyncio.Event()

    async def hesitate(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await may_answer.wait()
        await server._poll(reader, writer)

    async with await asyncio.start_server(hesitate, "127.0.0.1", 0) as slow:
        port = slow.sockets[0].getsockname()[1]
        link = await make_link(f"http://127.0.0.1:{port}")
        link.open()
        await eventually(lambda: link.wiring.traffic.messages_out)
        left = link.leave()
        may_answer.set()
        async with asyncio.timeout(2):
            await left
    assert [one.HasField("agent_disconnect") for one in server.messages] == [
        False,
        True,
    ]


async def test_leaving_a_server_that_is_busy_is_over_with_its_refusal(
    make_link: MakeLink, eventually: Eventually
) -> None:
    server = TinyServer(refuse={"Retry-After": "60"})
    may_answer = asyncio.Event()

    async def hesitate(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await may_answer.wait()
        await server._poll(reader, writer)

    async with await asyncio.start_server(hesitate, "127.0.0.1", 0) as slow:
        port = slow.sockets[0].getsockname()[1]
        link = await make_link(f"http://127.0.0.1:{port}")
        link.open()
        await eventually(lambda: link.wiring.traffic.messages_out)
        left = link.leave()
        may_answer.set()
        async with asyncio.timeout(2):
            await left


async def test_who_left_comes_back_when_told_to(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.http_url)
    link.open()
    await eventually(lambda: link.is_up)
    await link.leave()
    before = len(server.messages)
    link.open()
    await eventually(lambda: len(server.messages) > before)
    assert server.messages[before].HasField("agent_description")


async def test_a_cut_lasts(
    server: TinyServer, make_link: MakeLink, eventually: Eventually
) -> None:
    link = await make_link(server.http_url, heartbeat=0.02)
    link.open()
    await eventually(lambda: link.is_up)
    link.cut()
    await eventually(lambda: not link.is_up)
    before = len(server.messages)
    assert link.agent.due < time.time() + 0.1
    await eventually(lambda: link.agent.due < time.time())
    link.nudge()
    assert link.wiring.traffic.connects == 1
    assert len(server.messages) <= before + 1
