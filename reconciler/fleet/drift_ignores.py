"""Drift that a group puts up with: where, why, and until when.

Read by `kinds/policy.py`, asked by `state/reconcile.py`. Somebody raised a log level by
hand, and it is neither put back nor does it turn a commit red before the day is over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from reconciler.fleet.syntax.pointers import Path, Pattern


@dataclass(frozen=True, slots=True)
class DriftIgnore:
    """One place where an effective config may differ.

    Attributes:
        path: It, and what lies below it.
        reason: In the author's words.
        until: The last day (UTC) on which it counts; None for always.
    """

    path: Pattern
    reason: str
    until: date | None = None

    def covers(self, path: Path, now: float) -> bool:
        """Whether a difference at a path is put up with; `now` in seconds."""
        return (self.until is None or now < _end_of(self.until)) and self.path.covers(
            path
        )


def lapse(ignores: Collection[DriftIgnore], now: float) -> float | None:
    """When the next of them ends, in seconds; None when none does."""
    ends = (_end_of(one.until) for one in ignores if one.until)
    return min((end for end in ends if end > now), default=None)


def _end_of(day: date) -> float:
    return datetime.combine(day + timedelta(days=1), time(), UTC).timestamp()
