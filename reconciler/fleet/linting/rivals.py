"""Documents of equal priority that one agent may match, and that disagree.

Asked by the linter, who is not told of any agent that shows it: for groups, and for
configs where the selectors allow more agents than can be looked at.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from reconciler.fleet import labels
from reconciler.fleet.documents import CollectorConfig, Fleet
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.labels import Operator, Selector
from reconciler.fleet.rendering import layers, render
from reconciler.fleet.rendering.render import Blocked
from reconciler.fleet.syntax import merge, nodes
from reconciler.fleet.syntax.nodes import Node, Table
from reconciler.fleet.syntax.pointers import Path

MOST_PAIRS: Final = 100_000
"""Pairs of configs that are compared, beyond which agents tell when they come."""

_Pair: TypeAlias = tuple[CollectorConfig, CollectorConfig]


def groups(fleet: Fleet) -> Iterator[Finding]:
    """Ties that no third group of higher priority settles."""
    ranked = sorted(fleet.groups.values(), key=lambda one: (one.priority, one.name))
    for _, band in itertools.groupby(ranked, key=lambda one: one.priority):
        for one, other in itertools.combinations(band, 2):
            agent = _common(one.selector, other.selector)
            tie = None if agent is None else render.group_of(fleet, agent)
            yield from tie.findings if isinstance(tie, Blocked) else ()


def configs(fleet: Fleet) -> Iterator[Finding]:
    """Values that two configs set differently; those with variables are left out."""
    bands = defaultdict[tuple[int, str], list[CollectorConfig]](list)
    for config in fleet.configs.values():
        if not config.variables:
            bands[config.priority, config.entry].append(config)
    pairs = itertools.chain.from_iterable(map(_differing, bands.values()))
    for one, other in itertools.islice(pairs, MOST_PAIRS):
        agent = _common(one.selector, other.selector)
        if agent is not None:
            yield from _conflicts(fleet, one, other, agent)


def _differing(band: Iterable[CollectorConfig]) -> Iterator[_Pair]:
    """Pairs that set some path to different values, once each."""
    by_path = defaultdict[Path, list[tuple[CollectorConfig, Node]]](list)
    for config in band:
        for path, value in _values(config.tree):
            by_path[path].append((config, value))
    told = set[tuple[str, str]]()
    for setters in by_path.values():
        for (one, first), (other, second) in itertools.combinations(setters, 2):
            if (one.name, other.name) not in told and not nodes.same(first, second):
                told.add((one.name, other.name))
                yield one, other


def _values(table: Table, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    for key, (_, value) in table.items.items():
        if isinstance(value, Table):
            yield from _values(value, (*path, key))
        else:
            yield (*path, key), value


def _conflicts(
    fleet: Fleet, one: CollectorConfig, other: CollectorConfig, agent: dict[str, str]
) -> Iterator[Finding]:
    report = Report()
    layers.merged((one, other), layers.values(fleet, agent), report)
    for finding in report.findings:
        if finding.rule == merge.CONFLICT:
            yield finding


def _common(one: Selector, other: Selector) -> dict[str, str] | None:
    """Labels of an agent that both select; the usual ways not to are told quickly."""
    for first in one.requirements:
        for second in other.requirements:
            is_same = first.key == second.key
            is_in = first.operator is second.operator is Operator.IN
            if is_same and is_in and first.values.isdisjoint(second.values):
                return None
    return labels.witness(one, other)
