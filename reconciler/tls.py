"""TLS on a port that does not speak it: how it is told, and how it is ended.

Asked by both listeners (`opamp/connection.py`, `web/server.py`), whose rooms import
nothing of each other. Pure.
"""

ALERT = bytes.fromhex("15030100020246")
"""A record with a fatal `protocol_version` alert (RFC 8446, section 6): the shortest
answer that any client of TLS understands as a refusal."""

_HANDSHAKE_RECORD = b"\x16\x03"


def is_spoken(beginning: bytes) -> bool:
    """Whether the first bytes of a connection are TLS; HTTP begins with a letter."""
    return beginning.startswith(_HANDSHAKE_RECORD) or beginning == b"\x16"
