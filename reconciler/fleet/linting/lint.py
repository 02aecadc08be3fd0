"""Everything that can be said of a fleet before its agents are sent anything.

Called by `reconciler lint` and for the lint status of a commit. Each fault is told
once, at its place in the source, with the groups and the number of known agents that it
hits. Labels are derived from the selectors (`audience.py`), which has two limits.
Agents that carry other combinations are judged when they come, by `render.render`. And
a combination that no agent carries is judged all the same: narrow a selector to say so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings, ignores
from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.components_output import Distribution, Listed
from reconciler.fleet.catalogue.model import Catalogue
from reconciler.fleet.documents import COLLECTOR_ENTRY, CollectorConfig, Fleet
from reconciler.fleet.findings import Finding, Report, Severity
from reconciler.fleet.linting import audience, configtests, rivals, sizes, unmatched
from reconciler.fleet.linting.audience import (
    MOST_LABEL_SETS,
    Audience,
    Case,
    Components,
)
from reconciler.fleet.linting.outcomes import Outcomes, Selecting
from reconciler.fleet.linting.tally import Tally
from reconciler.fleet.memory import Memory
from reconciler.fleet.population import Population
from reconciler.fleet.rendering import render, variables
from reconciler.fleet.rendering.render import Blocked, Merged, Unmatched
from reconciler.fleet.rules import check as rules
from reconciler.fleet.rules import config as collector
from reconciler.fleet.rules import practice, traps
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.fleet.syntax.nodes import Table

NOT_ALL_SEEN: Final = "I073"


def check(
    fleet: Fleet,
    *,
    population: Population = (),
    today: date | None = None,
    sources: Mapping[str, bytes] | None = None,
    memory: Memory | None = None,
) -> tuple[Finding, ...]:
    """Everything there is to say of a fleet, what reading it and its tests found too.

    A combination of labels that renders to a broken config is an error when no larger
    set of documents could be meant, or a known agent has it; else a warning, as for an
    agent that has a role but no environment yet. Of such only what breaks is told.

    Args:
        fleet: Sound or not; what can be judged of it is.
        population: The agents there are. They count in the reach of each fault, and are
            judged by the components that they report.
        today: Ignore comments that ended before it no longer count; None: all count.
        sources: Files by path, for what nodes do not keep: whether text was quoted.
        memory: Handed in again for the next fleet, it saves judging documents again
            that are the same; with a `files.Cache` those of equal files are.
    """
    memory = memory or Memory()
    memory.turn(fleet.ignores)
    known = audience.gather(fleet, population, memory=memory)
    tally = Tally(fleet, known, has_population=bool(population))
    judge = _Judge(fleet, known, tally, memory)
    # Without a document that nobody can read, configs would lack what it holds.
    cases = () if fleet.fatal else known.cases
    for number, case in enumerate(cases):
        judge.case(number, case)
    report = Report()
    report.add(*tally.told(fleet.findings))
    report.add(*_untold(judge.alone(sources or {}), report.findings))
    report.add(*rivals.groups(fleet))
    if not known.is_whole:
        report.add(_not_all_seen(), *_untold(rivals.configs(fleet), report.findings))
    if not fleet.fatal:
        report.add(*unmatched.check(fleet, known, population, memory=memory))
        report.add(*configtests.check(fleet, memory=memory))
    return ignores.settle(
        report.findings,
        fleet.ignores,
        today=today,
        agents_known=bool(population),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is said of a case.

    Attributes:
        blocking: What keeps its agents from a config; with any of it only that is told.
        found: Everything the rules say.
    """

    blocking: tuple[Finding, ...]
    found: tuple[Finding, ...] | None


