"""Caps and deadlines towards agents, which are as hostile as the network they cross.

Read by `session.py` (structure) and `server.py` (bytes, time, connections). Figures are
for one message of one agent; seconds and bytes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What an agent may send, and how fast it must be.

    Attributes:
        message_bytes: One message after decompression; 1009 or 413 above.
        attributes: Key-values in one description, over both sets and all depths.
        map_entries: Entries of one map (health children, components, config files).
        depth: Nesting of health, components and attribute values.
        attribute_bytes: One attribute key or value.
        header_seconds: From the first byte of a connection to the end of its headers.
        body_seconds: From the headers to the end of a request's body.
        idle_seconds: A kept-alive HTTP connection without a request.
        ping_interval: Between two pings of a WebSocket.
        ping_timeout: Without any byte from the agent after a ping, it is gone.
        write_seconds: A peer that does not read for so long is cut.
        connections: Open WebSockets and HTTP connections together.
        handshakes_per_second: New connections over this are told 503 and Retry-After.
    """

    message_bytes: int = 4 * 1024 * 1024
    attributes: int = 256
    map_entries: int = 1024
    depth: int = 32
    attribute_bytes: int = 64 * 1024
    header_seconds: float = 5.0
    body_seconds: float = 15.0
    idle_seconds: float = 75.0
    ping_interval: float = 20.0
    ping_timeout: float = 20.0
    write_seconds: float = 10.0
    connections: int = 20_000
    handshakes_per_second: int = 500
