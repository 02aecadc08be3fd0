"""The client of the API: what goes wrong between two machines, in words."""

import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.cli import client
from reconciler.cli.client import Client
from reconciler.errors import ReconcilerError, UsageError


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """A server that says one thing."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        thread.join(10)


def told(server: str, ask: Callable[[Client], object]) -> ReconcilerError:
    with Client(server) as service, pytest.raises(ReconcilerError) as wrong:
        ask(service)
    return wrong.value


def test_nobody_listening_says_how_to_start_or_name_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    wrong = told(f"http://127.0.0.1:{port}", lambda service: service.get("status"))
    assert f"no answer from http://127.0.0.1:{port}: " in wrong.message
    assert "Connection refused" in wrong.message
    assert "reconciler serve" in (wrong.hint or "")
    assert "RECONCILER_SERVER" in (wrong.hint or "")


def test_a_server_that_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        wrong = told(f"http://127.0.0.1:{port}", lambda service: service.get("status"))
    assert wrong.message.endswith("nothing came within 0.1 s")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>hello</html>"),
        (200, b"[]"),
        (200, b'{"hello": 1}'),
        (200, b""),
        (404, b"not found"),
        (502, b'{"error": "bad gateway"}'),
    ],
)
def test_what_is_no_reconciler_is_told_apart(status: int, body: bytes) -> None:
    with answering(status, body) as server:
        wrong = told(server, lambda service: service.get("status"))
    assert "is no reconciler" in wrong.message
    assert "--opamp-listen" in (wrong.hint or "")


def test_an_error_of_the_service_is_passed_on_with_its_hint(server: str) -> None:
    wrong = told(server, lambda service: service.agent("nobody"))
    assert wrong.message == "no agent nobody"
    assert wrong.hint


def test_a_question_that_the_service_refuses_is_wrong_usage(server: str) -> None:
    with Client(server) as service, pytest.raises(UsageError, match="out of range"):
        service.get("agents", limit=0)


@pytest.mark.parametrize(
    "server", ["", "localhost", "localhost:8080", "ftp://a", "http://", "http://a:b"]
)
def test_what_is_no_url_of_a_service_is_wrong_usage(server: str) -> None:
    with pytest.raises(UsageError):
        Client(server)


@pytest.mark.parametrize("name", ["../status", "a/b", "x?y=1", "#"])
def test_a_name_cannot_leave_its_place_in_the_path(server: str, name: str) -> None:
    wrong = told(server, lambda service: service.agent(name))
    assert "no agent" in wrong.message or "not found" in wrong.message


def test_a_proxy_of_the_environment_is_not_asked_about_loopback(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with Client(server) as service:
        assert service.get("groups")["groups"]
