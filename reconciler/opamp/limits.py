"""Caps and deadlines towards agents, which are as hostile as the network they cross.

Read by `structure.py` and `session.py` (structure) and by the connections (bytes, time,
frames). Figures are for one message of one agent; seconds and bytes.
"""

from dataclasses import dataclass

from reconciler.fleet.rendering.render import MESSAGE_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """What an agent may send, and how fast it must be.

    Attributes:
        message_bytes: One message without compression, in either direction; a longer
            one is refused with 1009 or 413, and never sent.
        unfinished_bytes: Messages that are under way, of all peers together; who brings
            more, and more than 64 KiB, is put off.
        report_bytes: One message less its effective config, which alone may be large.
        attributes: Key-values of one description, over both sets. Nested values are
            dropped unread and count as one.
        map_entries: Entries of one tree or map: health, components, config files.
        depth: Nesting of health.
        attribute_bytes: One attribute key or value.
        agents_per_connection: Agents that a proxy may bring over one WebSocket.
        frames_per_second: WebSocket frames under 1 KiB that one peer may send.
        header_bytes: The head of an HTTP request; 431 above.
        header_seconds: From the first byte of a connection to the end of its headers.
        body_seconds: From the headers to the end of a request's body, and from the
            first to the last byte of a WebSocket message.
        idle_seconds: A kept-alive HTTP connection without a request.
        ping_interval: Silence of a WebSocket before it is pinged.
        ping_timeout: Without any byte from the agent after a ping, it is gone.
        write_seconds: A peer that does not read for so long is cut.
        connections: Open WebSockets and HTTP connections together.
        handshakes_per_second: New connections over this are told 503 and Retry-After.
    """

    message_bytes: int = MESSAGE_BYTES
    unfinished_bytes: int = 256 * 1024 * 1024
    report_bytes: int = 256 * 1024
    attributes: int = 256
    map_entries: int = 1024
    depth: int = 32
    attribute_bytes: int = 64 * 1024
    agents_per_connection: int = 1000
    frames_per_second: int = 1000
    header_bytes: int = 64 * 1024
    header_seconds: float = 5.0
    body_seconds: float = 15.0
    idle_seconds: float = 75.0
    ping_interval: float = 20.0
    ping_timeout: float = 20.0
    write_seconds: float = 10.0
    connections: int = 20_000
    handshakes_per_second: int = 500
