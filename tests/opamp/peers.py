"""Peers that write bytes by hand: broken, slow, greedy or silent."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tests.opamp.running import within

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

UPGRADE = (
    b"GET /v1/opamp HTTP/1.1\r\n"
    b"Host: localhost\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"\r\n"
)


def post(body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    """A request of a polling agent."""
    lines = [
        b"POST /v1/opamp HTTP/1.1",
        b"Host: localhost",
        b"Content-Type: application/x-protobuf",
        b"Content-Length: %d" % (len(body) if length is None else length),
        *headers,
    ]
    return b"\r\n".join([*lines, b"", body])


def frame(payload: bytes, opcode: int = BINARY, *, fin: bool = True) -> bytes:
    """A frame as a client sends it, masked with zeroes."""
    head = bytes([(0x80 if fin else 0) | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += b"\xfe" + struct.pack("!H", len(payload))
    else:
        head += b"\xff" + struct.pack("!Q", len(payload))
    return head + bytes(4) + payload


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Peer:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def is_gone(self) -> bool:
        """The server has closed."""
        return self.writer.is_closing() or self.reader.at_eof()

    async def send(self, data: bytes) -> None:
        """Write; a server that has closed already is no surprise."""
        with suppress(ConnectionError):
            if not self.writer.is_closing():
                self.writer.write(data)
                await self.writer.drain()

    async def response(self) -> Response:
        """One HTTP response with a Content-Length."""
        head = await within(self.reader.readuntil(b"\r\n\r\n"))
        status, *lines = head.decode().strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        length = int(headers.get("content-length", "0"))
        body = await within(self.reader.readexactly(length))
        return Response(int(status.split()[1]), headers, body)

    async def received(self) -> tuple[int, bytes]:
        """Opcode and payload of one frame from the server."""
        head = await within(self.reader.readexactly(2))
        length = head[1]
        if length == 126:
            length = int.from_bytes(await within(self.reader.readexactly(2)))
        elif length == 127:
            length = int.from_bytes(await within(self.reader.readexactly(8)))
        return head[0] & 0x0F, await within(self.reader.readexactly(length))

    async def close_code(self) -> int:
        """The code of the server's Close frame, skipping what comes before it."""
        while True:
            opcode, payload = await self.received()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2])

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        with suppress(ConnectionError):
            return await within(self.reader.read())
        return b""


@asynccontextmanager
async def connected(port: int, *, reads: bool = True) -> AsyncIterator[Peer]:
    """A peer; one that does not read takes a few KiB at most."""
    end = socket.socket()
    if not reads:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    end.settimeout(0)
    await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", port))
    limit = 1 << 24 if reads else 2048
    reader, writer = await asyncio.open_connection(sock=end, limit=limit)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def upgraded(port: int, *, reads: bool = True) -> AsyncIterator[Peer]:
    """A peer after its handshake."""
    async with connected(port, reads=reads) as peer:
        await peer.send(UPGRADE)
        response = await peer.response()
        assert response.status == 101
        assert (
            response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        )
        yield peer
