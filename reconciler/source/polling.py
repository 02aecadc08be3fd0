"""When to ask a remote again: at an interval, later after failures.

`git.py` notes what came of each fetch and waits here between two. Jitter keeps many
reconcilers from asking one forge in the same second.
"""

import asyncio
import random

LONGEST_BACK_OFF = 300.0
"""Seconds; a longer interval stays as it is."""

_JITTER = 0.1


class Pace:
    """The pause before the next fetch; seconds."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._failures = 0
        self._retry_after = 0.0

    def succeeded(self) -> None:
        """The remote answered, whatever it said."""
        self._failures = 0
        self._retry_after = 0.0

    def failed(self, retry_after: float | None = None) -> None:
        """It did not answer, or named a time before which it is not to be asked."""
        self._failures += 1
        self._retry_after = retry_after or 0.0

    @property
    def pause(self) -> float:
        """Without jitter: the interval, doubled for each failure in a row."""
        longest = max(LONGEST_BACK_OFF, self._interval)
        doubled = self._interval * 2.0 ** min(self._failures, 16)
        return max(min(doubled, longest), self._retry_after)

    async def elapsed(self, stop: asyncio.Event) -> bool:
        """Wait out the pause; False when `stop` was set meanwhile."""
        jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
        try:
            await asyncio.wait_for(stop.wait(), self.pause * jitter)
        except TimeoutError:
            return True
        return False
