"""A real smart HTTP Git server (`git http-backend`) that can be told to misbehave.

Serves every bare repository of one folder, push included, with Basic authentication
when a token is set. Faults stay until `heal`.
"""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Faults:
    """What goes wrong, and for which requests.

    Attributes:
        status: Answer this and nothing else.
        location: With a `status` of 3xx, where to.
        cut_after: Drop the connection after so many bytes of the body.
        stall_after: Fall silent after so many bytes of the body.
        only: Requests whose path contains this.
    """

    status: HTTPStatus | None = None
    location: str = ""
    cut_after: int | None = None
    stall_after: int | None = None
    only: str = ""


@dataclass
class GitHttp:
    """A running server.

    Attributes:
        token: Asked for as the password, under any user name; empty asks for nothing.
        requests: Method and path with query of everything that was asked.
        stalled: Set while a connection is silent because of `stall_after`.
        before_pack: Called with the request before refs are listed or a pack is sent,
            to move a ref or to turn on a fault in that moment.
    """

    root: Path
    port: int = 0
    token: str = ""
    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    before_pack: Any = None

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def heal(self) -> None:
        self.faults = Faults()
        self.released.set()


@contextmanager
def serve(root: Path, *, token: str = "") -> Iterator[GitHttp]:
    """Serve the bare repositories in a folder for the length of the block."""
    state = GitHttp(root, token=token)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        state.heal()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: GitHttp

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *args: Any) -> None:
        """Say nothing on standard error."""

    def _answer(self) -> None:
        self.state.requests.append(f"{self.command} {self.path}")
        body = self._body()
        if self.state.before_pack and self.path.endswith("/git-upload-pack"):
            self.state.before_pack(body)
        faults = self.state.faults
        if faults.only not in self.path:
            faults = Faults()
        if not self._is_allowed():
            self._refuse(HTTPStatus.UNAUTHORIZED, "WWW-Authenticate", 'Basic realm="t"')
        elif faults.status:
            self._refuse(faults.status, "Location", faults.location)
        else:
            self._send(self._backend(body), faults)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _is_allowed(self) -> bool:
        if not self.state.token:
            return True
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        password = base64.b64decode(basic).decode().partition(":")[2]
        return password == self.state.token

    def _refuse(self, status: HTTPStatus, name: str, value: str) -> None:
        self.send_response(status)
        if value:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _backend(self, body: bytes) -> bytes:
        path, _, query = self.path.partition("?")
        variables = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.state.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        return subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        ).stdout

    def _send(self, answer: bytes, faults: Faults) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode().splitlines()
        headers = dict(line.split(": ", 1) for line in lines)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if faults.cut_after is not None:
            body = body[: faults.cut_after]
        elif faults.stall_after is not None:
            self.wfile.write(body[: faults.stall_after])
            self.state.stalled.set()
            self.state.released.wait(60)
            return
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return  # the client has heard enough
