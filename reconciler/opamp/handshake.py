"""What a WebSocket handshake must be, and what is said of one that is not.

`connection.py` opens with it; `polling.py` asks of requests that came without the two
headers that make a handshake. Values of headers are never repeated in an answer.
"""

import logging
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from websockets.exceptions import (
    InvalidHeader,
    InvalidMethod,
    InvalidProtocol,
    InvalidUpgrade,
)
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

# What peers do is logged by `faults.py`, with a limit; here only bugs are.
_QUIET = logging.getLogger(__name__)
_QUIET.setLevel(logging.ERROR)

_KEY = "Sec-WebSocket-Key"
_VERSION = "Sec-WebSocket-Version"
_NEEDED: Final = {_KEY: "16 bytes in base64", _VERSION: "13"}
_OF_HANDSHAKES = (_KEY, _VERSION)


class BadHandshake(HTTPException):
    """A request for a WebSocket that cannot become one."""


def accept(request: Request, *, max_size: int) -> tuple[ServerProtocol, bytes]:
    """The framing of a new WebSocket, and the answer that opens it.

    Raises:
        BadHandshake: The request is no handshake.
    """
    frames = ServerProtocol(state=State.OPEN, max_size=max_size, logger=_QUIET)
    response = frames.accept(request)
    if frames.handshake_exc is not None:
        raise _refusal(frames.handshake_exc)
    return frames, response.serialize()


def is_meant(headers: Headers) -> bool:
    """Whether a request that was not upgraded asked for a WebSocket."""
    upgrade = headers.get("upgrade", "").lower()
    return "websocket" in upgrade or any(name in headers for name in _OF_HANDSHAKES)


def incomplete() -> BadHandshake:
    """The answer to a handshake without the headers that make it one."""
    return BadHandshake(
        HTTPStatus.UPGRADE_REQUIRED,
        "a WebSocket needs the headers `Connection: Upgrade` and `Upgrade: websocket`, "
        "each once; is there a proxy in between that drops or changes them?",
        headers={"Upgrade": "websocket"},
    )


def _refusal(fault: Exception) -> BadHandshake:
    match fault:
        case InvalidMethod():
            return BadHandshake(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "a WebSocket is asked for with GET",
                headers={"Allow": "GET"},
            )
        case InvalidProtocol():
            return BadHandshake(
                HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
                "a WebSocket is asked for over HTTP/1.1; is there a proxy in between "
                "that speaks an older one?",
            )
        case InvalidUpgrade():
            return incomplete()
        case InvalidHeader(name=name, value=value):
            return _bad_header(name, missing=value is None)
    raise fault


def _bad_header(name: str, *, missing: bool) -> BadHandshake:
    wrong = "is missing" if missing else "cannot be taken"
    needed = _NEEDED.get(name)
    return BadHandshake(
        HTTPStatus.BAD_REQUEST,
        f"the header {name} {wrong}" + (f"; it must be {needed}" if needed else ""),
        headers={_VERSION: "13"} if name == _VERSION else None,
    )
