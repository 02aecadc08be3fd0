"""Peers that took the people's port for the agents': what they and the log are told.

`server.py` puts `AgentsElsewhere` around the application. Counting and logging is the
business of the listener for agents, which `service.py` hands in as `Strays`.
"""

from http import HTTPStatus
from typing import Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.web import answers

AGENTS_PATH = "/v1/opamp"
PROTOBUF = "application/x-protobuf"


class Strays(Protocol):
    """Who counts and logs peers that came to the wrong port, and not too often."""

    @property
    def port(self) -> int:
        """Where agents connect."""

    def agent_strayed(self, peer: str) -> None:
        """An agent came here, from this address."""

    def tls_strayed(self, peer: str) -> None:
        """A peer speaks TLS here."""


class AgentsElsewhere:
    """Tells agents where agents connect."""

    def __init__(self, app: ASGIApp, strays: Strays) -> None:
        self._app = app
        self._strays = strays

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to whatever only an agent asks for."""
        if not _is_of_agent(scope):
            await self._app(scope, receive, send)
            return
        peer, _ = scope["client"] or ("", 0)
        self._strays.agent_strayed(peer)
        port = self._strays.port
        response = answers.error(
            f"this port is for people; agents connect to port {port}",
            status=HTTPStatus.MISDIRECTED_REQUEST,
            hint=f"ws://HOST:{port}{AGENTS_PATH}, or http://HOST:{port}{AGENTS_PATH} "
            "to poll; --opamp-listen sets that address",
            headers=_closing(scope),
        )
        await response(scope, receive, send)


def _is_of_agent(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return (
        scope["path"].removesuffix("/") == AGENTS_PATH
        or content_type == PROTOBUF
        or _asks_for_websocket(headers)
    )


def _asks_for_websocket(headers: Headers) -> bool:
    return headers.get("upgrade", "").lower() == "websocket"


def _closing(scope: Scope) -> dict[str, str] | None:
    # What follows an upgrade is no request; what follows a poll may be one.
    upgrades = _asks_for_websocket(Headers(scope=scope))
    return {"connection": "close"} if upgrades else None
