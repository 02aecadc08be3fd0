"""When a client that lost its server tries again.

As opamp-go does: at once after a connection was lost, then with growing delays while
connecting fails; a longer Retry-After is honoured. Pure.
"""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

FIRST = 0.5
"""Seconds of the first delay."""

_FACTOR = 1.5
_SPREAD = 0.5
_LONGEST = 60.0
_STEPS_TO_LONGEST = 12


@dataclass(slots=True)
class Backoff:
    """Counts the failures since the last success."""

    failures: int = 0

    def succeeded(self) -> None:
        """The next loss starts over."""
        self.failures = 0

    def failed(self, *, luck: float, retry_after: float = 0.0) -> float:
        """Seconds until the next try.

        Args:
            luck: A number in [0, 1), for a delay of the interval plus or minus half.
            retry_after: What the server asked for, in seconds.
        """
        interval = min(
            FIRST * _FACTOR ** min(self.failures, _STEPS_TO_LONGEST), _LONGEST
        )
        self.failures += 1
        return max(interval * (1 + _SPREAD * (2 * luck - 1)), retry_after)


def parse_retry_after(value: str, now: float) -> float:
    """Seconds from a `Retry-After` header, in either of its forms; 0 if it is neither.

    Args:
        value: The header, a number of seconds or an HTTP date.
        now: Seconds since the epoch.
    """
    if value.isdecimal():
        return float(value)
    try:
        return max(parsedate_to_datetime(value).timestamp() - now, 0.0)
    except ValueError:
        return 0.0
