"""An OpAMP server of the tests' own: our server must not be the simulator's proof."""

import asyncio
import gzip
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from reconciler.opamp.pb import opamp_pb2


@dataclass
class TinyServer:
    """The smallest OpAMP server that the simulator's sockets can be tested against.

    `desired` is offered, once, to whoever echoes another hash or none; `refuse` holds
    extra headers of the 503 that new connections and requests are answered with.
    """

    desired: opamp_pb2.AgentRemoteConfig | None = None
    refuse: dict[str, str] | None = None
    status: int = 200
    gzip: bool = False
    capabilities: int = 3
    received: dict[bytes, list[opamp_pb2.AgentToServer]] = field(
        default_factory=lambda: defaultdict(list)
    )
    requests: list[dict[str, str]] = field(default_factory=list)
    sockets: dict[bytes, ServerConnection] = field(default_factory=dict)
    clients: set[asyncio.StreamWriter] = field(default_factory=set)
    refused: int = 0
    script: Callable[[opamp_pb2.AgentToServer], opamp_pb2.ServerToAgent] | None = None
    _echoed: dict[bytes, bytes] = field(default_factory=dict)
    _websockets: Server | None = None
    _http: asyncio.Server | None = None

    async def start(self) -> None:
        self._websockets = await serve(
            self._talk, "127.0.0.1", 0, process_request=self._admit
        )
        self._http = await asyncio.start_server(self._poll, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._websockets
        assert self._http
        self._websockets.close()
        await self._websockets.wait_closed()
        self._http.close()
        for writer in self.clients:
            writer.close()

    @property
    def ws_url(self) -> str:
        assert self._websockets
        return f"ws://127.0.0.1:{self._websockets.sockets[0].getsockname()[1]}"

    @property
    def http_url(self) -> str:
        assert self._http
        return f"http://127.0.0.1:{self._http.sockets[0].getsockname()[1]}"

    @property
    def messages(self) -> list[opamp_pb2.AgentToServer]:
        return [message for one in self.received.values() for message in one]

    def answer(self, message: opamp_pb2.AgentToServer) -> opamp_pb2.ServerToAgent:
        self.received[message.instance_uid].append(message)
        if self.script is not None:
            return self.script(message)
        answer = opamp_pb2.ServerToAgent(
            instance_uid=message.instance_uid, capabilities=self.capabilities
        )
        if message.HasField("remote_config_status"):
            self._echoed[message.instance_uid] = (
                message.remote_config_status.last_remote_config_hash
            )
        if self.desired and self._wants(message):
            answer.remote_config.CopyFrom(self.desired)
            # What was said before the offer came does not ask for another.
            self._echoed[message.instance_uid] = self.desired.config_hash
        return answer

    def _wants(self, message: opamp_pb2.AgentToServer) -> bool:
        assert self.desired
        accepts = opamp_pb2.AgentCapabilities_AcceptsRemoteConfig
        echoed = self._echoed.get(message.instance_uid)
        return (
            bool(message.capabilities & accepts) and echoed != self.desired.config_hash
        )

    def _admit(self, connection: ServerConnection, _: Request) -> Response | None:
        if self.refuse is None:
            return None
        self.refused += 1
        response = connection.respond(503, "busy\n")
        response.headers.update(self.refuse)
        return response

    async def _talk(self, connection: ServerConnection) -> None:
        try:
            async for frame in connection:
                assert isinstance(frame, bytes)
                assert frame[:1] == b"\0"
                message = opamp_pb2.AgentToServer.FromString(frame[1:])
                self.sockets[message.instance_uid] = connection
                answer = self.answer(message)
                with suppress(ConnectionClosed):  # a farewell may lie behind it
                    await connection.send(b"\0" + answer.SerializeToString())
        except ConnectionClosed:
            pass

    async def _poll(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.clients.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                self.requests.append({"": head[0], **headers})
                body = await reader.readexactly(int(headers["Content-Length"]))
                if headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                writer.write(self._respond(body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.clients.discard(writer)
            writer.close()

    def _respond(self, body: bytes) -> bytes:
        if self.refuse is not None:
            self.refused += 1
            extra = "".join(f"{k}: {v}\r\n" for k, v in self.refuse.items())
            return f"HTTP/1.1 503 Busy\r\n{extra}Content-Length: 0\r\n\r\n".encode()
        message = opamp_pb2.AgentToServer.FromString(body)
        answer = self.answer(message).SerializeToString()
        encoding = ""
        if self.gzip:
            answer = gzip.compress(answer)
            encoding = "Content-Encoding: gzip\r\n"
        head = (
            f"HTTP/1.1 {self.status} x\r\n{encoding}"
            "Content-Type: application/x-protobuf\r\n"
            f"Content-Length: {len(answer)}\r\n\r\n"
        )
        return head.encode() + answer
