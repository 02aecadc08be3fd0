"""OpAMP over plain HTTP: one exchange a request, on the path of the WebSocket.

An ASGI application that uvicorn runs for each request that is no upgrade
(opamp-spec, "Plain HTTP Transport").
"""

import contextlib
from email.utils import formatdate
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reconciler.ids import parse_uid
from reconciler.opamp import content, handshake
from reconciler.opamp.admission import Denial
from reconciler.opamp.handshake import BadHandshake
from reconciler.opamp.listener import Listener
from reconciler.opamp.session import Session, Understood
from reconciler.state.observed import Transport

PATH = "/v1/opamp"

PATHS = frozenset({PATH, f"{PATH}/"})
"""Some clients close a URL with a slash, and mean the same."""

_UID_HEADER = "opamp-instance-uid"


class PollingEndpoint:
    """Answers agents that poll, and explains itself to everybody else."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except HTTPException as refusal:
            response = _plain(refusal)
            self._note(request, refusal)
        except ClientDisconnect:
            return
        response.headers["date"] = formatdate(usegmt=True)
        if self._listener.draining:
            response.headers["connection"] = "close"
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        _check_request(request)
        body = await self._body(request)
        session = Session(
            Transport.HTTP, limits=self._listener.limits, offers=self._listener.offers
        )
        received = session.receive(body)
        if isinstance(received, Understood):
            _check_uid_header(request, received)
        reply = self._listener.respond(session, received, peer=_peer(request))
        headers = {}
        if reply.status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers["retry-after"] = str(self._listener.retry_after())
        data, coding = content.encode(
            reply.data, accept=request.headers.get("accept-encoding")
        )
        if coding is not None:
            headers["content-encoding"] = coding
        return Response(data, reply.status, headers, content.PROTOBUF)

    async def _body(self, request: Request) -> bytes:
        limit = self._listener.limits.message_bytes
        if content.announced_length(request.headers) > limit:
            raise content.too_large(limit)
        body = await self._collect(request, limit)
        coding = request.headers.get("content-encoding", "")
        return content.decode(body, coding=coding, limit=limit)

    async def _collect(self, request: Request, limit: int) -> bytes:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                fits = self._listener.hold(len(chunk), held=len(body))
                if len(body) > limit:
                    raise content.too_large(limit)
                if not fits:
                    raise self._too_much_under_way()
        finally:
            self._listener.hold(-len(body), held=0)
        return bytes(body)

    def _too_much_under_way(self) -> HTTPException:
        why = "the unfinished messages of all peers are too large"
        return put_off(self._listener, why)

    def _note(self, request: Request, refusal: HTTPException) -> None:
        if isinstance(refusal, BadHandshake):
            self._listener.refused_handshake(refusal, peer=_peer(request))
            return
        put_off = refusal.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        self._listener.counted("refused" if put_off else "bad_requests")
        self._listener.fault(
            "refused request", peer=_peer(request), detail=refusal.detail
        )


class PutOff:
    """The application of a connection that was not admitted: 503 and Retry-After."""

    def __init__(self, listener: Listener, why: Denial) -> None:
        self._listener = listener
        self._why = why

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        with contextlib.suppress(ClientDisconnect):
            await self._read_off(Request(scope, receive))
        response = _plain(self.refusal())
        response.headers["date"] = formatdate(usegmt=True)
        response.headers["connection"] = "close"
        await response(scope, receive, send)

    def refusal(self) -> HTTPException:
        """What the peer is told."""
        return put_off(self._listener, self._why)

    async def _read_off(self, request: Request) -> None:
        # Closing with bytes unread would reset the connection, and the answer with it.
        left = self._listener.limits.message_bytes
        async for chunk in request.stream():
            left -= len(chunk)
            if left < 0:
                return


def put_off(listener: Listener, why: str) -> HTTPException:
    """The refusal of who is welcome, but not now."""
    after = listener.retry_after()
    return HTTPException(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{why}; come back in {after} s",
        headers={"Retry-After": str(after)},
    )


def wrong_path() -> HTTPException:
    """The refusal of any other path: those who ask are lost agents, or people."""
    return HTTPException(
        HTTPStatus.NOT_FOUND,
        f"this port is for agents, which connect to {PATH} with OpAMP; people and "
        "Prometheus ask another one, the address of --listen (by default port 8080)",
    )


def _plain(refusal: HTTPException) -> Response:
    return Response(
        f"{refusal.detail}\n", refusal.status_code, refusal.headers, "text/plain"
    )


def _check_request(request: Request) -> None:
    """Raise the HTTPException of a request that is not an exchange."""
    if request.scope["path"] not in PATHS:
        raise wrong_path()
    protobuf = content.is_protobuf(request.headers.get("content-type", ""))
    match request.method:
        case "POST" if protobuf:
            return
        case "POST":
            raise HTTPException(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"OpAMP over HTTP is {content.PROTOBUF}",
            )
        case "GET" if not protobuf and handshake.is_meant(request.headers):
            raise handshake.incomplete()
        case "GET" if not protobuf:
            raise _not_a_page()
    raise HTTPException(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "OpAMP is POST over HTTP and GET for a WebSocket",
        headers={"Allow": "GET, POST"},
    )


def _not_a_page() -> HTTPException:
    return HTTPException(
        HTTPStatus.UPGRADE_REQUIRED,
        "this is where agents connect with OpAMP: they upgrade to a WebSocket, or POST "
        f"{content.PROTOBUF}; is there a proxy in between that drops the Upgrade "
        "header? People ask another port, the address of --listen (by default 8080)",
        headers={"Upgrade": "websocket", "Connection": "Upgrade"},
    )


def _check_uid_header(request: Request, message: Understood) -> None:
    header = request.headers.get(_UID_HEADER)
    if header is None:
        return
    try:
        same = parse_uid(header) == message.report.instance_uid
    except ValueError:
        same = False
    if not same:
        raise HTTPException(
            HTTPStatus.BAD_REQUEST, "OpAMP-Instance-UID is not that of the message"
        )


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
