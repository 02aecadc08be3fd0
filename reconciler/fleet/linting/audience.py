"""The agents that lint judges a fleet for: those that selectors allow, and those known.

Labels are derived from the selectors of documents: every combination that some of them
tells apart. Agents of a population are taken as they are. Whoever gets the same
documents, and is the same to the rules, is one case.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias

from reconciler.fleet import labels
from reconciler.fleet.documents import (
    DEFAULT_GROUP,
    AgentGroup,
    Broken,
    CollectorConfig,
    DistributionDocument,
    Fleet,
    Variables,
)
from reconciler.fleet.labels import Requirement
from reconciler.fleet.memory import Memory
from reconciler.fleet.population import KnownAgent, Population
from reconciler.fleet.rendering import render
from reconciler.fleet.rules import exposure
from reconciler.fleet.rules.exposure import Surroundings
from reconciler.fleet.selection import Index

Labels: TypeAlias = Mapping[str, str]
Components: TypeAlias = frozenset[tuple[str, frozenset[str]]]
"""Types by kind, as agents report them."""
Document: TypeAlias = (
    CollectorConfig | Variables | DistributionDocument | Broken | AgentGroup
)

MOST_LABEL_SETS: Final = 2_048
"""Combinations of label values that are looked at; two thousand take about a second."""
LEAST_LABEL_SETS: Final = 384
"""Of more than can be looked at, so many are, those that tests describe among them, and
one at least for every value."""


@dataclass(slots=True)
class Case:
    """Agents of which a fleet makes the same.

    Attributes:
        selected: The documents that select them; bit n is for document n.
        labels: The smallest example.
        claimed: Keys that nobody but the agent of the example vouches for.
        around: What rules take from the labels.
        components: What their binaries have; None when nobody says.
        groups: Names of those that they may be in.
        agents: Names of the known ones.
        is_part: Nobody known, and others get these documents and more. Such agents may
            be none that ever come.
    """

    selected: int
    labels: Labels
    claimed: frozenset[str]
    around: Surroundings
    components: Components | None
    groups: set[str] = field(default_factory=set)
    agents: list[str] = field(default_factory=list)
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody a fleet is judged for.

    Attributes:
        documents: By bit of `Case.selected`; the configs come first. Groups have bits
            in `matched` alone.
        cases: Those of most documents first.
        matched: The documents that some known agent matches.
        is_whole: The selectors allow no more than was looked at.
    """

    documents: tuple[Document, ...]
    cases: tuple[Case, ...]
    matched: int
    is_whole: bool


def deciding(fleet: Fleet) -> tuple[Document, ...]:
    """The documents that decide on configs; those of `CollectorConfig` first."""
    return (
        *fleet.configs.values(),
        *fleet.variables,
        *fleet.distributions,
        *fleet.broken,
    )


def gather(
    fleet: Fleet, population: Population, *, memory: Memory | None = None
) -> Audience:
    """The audience of a fleet; selectors alone decide, and what groups are called."""
    on_configs = deciding(fleet)
    documents = (*on_configs, *fleet.groups.values())
    selecting = (
        tuple(one.selector for one in on_configs),
        tuple((one.name, one.priority, one.selector) for one in fleet.groups.values()),
    )
    found = (memory or Memory()).of(
        (population, *fleet.tests),
        ("audience", selecting),
        partial(_gather, fleet, on_configs, documents, population),
    )
    return replace(found, documents=documents)


def _gather(
    fleet: Fleet,
    on_configs: tuple[Document, ...],
    documents: tuple[Document, ...],
    population: Population,
) -> Audience:
    gathering = _Gathering(fleet, documents, deciding=len(on_configs))
    choices = labels.Choices(one.selector for one in on_configs)
    is_whole = choices.combinations <= MOST_LABEL_SETS
    if is_whole:
        for agent in choices.all():
            gathering.suppose(agent)
    else:
        gathering.cover(choices, [test.labels for test in fleet.tests])
    for known in population:
        gathering.meet(known)
    return Audience(
        documents=documents,
        cases=gathering.cases(),
        matched=gathering.matched,
        is_whole=is_whole,
    )


