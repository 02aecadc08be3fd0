"""How often something may happen, and how long to wait after a failure. Pure.

`ledger.py` keeps one `Bucket` for the forge and one for each context. Every number is
chosen against the tightest forge: GitHub takes about 80 content-creating requests a
minute and 500 an hour from one token, and 1,000 statuses for one commit and context.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Tokens to spend: at most `size` saved up, one more every `period` seconds."""

    size: float
    period: float
    level: float
    at: float

    def wait(self, tokens: float, now: float) -> float:
        """Seconds until so many tokens are there; 0 or less when they are."""
        return (tokens - self._level(now)) * self.period

    def take(self, now: float) -> None:
        """Spend one."""
        self.level, self.at = self._level(now) - 1, now

    def whole(self, now: float) -> int:
        """How many may be spent at once."""
        return max(0, int(self._level(now)))

    def _level(self, now: float) -> float:
        return min(self.size, self.level + (now - self.at) / self.period)


def full(size: float, period: float, now: float) -> Bucket:
    """A bucket that nothing was taken from yet."""
    return Bucket(size, period, size, now)


def doubled(last: float, *, shortest: float, longest: float) -> float:
    """The next wait of a back-off whose last one was `last`; 0 for none yet."""
    return min(longest, max(shortest, 2 * last))


def jittered(seconds: float, fraction: float) -> float:
    """Up to a quarter longer, never shorter: what a forge named is kept."""
    return seconds * (1 + fraction / 4)
