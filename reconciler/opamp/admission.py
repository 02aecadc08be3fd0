"""Who may come in: the pace of new connections, and when the others should return.

Pure; `listener.py` asks before a WebSocket is upgraded and before the first request of
a connection is answered. Clients obey an HTTP refusal with Retry-After; what is said
after the upgrade they ignore, and they return at once.
"""

from enum import StrEnum

RETRY_AFTER = 30
"""Seconds, the specification's smallest; up to twice as many, so that those who were
refused together do not return together."""

RETRY_AFTER_DRAIN = 3
"""Seconds, spread likewise. The specification recommends 30 at the least, for overload;
a process that restarts is back in a few seconds, and until then nobody is told the
truth of these agents."""


class Denial(StrEnum):
    """Why a connection is put off, in the words that it is told."""

    DRAINING = "the server restarts"
    FULL = "the server has as many connections as it takes"
    TOO_FAST = "too many agents connect at once"


class TokenBucket:
    """Lets `rate` through a second, and as many at once after a quiet second."""

    def __init__(self, rate: float, *, now: float) -> None:
        self._rate = rate
        self._tokens = rate
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more may pass at this time, in seconds of any clock."""
        elapsed = max(0.0, now - self._at)
        self._tokens = min(self._rate, self._tokens + elapsed * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
