import gzip
from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
from structlog.testing import capture_logs

from reconciler.opamp import content
from reconciler.opamp.pb.opamp_pb2 import (
    ServerErrorResponseType_BadRequest,
    ServerErrorResponseType_Unavailable,
    ServerToAgent,
)
from reconciler.state.actions import AskFullState, RefuseAgent
from reconciler.state.observed import POLLING, Transport
from tests.opamp import examples
from tests.opamp.conftest import Listen
from tests.opamp.examples import UID
from tests.opamp.running import Running

HEARTBEAT = examples.heartbeat().SerializeToString()


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        # httpx2 asks for compression by default; tests that want it say so.
        del client.headers["accept-encoding"]
        yield client


async def post(
    running: Running, http: httpx2.AsyncClient, body: bytes, **headers: str
) -> httpx2.Response:
    named: dict[str, str] = {
        "content-type": content.PROTOBUF,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return await http.post(
        f"http://{running.host}/v1/opamp", content=body, headers=named
    )


def message(response: httpx2.Response) -> ServerToAgent:
    assert response.headers["content-type"] == "application/x-protobuf"
    return ServerToAgent.FromString(response.content)


async def test_obligation_01_a_poll_is_answered_with_what_is_pending(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    running.actions = [AskFullState(UID)]
    response = await post(running, http, HEARTBEAT)
    assert response.status_code == 200
    assert message(response) == ServerToAgent(
        instance_uid=UID, flags=1, capabilities=0x27
    )
    [reported] = running.reported
    assert (reported.connection, reported.transport) == (POLLING, Transport.HTTP)
    assert not reported.first
    assert "GMT" in response.headers["date"]
    assert "server" not in response.headers


async def test_polls_share_a_kept_alive_connection(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    for _ in range(3):
        assert (await post(running, http, HEARTBEAT)).status_code == 200
    assert running.counters["connections_opened"] == 1
    assert running.counters["messages_in"] == 3


async def test_a_gzip_body_is_understood(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    packed = gzip.compress(HEARTBEAT, mtime=0)
    response = await post(running, http, packed, content_encoding="gzip")
    assert message(response).instance_uid == UID


async def test_a_body_in_chunks_is_understood(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()

    async def chunks() -> AsyncIterator[bytes]:
        for byte in HEARTBEAT:
            yield bytes([byte])

    response = await http.post(
        f"http://{running.host}/v1/opamp",
        content=chunks(),
        headers={"content-type": f"{content.PROTOBUF}; proto=opamp"},
    )
    assert message(response).instance_uid == UID


@pytest.mark.parametrize(("accept", "packed"), [("gzip, br", True), ("br", False)])
async def test_a_large_answer_is_packed_only_for_who_asks(
    listen: Listen, http: httpx2.AsyncClient, accept: str, *, packed: bool
) -> None:
    running = await listen()
    running.actions = [examples.offer(examples.rendered(b"x" * 5000))]
    response = await post(running, http, HEARTBEAT, accept_encoding=accept)
    assert response.headers.get("content-encoding") == ("gzip" if packed else None)
    entries = message(response).remote_config.config.config_map
    assert entries[""].body == b"x" * 5000


async def test_who_does_not_speak_of_encodings_gets_none(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    running.actions = [examples.offer(examples.rendered(b"x" * 5000))]
    response = await post(running, http, HEARTBEAT)
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"hello", {}, 400),
        (b"", {}, 400),
        (HEARTBEAT, {"content_encoding": "gzip"}, 400),
        (gzip.compress(HEARTBEAT, mtime=0) * 2, {"content_encoding": "gzip"}, 400),
        (HEARTBEAT, {"content_encoding": "deflate"}, 415),
        (b"x" * 1001, {}, 413),
        (examples.zip_bomb(16), {"content_encoding": "gzip"}, 413),
        (gzip.compress(b"x" * 1001, mtime=0), {"content_encoding": "gzip"}, 413),
        (HEARTBEAT, {"content_type": "application/json"}, 415),
        (HEARTBEAT, {"opamp_instance_uid": str(UUID(int=7))}, 400),
        (HEARTBEAT, {"opamp_instance_uid": "me"}, 400),
    ],
)
async def test_obligation_07_what_cannot_be_taken_is_told_by_its_status(
    listen: Listen,
    http: httpx2.AsyncClient,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    running = await listen(message_bytes=1000)
    response = await post(running, http, body, **headers)
    assert response.status_code == status
    assert running.reported == []
    assert running.counters["bad_requests"] == 1
    # The connection is good for another try.
    assert (await post(running, http, HEARTBEAT)).status_code == 200


async def test_obligation_07_a_400_holds_a_bad_request_for_who_reads_it(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    error = message(await post(running, http, b"hello")).error_response
    assert error.type == ServerErrorResponseType_BadRequest


async def test_obligation_07_a_known_sender_is_answered_with_200_and_the_error(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    response = await post(running, http, examples.empty_attributes(1000))
    assert response.status_code == 200
    assert message(response).instance_uid == UID
    assert message(response).error_response.type == ServerErrorResponseType_BadRequest


async def test_the_uid_in_the_header_may_be_there_when_it_is_that_of_the_message(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    header = str(UUID(bytes=UID)).upper()
    response = await post(running, http, HEARTBEAT, opamp_instance_uid=header)
    assert response.status_code == 200


async def test_a_refused_agent_is_answered_with_200_and_the_error(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    running.actions = [RefuseAgent(UID, "a clone")]
    response = await post(running, http, HEARTBEAT)
    assert response.status_code == 200
    assert message(response).error_response.error_message == "a clone"


async def test_a_failure_of_ours_is_503_so_that_no_client_drops_its_message(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    running.error = RuntimeError("a bug")
    with capture_logs():
        response = await post(running, http, HEARTBEAT)
    assert response.status_code == 503
    assert 30 <= int(response.headers["retry-after"]) < 60
    assert message(response).error_response.type == ServerErrorResponseType_Unavailable


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "names"),
    [
        ("GET", "/v1/opamp", {}, 426, {"upgrade": "websocket"}),
        ("GET", "/v1/opamp", {"upgrade": "h2c", "connection": "upgrade"}, 426, {}),
        ("GET", "/v1/opamp", {"content-type": content.PROTOBUF}, 405, {}),
        ("PUT", "/v1/opamp", {}, 405, {"allow": "GET, POST"}),
        ("HEAD", "/v1/opamp", {}, 405, {}),
        ("POST", "/v1/opamp//", {"content-type": content.PROTOBUF}, 404, {}),
        ("GET", "/", {}, 404, {}),
    ],
)
async def test_everything_else_is_told_what_to_do(
    listen: Listen,
    http: httpx2.AsyncClient,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    names: dict[str, str],
) -> None:
    running = await listen()
    url = f"http://{running.host}{path}"
    response = await http.request(method, url, headers=headers)
    assert response.status_code == status
    assert names.items() <= dict(response.headers).items()
    assert "text/plain" in response.headers["content-type"]


@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
async def test_the_content_type_of_opamp_means_http_even_beside_an_upgrade(
    listen: Listen, http: httpx2.AsyncClient, protocol: str
) -> None:
    running = await listen()
    for number in range(2):
        body = examples.heartbeat(number=number).SerializeToString()
        upgrade = {"upgrade": protocol, "connection": "Upgrade, HTTP2-Settings"}
        response = await post(running, http, body, http2_settings="AAMA", **upgrade)
        assert message(response).instance_uid == UID
    assert [r.report.sequence_num for r in running.reported] == [0, 1]
    assert running.counters["connections_opened"] == 1


async def test_a_slash_behind_the_path_makes_no_other(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    response = await http.post(
        f"http://{running.host}/v1/opamp/",
        content=HEARTBEAT,
        headers={"content-type": content.PROTOBUF},
    )
    assert message(response).instance_uid == UID


@pytest.mark.parametrize("path", ["/", "/v1/opamp", "/metrics", "/favicon.ico"])
async def test_people_are_told_what_this_port_is_and_where_they_go(
    listen: Listen, http: httpx2.AsyncClient, path: str
) -> None:
    running = await listen()
    url = f"http://{running.host}{path}"
    response = await http.get(url, headers={"accept": "text/html,*/*;q=0.8"})
    assert response.status_code in {404, 426}
    assert "agents" in response.text
    assert "OpAMP" in response.text
    assert "8080" in response.text
    assert "--listen" in response.text


async def test_a_poll_that_is_put_off_is_told_why(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    await running.server.drain(0.0)
    response = await post(running, http, HEARTBEAT)
    assert response.status_code == 503
    after = response.headers["retry-after"]
    assert response.text == f"the server restarts; come back in {after} s\n"


@pytest.mark.parametrize(
    ("uid", "looks"),
    [
        (b"01HZX3J5Q8V7WN2M4RBCDEFGHK", "26 bytes instead of 16, the text of a ULID"),
        (b"", "0 bytes instead of 16"),
        (b"short", "5 bytes instead of 16"),
    ],
)
async def test_a_refused_uid_is_logged_with_its_host_and_answered_with_a_way_out(
    listen: Listen, http: httpx2.AsyncClient, uid: bytes, looks: str
) -> None:
    running = await listen()
    body = examples.describe(examples.heartbeat(uid), "edge-17\n").SerializeToString()
    with capture_logs() as lines:
        response = await post(running, http, body)
    [line] = lines
    assert (line["event"], line["host"]) == ("malformed message", "edge-17")
    assert looks in line["detail"]
    assert message(response).error_response.error_message == line["detail"]
    assert "UUID" in line["detail"]


async def test_a_refused_clone_is_logged_with_its_host(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    running.actions = [RefuseAgent(UID, "a clone")]
    body = examples.describe(examples.heartbeat(), "edge-17").SerializeToString()
    with capture_logs() as lines:
        await post(running, http, body)
    [line] = lines
    assert (line["event"], line["host"]) == ("refused agent", "edge-17")
    assert line["detail"] == "a clone"


async def test_polls_during_a_drain_are_answered_and_told_to_close(
    listen: Listen, http: httpx2.AsyncClient
) -> None:
    running = await listen()
    await post(running, http, HEARTBEAT)
    await running.server.drain(0.0)
    response = await post(running, http, HEARTBEAT)
    assert (response.status_code, response.headers["connection"]) == (200, "close")
    late = await post(running, http, HEARTBEAT)
    assert late.status_code == 503
    assert 3 <= int(late.headers["retry-after"]) < 6
    assert running.counters["refused"] == 1
