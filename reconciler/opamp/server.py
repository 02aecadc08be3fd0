"""The listener for agents: WebSocket and plain HTTP on one path and one port.

`service.py` starts it and hands in the two functions below. Everything the agents send
ends in `report`; everything they are sent comes out of it or through `push`.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import CloseCode

from reconciler.errors import SetupError
from reconciler.ids import InstanceUid
from reconciler.opamp import wire
from reconciler.opamp.connection import HttpConnection
from reconciler.opamp.contracts import Closed, Report
from reconciler.opamp.limits import Limits
from reconciler.opamp.listener import COUNTERS, Listener, Port
from reconciler.opamp.polling import PollingEndpoint
from reconciler.state.actions import AgentAction
from reconciler.state.observed import ConnectionId

__all__ = ["COUNTERS", "Address", "Closed", "OpampServer", "Report"]

_BACKLOG = 2048
_PORTS = range(2**16)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int


class OpampServer:
    """One listener; `start`, then `drain`, then `stop`."""

    def __init__(
        self, address: Address, *, limits: Limits, report: Report, closed: Closed
    ) -> None:
        self._address = address
        self._port = address.port
        self._listener = Listener(limits=limits, report=report, closed=closed)
        self._config = _http_config(PollingEndpoint(self._listener))
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self) -> Address:
        """Listen; returns the address with the real port.

        Raises:
            SetupError: The address is taken or not ours.
        """
        wire.require_upb()
        host, port = self._address.host, self._address.port
        if port not in _PORTS:
            # uvloop would take what is left of the number in 16 bits.
            raise SetupError(f"{port} is no port")
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._connect, host, port, backlog=_BACKLOG
            )
        except OSError as error:
            raise SetupError(
                f"cannot listen for agents on {host}:{port}: {error}",
                hint="choose another address with --opamp-listen",
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]
        return Address(host, self._port)

    @property
    def port(self) -> int:
        """Where agents connect; the real one once it listens."""
        return self._port

    def agent_strayed(self, peer: str) -> None:
        """Note an agent that came to the port for people."""
        self._listener.strayed(peer=peer, port=self.port)

    def tls_strayed(self, peer: str) -> None:
        """Note TLS on the port for people."""
        self._listener.refused_tls(Port.PEOPLE, peer=peer)

    @property
    def counters(self) -> Mapping[str, int]:
        """What was counted since the start, by the names in `COUNTERS`."""
        return self._listener.counters

    def push(
        self, connection: ConnectionId, uid: InstanceUid, actions: Sequence[AgentAction]
    ) -> bool:
        """Send to an agent over its WebSocket now; False when it is gone.

        Never waits and never queues more than the newest: a peer that does not read
        loses its connection.
        """
        websocket = self._listener.websockets.get(connection)
        return websocket is not None and websocket.push(uid, actions)

    def close(self, connection: ConnectionId, reason: str) -> None:
        """Close a WebSocket politely."""
        websocket = self._listener.websockets.get(connection)
        if websocket is not None:
            websocket.close(reason, code=CloseCode.NORMAL_CLOSURE)

    async def drain(self, seconds: float) -> None:
        """Take no new connection (503) and close the open ones, spread over `seconds`.

        WebSockets get 1012 (service restart); HTTP answers carry `Connection: close`.
        Returns when all WebSockets are gone, or after `seconds`.
        """
        listener, loop = self._listener, asyncio.get_running_loop()
        listener.draining = True
        started = loop.time()
        open_ones = list(listener.websockets.values())
        for index, websocket in enumerate(open_ones):
            due = started + seconds * index / len(open_ones)
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            websocket.close("the server restarts", code=CloseCode.SERVICE_RESTART)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(started + seconds):
                await listener.no_websockets.wait()

    async def stop(self) -> None:
        """Close the listener and whatever is left."""
        if self._server is None:
            return
        self._server.close()
        for websocket in list(self._listener.websockets.values()):
            websocket.abort()
        for connection in list(self._state.connections):
            connection.transport.abort()
        await self._server.wait_closed()
        await self._listener.no_connections.wait()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks)

    def _connect(self) -> asyncio.Protocol:
        return HttpConnection(
            config=self._config, server_state=self._state, listener=self._listener
        )


def _http_config(endpoint: PollingEndpoint) -> Config:
    config = Config(
        endpoint,
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        proxy_headers=False,
    )
    config.load()
    return config
