"""What lies around a protobuf message: the header of WebSocket messages, and upb.

Pure. `session.py` takes messages apart and puts them together with it; `server.py`
calls `require_upb` before it listens.
"""

from google.protobuf.internal import api_implementation

from reconciler.errors import ReconcilerError, SetupError
from reconciler.ids import InstanceUid

HEADER = b"\x00"
"""The varint in front of every WebSocket message (opamp-spec, "WebSocket Message
Format"); zero is the only value it has today."""

INSTANCE_UID_TAG = b"\x0a"


class BadRequest(ReconcilerError):  # noqa: N818 - named as OpAMP names the answer
    """A message cannot be understood; it is answered with these words and dropped.

    Attributes:
        uid: Who sent it, when that much was understood.
        host: Where from, when the message says so.
    """

    def __init__(
        self, message: str, *, uid: InstanceUid | None = None, host: str = ""
    ) -> None:
        super().__init__(message)
        self.uid = uid
        self.host = host


def without_header(message: bytes) -> bytes:
    """The protobuf bytes of a WebSocket message.

    Clients of before 2023 send no header; what they send begins with the tag of
    `instance_uid`, which no header with a future meaning should be taken for.

    Raises:
        BadRequest: There is no header, or one that means something.
    """
    first = message[:1]
    if first == HEADER:
        return message[1:]
    if first == INSTANCE_UID_TAG:
        return message
    raise BadRequest("the message does not begin with a header of value 0")


def require_upb() -> None:
    """Insist on protobuf's C implementation.

    Raises:
        SetupError: protobuf runs in pure Python, some 400 times slower.
    """
    if api_implementation.Type() != "upb":
        raise SetupError(
            f"protobuf runs on {api_implementation.Type()!r} instead of its C code",
            hint="unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION and install the wheel "
            "of protobuf that was built for this machine",
        )
