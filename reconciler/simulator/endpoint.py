"""Where the OpAMP server is, resolved once for a whole fleet.

Made by `fleet.py`; read by `websocket.py` and `http.py`.
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

from websockets.uri import WebSocketURI, parse_uri

from reconciler.errors import SetupError, UsageError

DEFAULT_PATH = "/v1/opamp"
_PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One URL that serves both transports.

    Attributes:
        host: As in the URL, without brackets.
        authority: The value of the `Host` header.
        target: Path and query.
        websocket_uri: The same as `websockets` wants it.
        tls: None for plain connections.
        polls: The URL asks for plain HTTP.
        address: What to connect to: an IP address once `resolve` was called.
    """

    host: str
    port: int
    authority: str
    target: str
    websocket_uri: WebSocketURI
    tls: ssl.SSLContext | None
    polls: bool
    address: str

    async def resolve(self) -> "Endpoint":
        """The same with its name looked up.

        Raises:
            SetupError: The name is not known.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise SetupError(f"{self.host}: {error.strerror}") from error
        return replace(self, address=str(found[0][4][0]))


def parse(url: str) -> Endpoint:
    """Read the URL of an OpAMP server.

    Raises:
        UsageError: It is not one.
    """
    parts = urlsplit(url)
    port = _port_of(parts)
    if port is None or not parts.hostname:
        raise UsageError(
            f"{url!r} is not the URL of an OpAMP server",
            hint="write ws://HOST:PORT/v1/opamp, or wss, http, https",
        )
    secure = parts.scheme in {"wss", "https"}
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path if parts.path.strip("/") else DEFAULT_PATH
    target = f"{path}?{parts.query}" if parts.query else path
    return Endpoint(
        host=parts.hostname,
        port=port,
        authority=f"{host}:{port}",
        target=target,
        websocket_uri=parse_uri(f"{'wss' if secure else 'ws'}://{host}:{port}{target}"),
        tls=ssl.create_default_context() if secure else None,
        polls=parts.scheme in {"http", "https"},
        address=parts.hostname,
    )


def _port_of(parts: SplitResult) -> int | None:
    if parts.scheme not in _PORTS:
        return None
    try:
        return parts.port or _PORTS[parts.scheme]
    except ValueError:
        return None
