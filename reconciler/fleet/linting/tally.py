"""Faults of many configs, each counted once at its place in the source.

Held by `lint.py`, which tells it case by case what was found.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Reach, Severity
from reconciler.fleet.linting import audience
from reconciler.fleet.linting.audience import Audience, Case

SHOWN_AGENTS: Final = 2
"""Names of agents that a message gives as examples."""

_WORST: Final = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_Place: TypeAlias = tuple[str, Where]


@dataclass(slots=True)
class _Fault:
    """A fault and the cases that have it, as bits.

    Attributes:
        blocks: It keeps them from a config, which is seen in every case.
    """

    finding: Finding
    cases: int = 0
    blocks: bool = False


class Tally:
    """What was found in the cases of an audience."""

    def __init__(self, fleet: Fleet, known: Audience, *, has_population: bool) -> None:
        self._cases = known.cases
        self._has_population = has_population
        self._faults: dict[_Place, _Fault] = {}
        self._judged = 0
        self._blocked = 0
        self._selecting = [0] * len(fleet.configs)
        configs = (1 << len(fleet.configs)) - 1
        for number, case in enumerate(known.cases):
            for config in audience.bits(case.selected & configs):
                self._selecting[config] |= 1 << number

    def judge(self, number: int, found: Iterable[Finding]) -> None:
        """What the rules say of the config of a case."""
        self._judged |= 1 << number
        for finding in found:
            self._count(number, finding)

    def block(self, number: int, found: Iterable[Finding]) -> None:
        """What keeps a case from a config."""
        self._blocked |= 1 << number
        is_part = self._cases[number].is_part
        severity = Severity.WARNING if is_part else Severity.ERROR
        for finding in found:
            self._count(number, replace(finding, severity=severity)).blocks = True

    def has_judged(self, config: int) -> bool:
        """Whether some case got a config that this document is part of."""
        return bool(self._selecting[config] & self._judged)

    def reach_of(self, config: int) -> Reach:
        """Whom a document reaches."""
        return self._reach(self._selecting[config])

    def told(self, read: Iterable[Finding]) -> Iterator[Finding]:
        """Everything, beside what was found when the fleet was read."""
        places: set[_Place] = set()
        for finding in read:
            place = (finding.rule, finding.where)
            places.add(place)
            fault = self._faults.get(place)
            reach = self._reach(fault.cases) if fault else finding.reach
            yield replace(finding, reach=reach)
        for place, fault in self._faults.items():
            if place not in places:
                yield self._tell(fault)

    def _count(self, number: int, finding: Finding) -> _Fault:
        place = (finding.rule, finding.where)
        fault = self._faults.setdefault(place, _Fault(finding))
        fault.cases |= 1 << number
        if _WORST.index(finding.severity) < _WORST.index(fault.finding.severity):
            fault.finding = finding
        return fault

    def _tell(self, fault: _Fault) -> Finding:
        """With whom it hits, unless that is everybody who gets some document."""
        seen = fault.cases | (~self._blocked if fault.blocks else self._judged)
        for selecting in self._selecting:
            if selecting & seen == fault.cases:
                return replace(fault.finding, reach=self._reach(selecting))
        message = fault.finding.message + self._example(fault.cases)
        return replace(fault.finding, message=message, reach=self._reach(fault.cases))

    def _reach(self, cases: int) -> Reach:
        members = tuple(self._members(cases))
        groups = sorted({group for case in members for group in case.groups})
        agents = sum(len(case.agents) for case in members)
        return Reach(tuple(groups), agents if self._has_population else None)

    def _example(self, cases: int) -> str:
        members = tuple(self._members(cases))
        if all(case.components is not None for case in members):
            return f" (on {_named([name for case in members for name in case.agents])})"
        least = min((case.labels for case in members), key=audience.size)
        pairs = (f"{key}={value}" for key, value in sorted(least.items()))
        return f" (for agents with {', '.join(pairs) or 'no labels'})"

    def _members(self, cases: int) -> Iterator[Case]:
        return (self._cases[number] for number in audience.bits(cases))


def _named(agents: list[str]) -> str:
    first = ", ".join(f"`{name}`" for name in sorted(agents)[:SHOWN_AGENTS])
    more = len(agents) - SHOWN_AGENTS
    return f"{first} and {more:,} more" if more > 0 else first