class _Gathering:
    """Puts agents into their cases."""

    def __init__(
        self, fleet: Fleet, documents: tuple[Document, ...], *, deciding: int
    ) -> None:
        self.matched = 0
        self._fleet = fleet
        self._index = Index(one.selector for one in documents)
        self._deciding = (1 << deciding) - 1
        keys = (one.selector.keys for one in documents[:deciding])
        self._groups = _Groups(
            fleet.groups.values(), frozenset(itertools.chain.from_iterable(keys))
        )
        self._cases: dict[tuple[int, Surroundings, Components | None], Case] = {}

    def suppose(self, agent: Labels) -> None:
        """An agent that the selectors allow."""
        selected = self._index.matching(agent) & self._deciding
        case = self._case(selected, agent, frozenset(), None)
        case.groups.update(self._groups.of(agent))

    def cover(self, choices: labels.Choices, described: Iterable[Labels]) -> None:
        """Some of too many: those that tests describe, and others for the rest."""
        seen: set[tuple[str, str]] = set()
        for agent in itertools.islice(described, MOST_LABEL_SETS):
            self.suppose(agent)
            seen.update(agent.items())
        for agent in itertools.islice(
            choices.covering(LEAST_LABEL_SETS), MOST_LABEL_SETS
        ):
            if len(self._cases) < LEAST_LABEL_SETS or not seen.issuperset(
                agent.items()
            ):
                self.suppose(agent)
                seen.update(agent.items())

    def meet(self, agent: KnownAgent) -> None:
        """An agent that is known."""
        matched = self._index.matching(agent.labels, agent.claimed)
        self.matched |= matched
        components = None
        if agent.components is not None:
            components = frozenset(agent.components.items())
        case = self._case(
            matched & self._deciding, agent.labels, agent.claimed, components
        )
        case.agents.append(agent.name)
        group = render.group_of(self._fleet, agent.labels, agent.claimed)
        if isinstance(group, str):
            case.groups.add(group)

    def _case(
        self,
        selected: int,
        agent: Labels,
        claimed: frozenset[str],
        components: Components | None,
    ) -> Case:
        around = exposure.surroundings(agent)
        key = (selected, around, components)
        case = self._cases.get(key)
        if case is None:
            case = Case(selected, agent, claimed, around, components)
            self._cases[key] = case
        elif size(agent) < size(case.labels):
            case.labels, case.claimed = agent, claimed
        return case

    def cases(self) -> tuple[Case, ...]:
        """All of them; nobody is supposed where agents with the documents are known.

        Where these run, and what they have, is known as well.
        """
        met = {one.selected for one in self._cases.values() if one.agents}
        cases = (
            one for one in self._cases.values() if one.agents or one.selected not in met
        )
        ranked = sorted(
            cases, key=lambda one: (-one.selected.bit_count(), one.selected)
        )
        _find_parts(ranked)
        return tuple(ranked)


def part(fleet: Fleet, documents: Iterable[Document]) -> Fleet:
    """The fleet with no more of what decides on groups and configs than these."""
    chosen = tuple(documents)
    return replace(
        fleet,
        groups={one.name: one for one in chosen if isinstance(one, AgentGroup)},
        configs={one.name: one for one in chosen if isinstance(one, CollectorConfig)},
        variables=tuple(one for one in chosen if isinstance(one, Variables)),
        distributions=tuple(
            one for one in chosen if isinstance(one, DistributionDocument)
        ),
        broken=tuple(one for one in chosen if isinstance(one, Broken)),
    )


def _find_parts(ranked: list[Case]) -> None:
    """Of cases in order, those of most documents first."""
    whole: list[int] = []
    for case in ranked:
        own = case.selected
        is_part = any(own & larger == own != larger for larger in whole)
        case.is_part = is_part and not case.agents
        if not is_part:
            whole.append(own)


def bits(number: int) -> Iterator[int]:
    """The places of its ones, from the lowest up."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def size(agent: Labels) -> tuple[int, list[tuple[str, str]]]:
    """By which examples are small."""
    return len(agent), sorted(agent.items())


class _Groups:
    """The groups an agent may be in, of whom only some labels are told."""

    def __init__(self, groups: Iterable[AgentGroup], keys: frozenset[str]) -> None:
        possible = (one for one in groups if labels.witness(one.selector) is not None)
        ranked = sorted(possible, key=lambda one: (-one.priority, one.name))
        self._ranked = [_split(one, keys) for one in ranked]

    def of(self, agent: Labels) -> Iterator[str]:
        """Their names, down to the first that takes the agent in any case."""
        for name, asked, open_ in self._ranked:
            if all(one.matches(agent) for one in asked):
                yield name
                if not open_:
                    return
        yield DEFAULT_GROUP


def _split(
    group: AgentGroup, keys: frozenset[str]
) -> tuple[str, tuple[Requirement, ...], bool]:
    """Its name, what it asks of these keys, and whether it asks for others."""
    asked = tuple(one for one in group.selector.requirements if one.key in keys)
    return group.name, asked, len(asked) < len(group.selector.requirements)
