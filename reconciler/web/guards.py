"""What every answer passes through: security headers, and checks of who asks.

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

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OF_PAGES: Final = ("origin", "sec-fetch-site")

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


class NoPages:
    """Refuses pages in a browser that ask for a change, whatever site they are of.

    We have no page of our own. A preflight is granted to nobody, but where somebody
    points the name of his site at our address, his pages need none. Browsers tell of
    themselves in headers that no page can leave out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a method that changes something, from a browser."""
        if not (_changes_something(scope) and _is_of_page(scope)):
            await self._app(scope, receive, send)
            return
        response = answers.error(
            "a page in a browser cannot change anything here",
            status=HTTPStatus.FORBIDDEN,
            hint="ask on the command line: `reconciler forget agent NAME`",
        )
        await response(scope, receive, send)


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


def _changes_something(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] not in READING


def _is_of_page(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return any(name in headers for name in OF_PAGES)


def _without_port(host: str) -> str:
    """`[::1]:8080` -> `[::1]`, `localhost:8080` -> `localhost`."""
    name, separator, port = host.rpartition(":")
    return (name if separator and port.isdecimal() else host).lower()
