"""Everything that can be said of a fleet before its agents are sent anything.

Called by `reconciler lint` and for the lint status of a commit. Each fault is told
once, at its place in the source, with the groups and the number of known agents that it
hits. Labels are derived from the selectors (`audience.py`), which has two limits.
Agents that carry other combinations are judged when they come, by `render.render`. And
a combination that no agent carries is judged all the same: narrow a selector to say so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet import audience, ignores, render, rivals, unmatched
from reconciler.fleet.audience import MOST_LABEL_SETS, Case, Components
from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.components_output import Distribution, Listed
from reconciler.fleet.catalogue.model import Catalogue
from reconciler.fleet.documents import COLLECTOR_ENTRY, Fleet
from reconciler.fleet.findings import Finding, Report, Severity
from reconciler.fleet.population import Population
from reconciler.fleet.render import Blocked, Merged, Unmatched
from reconciler.fleet.rules import check as rules
from reconciler.fleet.rules import config as collector
from reconciler.fleet.rules import practice, traps
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.fleet.tally import Tally

NOT_ALL_SEEN: Final = "I073"


def check(
    fleet: Fleet,
    *,
    population: Population = (),
    today: date | None = None,
    sources: Mapping[str, bytes] | None = None,
) -> tuple[Finding, ...]:
    """Everything there is to say of a fleet, what reading it found included.

    A combination of labels that renders to a broken config is an error when no larger
    set of documents could be meant, or a known agent has it; else a warning, as for an
    agent that has a role but no environment yet. Of such only what breaks is told.

    Args:
        fleet: Sound or not; what can be judged of it is.
        population: The agents there are. They count in the reach of each fault, and are
            judged by the components that they report.
        today: Ignore comments that ended before it no longer count; None: all count.
        sources: Files by path, for what nodes do not keep: whether text was quoted.
    """
    known = audience.gather(fleet, population)
    tally = Tally(fleet, known, has_population=bool(population))
    judge = _Judge(fleet)
    # Without a document that nobody can read, configs would lack what it holds.
    cases = () if fleet.fatal else known.cases
    for number, outcome in enumerate(_outcomes(fleet, cases)):
        case = cases[number]
        if isinstance(outcome, Blocked):
            tally.block(number, outcome.findings)
        elif isinstance(outcome, Merged) and not case.is_part:
            tally.judge(number, judge.findings(case, outcome))
    report = Report()
    report.add(*tally.told(fleet.findings))
    report.add(*_untold(_alone(fleet, tally, sources or {}), report.findings))
    report.add(*rivals.groups(fleet))
    if not known.is_whole:
        report.add(_not_all_seen(), *_untold(rivals.configs(fleet), report.findings))
    if not fleet.fatal:
        report.add(*unmatched.check(fleet, known, population))
    return ignores.settle(
        report.findings,
        fleet.ignores,
        today=today,
        agents_known=bool(population),
    )


_Outcome: TypeAlias = Merged | Unmatched | Blocked


def _outcomes(fleet: Fleet, cases: Iterable[Case]) -> Iterator[_Outcome]:
    """What each case gets; cases of the same documents stand side by side.

    Who selects whom is known, so that it is not asked again of every document.
    """
    configs = tuple(fleet.configs.items())
    everyone = (1 << len(configs)) - 1
    last: tuple[int, _Outcome] | None = None
    for case in cases:
        if last is None or last[0] != case.selected:
            own = audience.bits(case.selected & everyone)
            part = replace(fleet, configs=dict(configs[number] for number in own))
            last = (case.selected, render.merge(part, case.labels, case.claimed))
        yield last[1]


class _Judge:
    """The rules of a Collector config, asked once for all agents of one kind."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._catalogues: dict[object, Catalogue] = {}

    def findings(self, case: Case, config: Merged) -> tuple[Finding, ...]:
        """What the rules say of the config that a case gets."""
        tree = config.nodes.get(COLLECTOR_ENTRY)
        if tree is None or not tree.items:
            return ()
        catalogue, basis = self._catalogue(case)
        return rules.everything(
            Subject(collector.read(tree), catalogue, basis, case.labels)
        )

    def _catalogue(self, case: Case) -> tuple[Catalogue, Basis]:
        """By a document of the fleet, narrowed to what the agents themselves report."""
        pinned = render.distribution_of(self._fleet, case.labels, case.claimed)
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
    fleet: Fleet, tally: Tally, sources: Mapping[str, bytes]
) -> Iterator[Finding]:
    """What a document has wrong by itself, where no config shows it."""
    for number, config in enumerate(fleet.configs.values()):
        if config.entry != COLLECTOR_ENTRY:
            continue
        reach = tally.reach_of(number)
        found = list(traps.check(config.tree, sources))
        if not tally.has_judged(number):
            whole = collector.read(config.tree)
            subject = Subject(whole, bundled.bundled(), Basis.GUESSED, {})
            for family in practice.STRICT:
                found.extend(family(subject))
        for finding in found:
            yield replace(finding, reach=reach)


def _not_all_seen() -> Finding:
    return Finding(
        NOT_ALL_SEEN,
        Severity.INFO,
        f"the selectors allow more than {MOST_LABEL_SETS:,} combinations of labels; "
        "only so many were rendered",
        Where("fleet.yaml"),
    )


def _untold(found: Iterable[Finding], told: Iterable[Finding]) -> Iterator[Finding]:
    """Those of which the place has not been told."""
    places = {(one.rule, one.where) for one in told}
    return (one for one in found if (one.rule, one.where) not in places)
