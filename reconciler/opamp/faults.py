"""The log of what peers do wrong, which must not become their way to fill a disk.

`listener.py` notes every fault. One line a minute is written for each peer and kind,
with the number of those left out, and no more than a few lines a second altogether.
"""

from dataclasses import dataclass

import structlog

from reconciler.opamp.admission import TokenBucket

SILENCE_SECONDS = 60.0
LINES_PER_SECOND = 10
ALL_PEERS = "any"
"""The peer of what is no fault of one of them."""

_REMEMBERED = 4096

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Repeated:
    logged_at: float
    left_out: int = 0


class FaultLog:
    """Remembers what was logged lately, of a bounded number of peers."""

    def __init__(self, *, now: float) -> None:
        self._lines = TokenBucket(LINES_PER_SECOND, now=now)
        self._repeated: dict[tuple[str, str], _Repeated] = {}

    def note(
        self, fault: str, *, peer: str, now: float, host: str = "", detail: str = ""
    ) -> None:
        """Log a fault unless the same was logged of this peer within the minute.

        Args:
            fault: What happened, in words that are the same each time.
            peer: Address without the port: reconnecting does not make a new peer.
            now: Seconds of any clock.
            host: Where the agent says it runs; only the first is written.
            detail: What differs; only the first is written. Never a secret.
        """
        known = self._repeated.get((peer, fault))
        if known is not None and now - known.logged_at < SILENCE_SECONDS:
            known.left_out += 1
            return
        if not self._lines.take(now):
            return
        if known is None and len(self._repeated) >= _REMEMBERED:
            del self._repeated[next(iter(self._repeated))]
        self._repeated[peer, fault] = _Repeated(logged_at=now)
        left_out = known.left_out if known else 0
        named = {"host": host} if host else {}
        log.warning(fault, peer=peer, **named, detail=detail, left_out=left_out)
