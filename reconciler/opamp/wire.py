"""What lies around a protobuf message: the header of WebSocket messages, and upb.

Pure. `session.py` takes messages apart and puts them together with it; `server.py`
calls `require_upb` before it listens.
"""

from google.protobuf.internal import api_implementation

from reconciler.errors import SetupError


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
