"""Does the effective config still contain what we gave?

`service.py` calls `compare` away from the event loop, once per pair of hashes.
Containment, not equality: a Collector's effective config never equals what was sent,
because agents add their own extension and telemetry and the Collector adds defaults.
Components and pipelines must be the same; every desired leaf must be there; what else
is there is a default. What a Collector expands (`${…}`) or hides (`[REDACTED]`) cannot
be verified and is no drift.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from reconciler.fleet.drift_ignores import DriftIgnore
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.syntax import pointers
from reconciler.state import explain, leaves, trees
from reconciler.state.observed import EffectiveConfig

SHOWN = 120
"""Characters of a value that a difference shows."""

LISTED = 100
"""Differences that a report lists; one is enough to judge."""


class LeafVerdict(StrEnum):
    """What became of one desired leaf."""

    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf that does not match; `path` is a JSON Pointer into the config.

    Values are shortened and masked when their key looks secret.
    """

    path: str
    verdict: LeafVerdict
    desired: str
    effective: str

    @property
    def is_drift(self) -> bool:
        """It is certain that this is not what we gave."""
        return self.verdict is not LeafVerdict.UNVERIFIABLE


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All that does not match; unverifiable leaves are no drift.

    Attributes:
        judged: The effective config could be read; else nothing is known.
        explanation: What drifted in words (`explain.py`); empty where nothing did.
    """

    differences: tuple[Difference, ...]
    unconfirmed: str = ""
    explanation: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Some leaf is changed, missing or extra."""
        return any(difference.is_drift for difference in self.differences)

    def without(self, ignores: Collection[DriftIgnore], now: float) -> "DriftReport":
        """The report without what a group puts up with; `now` in seconds.

        One that lists as much as it may is left as it is: nobody knows the rest.
        """
        if not ignores or len(self.differences) == LISTED:
            return self
        differences = tuple(
            one for one in self.differences if not _is_ignored(one.path, ignores, now)
        )
        words = tuple(
            line
            for line in self.explanation
            if not _is_ignored(line.partition(": ")[0], ignores, now)
        )
        return replace(self, differences=differences, explanation=words)


def _is_ignored(path: str, ignores: Collection[DriftIgnore], now: float) -> bool:
    return any(one.covers(pointers.parse(path), now) for one in ignores)


def compare(desired: RenderedConfig, effective: EffectiveConfig) -> DriftReport:
    """Judge an effective config that was reported after the hash was acknowledged.

    Only the entry `""`, one Collector config, is judged: named entries have rules of
    their own, which differ by agent.
    """
    both = trees.read(desired, effective)
    if both is None:
        return DriftReport((), unconfirmed="cannot be read")
    found = tuple(islice(_differences("", both.wanted, both.found), LISTED))
    report = DriftReport(found)
    if not report.drifted:
        return report
    # DeepDiff takes a few values for equal that a Collector does not (false and 0 in a
    # list of lists), and is not asked about large configs.
    words = explain.explain(desired, effective) or _plainly(report)
    return replace(report, explanation=words)


def _plainly(report: DriftReport) -> tuple[str, ...]:
    drifted = [one for one in report.differences if one.is_drift]
    return tuple(
        f"{one.path}: {one.desired or 'nothing'} -> {one.effective or 'nothing'}"
        for one in drifted[: explain.LINES]
    )


def _differences(at: str, wanted: Any, found: Any) -> Iterator[Difference]:
    match wanted, found:
        case dict(), dict():
            yield from _of_mappings(at, wanted, found)
        case list(), list() if len(wanted) == len(found):
            yield from _of_lists(at, wanted, found)
        case _ if not leaves.equal(wanted, found):
            hidden = leaves.is_unverifiable(wanted, found)
            verdict = LeafVerdict.UNVERIFIABLE if hidden else LeafVerdict.CHANGED
            yield _difference(at, verdict, wanted, found)


def _of_mappings(
    at: str, wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Difference]:
    for key in found:
        if key not in wanted:
            yield _difference(trees.join(at, key), LeafVerdict.EXTRA, None, found[key])
    for key, value in wanted.items():
        below = trees.join(at, key)
        if key in found:
            yield from _differences(below, value, found[key])
        else:
            yield _difference(below, LeafVerdict.MISSING, value, None)


def _of_lists(at: str, wanted: list[Any], found: list[Any]) -> Iterator[Difference]:
    inside = [
        difference
        for index, (ours, theirs) in enumerate(zip(wanted, found, strict=True))
        for difference in _differences(f"{at}/{index}", ours, theirs)
    ]
    names = not any(isinstance(item, dict | list) for item in wanted)
    if names and any(difference.is_drift for difference in inside):
        # Names in another order are one difference and not one each.
        yield _difference(at, LeafVerdict.CHANGED, wanted, found)
    else:
        yield from inside


def _difference(at: str, verdict: LeafVerdict, wanted: Any, found: Any) -> Difference:
    return Difference(
        at, verdict, leaves.shown(at, wanted, SHOWN), leaves.shown(at, found, SHOWN)
    )
