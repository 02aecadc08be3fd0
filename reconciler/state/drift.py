"""Does the effective config still contain what we gave?

`loop.py` calls `compare` away from the event loop, once per pair of hashes.
Containment, not equality: a Collector's effective config never equals what was sent,
because agents add their own extension and telemetry and the Collector adds defaults.
Components and pipelines must be the same; every desired leaf must be there; what else
is there is a default. What a Collector expands (`${…}`) or hides (`[REDACTED]`) cannot
be verified and is no drift. Other entries than a Collector config: see `entries.py`.

A config that cannot be read proves nothing, neither way: it is unconfirmed, in words.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from reconciler.fleet.drift_ignores import DriftIgnore
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.syntax import pointers
from reconciler.state import entries, explain, leaves
from reconciler.state.entries import Missing, Pair, Unjudged
from reconciler.state.explain import Line
from reconciler.state.leaves import Dialect
from reconciler.state.observed import EffectiveConfig

SHOWN = 120
"""Characters of a value that a difference shows."""

LISTED = 100
"""Differences that a report lists of each entry, of those that are drift and of those
that are not; one is enough to judge."""

REASON: Final = 200
"""Characters of what is said to be unconfirmed."""

ALL_OF_IT: Final = "all of it"
"""What we gave where a whole entry is missing."""

FAULT: Final = "comparing failed: a fault of the reconciler, see its log"
"""Why a report is unconfirmed whose comparison broke."""


class LeafVerdict(StrEnum):
    """What became of one desired leaf."""

    CHANGED = "changed"
    MISSING = "missing"
    EXTRA = "extra"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf, or a whole entry, that does not match.

    Values are shortened and masked when their key looks secret.

    Attributes:
        path: A JSON Pointer into the entry; empty for all of it.
        verdict: What became of it.
        desired: What we gave.
        effective: What the agent reports.
        entry: The name of the entry.
    """

    path: str
    verdict: LeafVerdict
    desired: str
    effective: str
    entry: str = ""

    @property
    def place(self) -> str:
        """Where it lies, as people are told."""
        return explain.place(self.entry, self.path)

    @property
    def is_drift(self) -> bool:
        """It is certain that this is not what we gave."""
        return self.verdict is not LeafVerdict.UNVERIFIABLE


@dataclass(frozen=True, slots=True)
class DriftReport:
    """All that does not match; unverifiable leaves are no drift.

    Attributes:
        unconfirmed: Why nobody can tell of some entry whether it holds what we gave;
            empty where all could be judged. Drift of another is certain all the same.
        explanation: What drifted in words (`explain.py`); empty where nothing did.
    """

    differences: tuple[Difference, ...]
    unconfirmed: str = ""
    explanation: tuple[Line, ...] = ()

    @property
    def drifted(self) -> bool:
        """Some leaf is changed, missing or extra, or a whole entry missing."""
        return any(difference.is_drift for difference in self.differences)

    def without(self, ignores: Collection[DriftIgnore], now: float) -> "DriftReport":
        """The report without what a group puts up with; `now` in seconds.

        A path counts in every entry that has it. An entry that is missing is never put
        up with, and a report that lists as much as it may is left as it is: nobody
        knows the rest.
        """
        if (
            not ignores
            or sum(difference.is_drift for difference in self.differences) >= LISTED
        ):
            return self
        differences = tuple(
            one for one in self.differences if not _is_ignored(one.path, ignores, now)
        )
        words = tuple(
            line
            for line in self.explanation
            if not _is_ignored(line.path, ignores, now)
        )
        return replace(self, differences=differences, explanation=words)


def _is_ignored(path: str, ignores: Collection[DriftIgnore], now: float) -> bool:
    return any(one.covers(pointers.parse(path), now) for one in ignores)


