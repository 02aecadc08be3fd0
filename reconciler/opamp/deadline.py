"""A deadline of a connection: set, moved, lifted.

Used by `connection.py` and `websocket.py`. Deadlines are absolute: bytes that trickle
in do not move them, only what a protocol calls progress does.
"""

import asyncio
from collections.abc import Callable


class Deadline:
    """At most one thing that happens when time is up."""

    __slots__ = ("_handle", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Time is running."""
        return self._handle is not None

    def set(self, seconds: float, expired: Callable[[], object]) -> None:
        """Start anew; what was set before does not happen."""
        self.lift()
        self._handle = self._loop.call_later(seconds, expired)

    def lift(self) -> None:
        """Nothing happens any more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
