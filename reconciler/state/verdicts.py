"""What `plan.py` says of an agent: where it stands, and what follows."""

from dataclasses import dataclass

from reconciler.state.agent import Doubt, Failure, OfferKind, Reason, Sync

LONGEST_WAIT = 300.0
"""Seconds that no back-off goes beyond."""


TURN_ON = "set `{}: true` under `capabilities` of its supervisor"


_MOST_DOUBLINGS = 30

_LASTING_SYNCS = frozenset({Sync.DRIFTED, Sync.INCOMPATIBLE, Sync.TOO_LARGE})
_LASTING = frozenset({Reason.EFFECTIVE_UNREADABLE, Reason.UNHEALTHY})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where an agent stands, and what follows.

    Attributes:
        due: When to judge again even if nothing happens.
        send: Why a config must be sent now; the desired one, or for a restore the good.
        failure: To be quarantined; the verdict of record is the one that follows.
        settled: It runs the desired config, proven.
        doubt: What is known against an agent that has some time left yet.
        asks_effective: It has to say what it runs before it counts.
    """

    sync: Sync
    reason: Reason
    detail: str = ""
    due: float | None = None
    send: OfferKind | None = None
    failure: Failure | None = None
    settled: bool = False
    doubt: Doubt | None = None
    asks_effective: bool = False

    @property
    def known_against(self) -> Doubt | None:
        """What stays known of the agent when it leaves."""
        lasting = self.sync in _LASTING_SYNCS or self.reason in _LASTING
        if self.doubt is None and lasting:
            return Doubt(self.sync, self.reason, self.detail)
        return self.doubt


def backed_off(seconds: float, attempt: int) -> float:
    """How long to wait after this attempt, from 1; doubles up to `LONGEST_WAIT`."""
    doublings = min(max(attempt, 1) - 1, _MOST_DOUBLINGS)
    return min(seconds * 2.0**doublings, max(LONGEST_WAIT, seconds))