def compare(desired: RenderedConfig, effective: EffectiveConfig) -> DriftReport:
    """Judge an effective config that was reported after the hash was acknowledged."""
    differences: list[Difference] = []
    reasons: list[str] = []
    lines: list[Line] = []
    for matched in entries.match(desired, effective):
        if isinstance(matched, Unjudged):
            reasons.append(matched.reason)
            continue
        found = tuple(_listed(_of_entry(matched)))
        differences += found
        lines += _explained(matched, found)
    reason = _cut("; ".join(reasons))
    return DriftReport(tuple(differences), reason, tuple(lines[: explain.LINES]))


def _of_entry(matched: Pair | Missing) -> Iterator[Difference]:
    match matched:
        case Missing(entry):
            missing = LeafVerdict.MISSING
            yield Difference("", missing, ALL_OF_IT, "", entry)
        case Pair(entry, wanted, found, dialect):
            walk = _Walk(entry, dialect)
            yield from walk.differences("", wanted, found)


def _listed(differences: Iterable[Difference]) -> Iterator[Difference]:
    """So many that no number of unverifiable leaves hides one that drifted."""
    left = {True: LISTED, False: LISTED}
    for difference in differences:
        if left[difference.is_drift]:
            left[difference.is_drift] -= 1
            yield difference
        elif difference.is_drift:
            return


def _explained(
    matched: Pair | Missing, found: tuple[Difference, ...]
) -> Iterable[Line]:
    drifted = [difference for difference in found if difference.is_drift]
    if not drifted:
        return ()
    if isinstance(matched, Missing):
        return (Line(matched.entry, "", "the agent does not report it"),)
    # DeepDiff takes a few values for equal that a Collector does not (false and 0 in a
    # list of lists), and is not asked about large configs.
    return explain.explain(matched) or map(_plainly, drifted[: explain.LINES])


def _plainly(one: Difference) -> Line:
    words = f"{one.desired or 'nothing'} -> {one.effective or 'nothing'}"
    return Line(one.entry, one.path, words)


def _cut(reason: str) -> str:
    return reason if len(reason) <= REASON else reason[: REASON - 1] + "…"


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through both sides of an entry at once, leaf by leaf."""

    entry: str
    dialect: Dialect

    def differences(self, at: str, wanted: Any, found: Any) -> Iterator[Difference]:
        """Every leaf at and below a place that does not match."""
        match wanted, found:
            case dict(), dict():
                yield from self._of_mappings(at, wanted, found)
            case list(), list() if len(wanted) == len(found):
                yield from self._of_lists(at, wanted, found)
            case _ if not leaves.equal(wanted, found, self.dialect):
                hidden = leaves.is_unverifiable(wanted, found, self.dialect)
                verdict = LeafVerdict.UNVERIFIABLE if hidden else LeafVerdict.CHANGED
                yield self._difference(at, verdict, wanted, found)

    def _of_mappings(
        self, at: str, wanted: Mapping[str, Any], found: Mapping[str, Any]
    ) -> Iterator[Difference]:
        for key, value in found.items():
            if key not in wanted:
                below = f"{at}/{pointers.escape(key)}"
                yield self._difference(below, LeafVerdict.EXTRA, None, value)
        for key, value in wanted.items():
            below = f"{at}/{pointers.escape(key)}"
            if key in found:
                yield from self.differences(below, value, found[key])
            else:
                yield self._difference(below, LeafVerdict.MISSING, value, None)

    def _of_lists(
        self, at: str, wanted: list[Any], found: list[Any]
    ) -> Iterator[Difference]:
        inside = [
            difference
            for index, (ours, theirs) in enumerate(zip(wanted, found, strict=True))
            for difference in self.differences(f"{at}/{index}", ours, theirs)
        ]
        names = not any(isinstance(item, dict | list) for item in wanted)
        if names and any(difference.is_drift for difference in inside):
            # Names in another order are one difference and not one each.
            yield self._difference(at, LeafVerdict.CHANGED, wanted, found)
        else:
            yield from inside

    def _difference(
        self, at: str, verdict: LeafVerdict, wanted: Any, found: Any
    ) -> Difference:
        ours, theirs = (leaves.shown(at, value, SHOWN) for value in (wanted, found))
        return Difference(at, verdict, ours, theirs, self.entry)
