"""What every answer passes through: security headers and a check of the host name.

Plain ASGI, because Starlette's `BaseHTTPMiddleware` costs a task a request, and outside
Starlette, so that its own answer to a bug carries the headers too. Deadlines are kept a
floor below, on the connection (`server.py`).
"""

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.web import answers

LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

SECURITY_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class SecurityHeaders:
    """Tells browsers to run, frame, share and keep nothing of what we answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the start of the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class LocalHosts:
    """Refuses foreign names for a loopback listener, against DNS rebinding.

    A page of any site can make a browser ask 127.0.0.1 under the site's own name and
    read the answer; it cannot choose the `Host` header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a `Host` that is not one of ours."""
        host = Headers(scope=scope).get("host", "")
        if _without_port(host) in LOCAL_HOSTS:
            await self._app(scope, receive, send)
            return
        response = answers.error(
            "this listener answers to local names only",
            status=HTTPStatus.MISDIRECTED_REQUEST,
            hint="ask 127.0.0.1 or localhost, or serve with another --listen address",
        )
        await response(scope, receive, send)


def _without_port(host: str) -> str:
    """`[::1]:8080` -> `[::1]`, `localhost:8080` -> `localhost`."""
    name, separator, port = host.rpartition(":")
    return (name if separator and port.isdecimal() else host).lower()
