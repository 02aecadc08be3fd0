"""An event loop whose clock jumps to the next timer, so that hours cost nothing."""

import asyncio
import selectors
from typing import Any


class _Selector(selectors.SelectSelector):
    """Never waits for sockets: tests in virtual time have none."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_700_000_000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nothing will ever happen: the story is stuck")
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Use through `asyncio.Runner(loop_factory=…)`; `time()` is in epoch seconds."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)
        # A float of epoch seconds cannot tell nanoseconds apart: without this, a timer
        # that is due exactly now would never count as due.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._clock.now
