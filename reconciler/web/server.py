"""The listener of the people's port: uvicorn, with the deadlines it does not have.

uvicorn bounds neither the time nor the bytes of request headers, nor how long a peer
may take to read an answer. `service.py` starts one `WebServer` and stops it last. On
loopback it answers to local host names only.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reconciler import tls
from reconciler.errors import SetupError
from reconciler.web import guards
from reconciler.web.strays import AgentsElsewhere, Strays

HEADER_SECONDS = 5.0
ANSWER_SECONDS = 30.0
KEEP_ALIVE_SECONDS = 15
GRACE_SECONDS = 3
HEADER_BYTES = 32 * 1024
CONNECTIONS = 256
TCP = socket.IPPROTO_TCP


class GuardedProtocol(HttpToolsProtocol):
    """A connection with a deadline over its head at every moment of its life."""

    def __init__(self, *args: Any, strays: Strays, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._strays = strays
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._is_silent = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request, not for ever."""
        super().connection_made(transport)  # type: ignore[arg-type] # uvicorn narrows it
        self._arm(HEADER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """End TLS, refuse headers that do not end."""
        is_first, self._is_silent = self._is_silent, False
        if is_first and tls.is_spoken(data):
            self._end_tls()
            return
        self._header_bytes += len(data)
        super().data_received(data)
        if self._header_bytes > HEADER_BYTES and not self.transport.is_closing():
            self.send_400_response("Request headers are too large.")

    def _end_tls(self) -> None:
        self._strays.tls_strayed(self.client[0] if self.client else "")
        self.transport.write(tls.ALERT)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: `strays.py` answers, and what it logs has a limit."""

    def on_message_begin(self) -> None:
        """The headers must follow soon."""
        super().on_message_begin()
        self._arm(HEADER_SECONDS)

    def on_headers_complete(self) -> None:
        """The rest of the request, and our answer, have a time of their own."""
        self._arm(ANSWER_SECONDS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Bytes of a body are no headers."""
        self._header_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next request starts counting from nothing."""
        self._header_bytes = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Written is not read: the peer has this long to take it."""
        self._arm(ANSWER_SECONDS)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to wait for."""
        if self._deadline:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _arm(self, seconds: float) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)


class _Server(uvicorn.Server):
    """uvicorn that leaves signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class WebServer:
    """Serves one application on one address; `start`, then `stop`."""

    def __init__(self, host: str, port: int, *, app: ASGIApp, strays: Strays) -> None:
        self._host = host
        self._port = port
        self._app = app
        self._strays = strays
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> tuple[str, int]:
        """Listen; returns host and real port (0 takes a free one).

        Raises:
            SetupError: The address is taken or not ours.
        """
        listener = self._bind()
        host, port = listener.getsockname()[:2]
        is_local = ipaddress.ip_address(host).is_loopback
        app = guards.LocalHosts(self._app) if is_local else self._app
        app = AgentsElsewhere(app, self._strays)
        self._server = _Server(_config(app, self._strays))
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        await self._server.listening.wait()
        return self._host, port

    async def stop(self) -> None:
        """Finish the answers under way, for a moment, then close everything."""
        if self._server and self._task:
            self._server.should_exit = True
            await self._task

    def _bind(self) -> socket.socket:
        """A bound socket that says it is TCP: asyncio sets TCP_NODELAY only then."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM, proto=TCP
            )[0]
            with contextlib.ExitStack() as undo:
                listener = undo.enter_context(socket.socket(family, kind, protocol))
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
                undo.pop_all()
        except OSError as wrong:
            raise SetupError(
                f"cannot listen on {self._host}:{self._port}: {wrong.strerror}",
                hint="choose another address with --listen HOST:PORT",
            ) from wrong
        return listener


def _config(app: ASGIApp, strays: Strays) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=partial(GuardedProtocol, strays=strays),  # type: ignore[arg-type] # uvicorn only calls it
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
