"""A strict forge for tests: GitHub or Gitea, as a value or on a loopback port.

It refuses what the real one refuses (token, headers, body against a schema, unknown
commits, more than 1,000 statuses of a commit and context, more posts than its rate
limits allow), breaks on demand (`Fault`), and keeps a ledger of what it took. It lists
that ledger, newest first and one page at a time, in rows that its own schema takes.
`receive` is pure but for the ledger; `serve` puts it behind a socket.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import orjson

from reconciler.report.address import ForgeKind
from tests.report import schemas

TOKEN = "canary-" + "t0k3n" * 5

_USER: Mapping[str, object] = {
    **{
        name: f"https://forge.example/users/bot/{name}"
        for name in schemas.GITHUB_USER["required"]
    },
    "gravatar_id": "",
    "id": 1,
    "login": "bot",
    "node_id": "U_kgDOA",
    "site_admin": False,
    "type": "Bot",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """One row of the ledger."""

    commit: str
    context: str
    state: str
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Take nothing and answer this."""

    status: int
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Take nothing and close the connection."""


@dataclass(frozen=True, slots=True)
class AcceptAndDrop:
    """Take it, but the answer is lost."""


@dataclass(frozen=True, slots=True)
class DropAndAccept:
    """Close the connection at once; the request lands before the next one does."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Something on the way repeats the request."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """Take it; the answer's body breaks off."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Take it and answer so many seconds later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Lag:
    """Answer a question from a copy that lacks so many of the newest statuses."""

    rows: int


Fault: TypeAlias = (
    Answer | Drop | AcceptAndDrop | DropAndAccept | Duplicate | Truncate | Delay | Lag
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on its way; `cut` breaks it off in the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay: float = 0.0
    cut: bool = False


@dataclass(slots=True)
class FakeForge:
    """One repository on one forge.

    Attributes:
        commits: Those that exist; None for every well-formed id.
        cap: Statuses of one commit and context.
        per_minute: Posts that are taken; GitHub only, as `per_hour`.
        faults: Of the next posts, one each.
        list_faults: Of the next questions, one each.
        outage: Of every request while it is set.
        posted: The ledger, oldest first.
        answered: The status of every post; 0 when the connection was closed.
        listed: The same of every question.
        limited: How often a rate limit was hit.
    """

    kind: ForgeKind = ForgeKind.GITHUB
    token: str = TOKEN
    owner: str = "acme"
    repo: str = "fleet"
    commits: set[str] | None = None
    cap: int = 1000
    per_minute: int = 80
    per_hour: int = 500
    clock: Callable[[], float] = time.time
    faults: deque[Fault] = field(default_factory=deque)
    list_faults: deque[Fault] = field(default_factory=deque)
    outage: Fault | None = None
    posted: list[Posted] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)
    limited: int = 0
    _late: list[Posted] = field(default_factory=list)
    _times: deque[float] = field(default_factory=deque)

    @property
    def base(self) -> str:
        """Path of its API."""
        return "" if self.kind is ForgeKind.GITHUB else "/api/v1"

    def newest(self, commit: str, context: str) -> Posted | None:
        """What people see on the commit."""
        rows = [
            row for row in self.posted if (row.commit, row.context) == (commit, context)
        ]
        return rows[-1] if rows else None

    def settle(self) -> None:
        """Let land what is still on its way."""
        self.posted += self._late
        self._late.clear()

    def receive(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply | None:
        """Answer one request, its header names in lower case; None hangs up."""
        if method == "GET":
            faults, answered = self.list_faults, self.listed
        else:
            faults, answered = self.faults, self.answered
            self.settle()
        fault = faults.popleft() if faults else self.outage
        reply = self._faulty(fault, method, path, headers, body)
        answered.append(reply.status if reply else 0)
        return reply

    def _faulty(
        self,
        fault: Fault | None,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Reply | None:
        match fault:
            case Answer():
                return self._answer(fault)
            case Drop():
                return None
            case Lag(rows):
                return self._list(path, body, lag=rows)
        before = len(self.posted)
        reply = self._judge(method, path, headers, body)
        new = self.posted[before:]
        match fault:
            case AcceptAndDrop():
                return None
            case DropAndAccept():
                self._late += new
                del self.posted[before:]
                return None
            case Duplicate():
                self.posted += new
            case Truncate():
                return Reply(reply.status, reply.headers, reply.body, cut=True)
            case Delay(seconds):
                return Reply(reply.status, reply.headers, reply.body, delay=seconds)
        return reply

    def _judge(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        if refused := self._unwelcome(method, headers):
            return refused
        if method == "GET":
            return self._list(path, body, lag=0)
        route = rf"{self.base}/repos/{self.owner}/{self.repo}/statuses/([^/]+)"
        found = re.fullmatch(route, path)
        if method != "POST" or not found:
            return self._message(404, "Not Found")
        if self.kind is ForgeKind.GITHUB:
            return self._github(found[1], body)
        return self._gitea(found[1], body)

    def _list(self, path: str, body: bytes, *, lag: int) -> Reply:
        asked = urlsplit(path)
        github = self.kind is ForgeKind.GITHUB
        place = "commits/([^/]+)/statuses" if github else "statuses/([^/]+)"
        route = rf"{self.base}/repos/{self.owner}/{self.repo}/{place}"
        found = re.fullmatch(route, asked.path)
        if not found:
            return self._message(404, "Not Found")
        size, query = ("per_page" if github else "limit"), dict(parse_qsl(asked.query))
        length, page = int(query.pop(size, "30")), int(query.pop("page", "1"))
        if query or body or not 1 <= length <= (100 if github else 50):
            return self._message(422, f"no such question: {asked.query}")
        if github and not self._has(found[1]):
            return self._message(422, f"No commit found for SHA: {found[1]}")
        rows = [
            _row(self.kind, number, row)
            for number, row in enumerate(self.posted[: len(self.posted) - lag], start=1)
            if row.commit == found[1]
        ]
        rows.reverse()
        return self._json(200, rows[length * (page - 1) : length * page])

    def _unwelcome(self, method: str, headers: Mapping[str, str]) -> Reply | None:
        github = self.kind is ForgeKind.GITHUB
        json = headers.get("content-type") == "application/json"
        if method == "POST" and not json:
            return self._message(415, "Unsupported Media Type")
        if not headers.get("user-agent"):
            return self._message(403, "Request forbidden by administrative rules.")
        if github and headers.get("x-github-api-version") != "2022-11-28":
            return self._message(400, "No such API version")
        if github and headers.get("accept") != "application/vnd.github+json":
            return self._message(415, "Unsupported 'Accept' header")
        scheme = "Bearer" if github else "token"
        if headers.get("authorization") != f"{scheme} {self.token}":
            return self._message(401, "Bad credentials")
        return None

    def _github(self, commit: str, body: bytes) -> Reply:
        if limited := self._limits():
            return limited
        try:
            asked = orjson.loads(body)
            jsonschema.validate(asked, schemas.GITHUB_CREATE_STATUS)
        except (orjson.JSONDecodeError, jsonschema.ValidationError) as error:
            return self._message(422, f"Validation Failed: {error.args[0]}")
        if not self._has(commit):
            return self._message(422, f"No commit found for SHA: {commit}")
        context = asked.get("context", "default")
        same = [
            row
            for row in self.posted
            if (row.commit, row.context.lower()) == (commit, context.lower())
        ]
        if len(same) >= self.cap:
            return self._full()
        row = self._take(commit, context, asked)
        return self._json(201, _row(self.kind, len(self.posted), row))

    def _gitea(self, commit: str, body: bytes) -> Reply:
        if not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", commit):
            return self._message(400, f"sha not found: {commit}")
        try:
            asked = orjson.loads(body)
            jsonschema.validate(asked, schemas.GITEA_CREATE_STATUS)
        except (orjson.JSONDecodeError, jsonschema.ValidationError) as error:
            return self._message(422, str(error.args[0]))
        if "\0" in asked.get("description", ""):
            return self._message(500, "invalid byte sequence for encoding")
        if not self._has(commit):
            return self._message(500, "object does not exist")
        row = self._take(commit, asked.get("context", "default"), asked)
        return self._json(201, _row(self.kind, len(self.posted), row))

    def _has(self, commit: str) -> bool:
        if self.commits is None:
            return bool(re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", commit))
        return commit in self.commits

    def _take(self, commit: str, context: str, asked: Mapping[str, str]) -> Posted:
        row = Posted(commit, context, asked["state"], asked.get("description", ""))
        self.posted.append(row)
        return row

    def _limits(self) -> Reply | None:
        now = self.clock()
        self._times.append(now)
        while self._times[0] <= now - 3600:
            self._times.popleft()
        last_minute = sum(1 for at in self._times if at > now - 60)
        if len(self._times) <= self.per_hour and last_minute <= self.per_minute:
            return None
        self.limited += 1
        return self._message(
            403,
            "You have exceeded a secondary rate limit.",
            {"retry-after": "60"},
        )

    def _full(self) -> Reply:
        message = "This SHA and context has reached the maximum number of statuses."
        errors = [{"resource": "Status", "code": "custom", "message": message}]
        return self._json(422, {"message": "Validation Failed", "errors": errors})

    def _answer(self, fault: Answer) -> Reply:
        if fault.body is not None:
            return Reply(fault.status, self._headers(fault.headers), fault.body)
        return self._message(fault.status, fault.message, fault.headers)

    def _message(
        self, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> Reply:
        return self._json(status, {"message": message}, headers)

    def _json(
        self, status: int, content: object, headers: Mapping[str, str] | None = None
    ) -> Reply:
        return Reply(status, self._headers(headers or {}), orjson.dumps(content))

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        date = format_datetime(datetime.fromtimestamp(self.clock(), UTC), usegmt=True)
        return {"date": date, "content-type": "application/json", **more}


@cache
def _row(kind: ForgeKind, number: int, posted: Posted) -> Mapping[str, object]:
    """One status as the forge shows it to everybody."""
    at = datetime.fromtimestamp(1_700_000_000 + number, UTC)
    shared = {
        "id": number,
        "context": posted.context,
        "target_url": None if kind is ForgeKind.GITHUB else "",
        "url": f"https://forge.example/statuses/{posted.commit}",
        "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updated_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if kind is ForgeKind.GITHUB:
        words = {"state": posted.state, "description": posted.description or None}
        avatar = {"avatar_url": _USER["avatar_url"], "node_id": "SC_kwDOA"}
        row = {**shared, **words, **avatar, "creator": _USER}
        jsonschema.validate(row, schemas.GITHUB_STATUS)
        return row
    words = {"status": posted.state, "description": posted.description}
    row = {**shared, **words, "creator": {"id": 1, "login": "bot"}}
    jsonschema.validate(row, schemas.GITEA_STATUS)
    return row


_HUNG_UP = ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError


@asynccontextmanager
async def serve(forge: FakeForge) -> AsyncIterator[str]:
    """Listen on a free loopback port; gives the URL of the forge."""
    talks: set[asyncio.Task[None]] = set()

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        talks.add(task)
        try:
            with suppress(*_HUNG_UP):
                while await _one(forge, reader, writer):
                    pass
        finally:
            writer.close()
            talks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def _one(
    forge: FakeForge, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """One request and its answer; whether the connection stays."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    reply = forge.receive(method, path, headers, body)
    if reply is None:
        return False
    await asyncio.sleep(reply.delay)
    lines = [f"HTTP/1.1 {reply.status} Fake"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    lines += [f"content-length: {len(reply.body)}", "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    writer.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
    await writer.drain()
    return not reply.cut