class _Judge:
    """Asks the rules about each case, and tells the tally."""

    def __init__(
        self, fleet: Fleet, known: Audience, tally: Tally, memory: Memory
    ) -> None:
        self._fleet = fleet
        self._documents = known.documents
        self._tally = tally
        self._memory = memory
        self._outcomes = Outcomes(fleet, memory)
        self._catalogues: dict[object, Catalogue] = {}

    def case(self, number: int, case: Case) -> None:
        """One case; of agents that may never come only what blocks them counts."""
        selecting = tuple(
            map(self._documents.__getitem__, audience.bits(case.selected))
        )
        verdict = self._memory.of(
            selecting,
            ("case", case.around, case.components, case.is_part),
            lambda: self._verdict(case, selecting),
        )
        if verdict.blocking:
            self._tally.block(number, self._hinted(case, selecting, verdict.blocking))
        elif verdict.found is not None:
            self._tally.judge(number, verdict.found)

    def _hinted(
        self, case: Case, selecting: Selecting, blocking: tuple[Finding, ...]
    ) -> tuple[Finding, ...]:
        """Where a variable is set for others, only the whole fleet knows."""
        if not any(one.rule == variables.VARIABLE for one in blocking):
            return blocking
        part = replace(self._outcomes.part(selecting), variables=self._fleet.variables)
        whole = render.merge(part, case.labels, case.claimed)
        told = whole.faults if isinstance(whole, Merged) else ()
        hints = {(one.rule, one.where): one.hint for one in told}
        return tuple(
            replace(one, hint=hints.get((one.rule, one.where), one.hint))
            for one in blocking
        )

    def _verdict(self, case: Case, selecting: Selecting) -> _Verdict:
        config = self._outcomes.merged(selecting, case.labels, case.claimed)
        match config:
            case Blocked(findings=why):
                return _Verdict(why, None)
            case Unmatched():
                return _Verdict((), None)
            case Merged():
                found = () if case.is_part else self._found(case, selecting, config)
                blocking = (*config.faults, *self._blocking(case, selecting, found))
                if blocking or case.is_part:
                    return _Verdict(blocking, found)
                large = sizes.check(config, selecting, self._memory)
                return _Verdict((), (*found, *large))

    def _found(
        self, case: Case, selecting: Selecting, config: Merged
    ) -> tuple[Finding, ...]:
        """Everything the rules say of the config."""
        tree = config.nodes.get(COLLECTOR_ENTRY)
        if not isinstance(tree, Table) or not tree.items:
            return ()
        catalogue, basis = self._catalogue(self._outcomes.part(selecting), case)
        whole = collector.read(tree)
        subject = Subject(whole, catalogue, basis, case.labels, self._memory)
        return rules.everything(subject)

    def _blocking(
        self, case: Case, selecting: Selecting, found: tuple[Finding, ...]
    ) -> tuple[Finding, ...]:
        """What the renderer would keep the agents from it for.

        It is among what was found, unless that rests on what the agents report.
        """
        if not case.is_part and case.components is None:
            wrong = findings.errors(found)
            ignored = self._fleet.ignores.covers
            self._outcomes.are(
                selecting, tuple(one for one in wrong if not ignored(one))
            )
        return self._outcomes.errors(selecting, case.labels, case.claimed)

    def alone(self, sources: Mapping[str, bytes]) -> Iterator[Finding]:
        """What a document has wrong by itself, where no config shows it."""
        for number, config in enumerate(self._fleet.configs.values()):
            if config.entry != COLLECTOR_ENTRY:
                continue
            has_judged = self._tally.has_judged(number)
            found = self._memory.of(
                (config,),
                ("alone", has_judged, bool(sources)),
                partial(_alone, config, sources, has_judged=has_judged),
            )
            reach = self._tally.reach_of(number) if found else None
            for finding in found:
                yield replace(finding, reach=reach)

    def _catalogue(self, part: Fleet, case: Case) -> tuple[Catalogue, Basis]:
        """By a document of the fleet, narrowed to what the agents themselves report."""
        pinned = render.distribution_of(part, case.labels, case.claimed)
        known = render.catalogue_of(pinned) if pinned else bundled.bundled()
        if case.components is None:
            return known, Basis.PINNED if pinned else Basis.GUESSED
        key = (case.components, pinned.name if pinned else None)
        if key not in self._catalogues:
            self._catalogues[key] = known.of(_distribution(case.components))
        return self._catalogues[key], Basis.PINNED


def _distribution(components: Components) -> Distribution:
    return Distribution(
        name="",
        version="",
        components={
            kind: {type_: Listed() for type_ in types} for kind, types in components
        },
    )


def _alone(
    config: CollectorConfig, sources: Mapping[str, bytes], *, has_judged: bool
) -> tuple[Finding, ...]:
    found = list(traps.check(config.tree, sources))
    if not has_judged:
        whole = collector.read(config.tree)
        subject = Subject(whole, bundled.bundled(), Basis.GUESSED, {})
        for family in practice.STRICT:
            found.extend(family(subject))
    return tuple(found)


def _not_all_seen() -> Finding:
    return Finding(
        NOT_ALL_SEEN,
        Severity.INFO,
        f"the selectors allow more than {MOST_LABEL_SETS:,} combinations of labels; "
        "some were rendered, every value of a label in one of them",
        Where("fleet.yaml"),
    )


def _untold(found: Iterable[Finding], told: Iterable[Finding]) -> Iterator[Finding]:
    """Those of which the place has not been told."""
    places = {(one.rule, one.where) for one in told}
    return (one for one in found if (one.rule, one.where) not in places)
