"""What `plan.py` says of an agent: where it stands, and what follows."""

from dataclasses import dataclass

from reconciler.state.agent import Failure, OfferKind, Reason, Sync

LONGEST_WAIT = 300.0
"""Seconds that no back-off goes beyond."""


TURN_ON = "set `{}: true` under `capabilities` of its supervisor"


_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where an agent stands, and what follows.

    Attributes:
        due: When to judge again even if nothing happens.
        send: Why a config must be sent now; the desired one, or for a restore the good.
        failure: To be quarantined; the verdict of record is the one that follows.
        settled: It runs the desired config, proven.
    """

    sync: Sync
    reason: Reason
    detail: str = ""
    due: float | None = None
    send: OfferKind | None = None
    failure: Failure | None = None
    settled: bool = False


def backed_off(seconds: float, attempt: int) -> float:
    """How long to wait after this attempt, from 1; doubles up to `LONGEST_WAIT`."""
    doublings = min(max(attempt, 1) - 1, _MOST_DOUBLINGS)
    return min(seconds * 2.0**doublings, max(LONGEST_WAIT, seconds))
