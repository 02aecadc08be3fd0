"""The documents that an agent gets, laid over each other.

Called by `render.py` for the tree, and by `provenance.py` for who had a hand in it.
Documents of one priority are a band. From the lowest band up: what a band removes goes
from the tree below; what its documents set is united, so that no order of files or
names decides, and laid over that; then lists that have a rule are put to the lists that
lie there, in order of the documents' names.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.errors import Where
from reconciler.fleet.documents import CollectorConfig, Fleet
from reconciler.fleet.findings import Report
from reconciler.fleet.rendering import lists
from reconciler.fleet.rendering.lists import Contribution
from reconciler.fleet.rendering.variables import Values
from reconciler.fleet.syntax import merge
from reconciler.fleet.syntax.merge import Conflict
from reconciler.fleet.syntax.nodes import Node, Table
from reconciler.fleet.syntax.pointers import Path


@dataclass(frozen=True, slots=True)
class Layer:
    """What a document is for one agent.

    Attributes:
        tree: What it sets, variables filled in, without the lists that have a rule.
        lists: Those lists.
    """

    config: CollectorConfig
    tree: Table
    lists: tuple[Contribution, ...]


def select(
    fleet: Fleet, labels: Mapping[str, str], claimed: frozenset[str] = frozenset()
) -> tuple[CollectorConfig, ...]:
    """The documents for an agent, low priority to high, then by name."""
    return tuple(
        one for one in fleet.configs.values() if one.selector.matches(labels, claimed)
    )


def values(
    fleet: Fleet, labels: Mapping[str, str], claimed: frozenset[str] = frozenset()
) -> Values:
    """The variables for an agent."""
    chosen = (one for one in fleet.variables if one.selector.matches(labels, claimed))
    return Values(fleet, chosen)


def read(config: CollectorConfig, values: Values, report: Report) -> Layer:
    """One document for the agent of these variables."""
    trees = config.mappings
    if config.variables:
        trees = tuple(values.fill(tree, report) for tree in trees)
    tree, found = lists.split(
        functools.reduce(merge.overlay, trees), config.lists, report
    )
    return Layer(config, tree, found)


def bands(layers: Iterable[Layer]) -> Iterator[tuple[Layer, ...]]:
    """Layers of one priority together, from the lowest up."""
    ranked = sorted(layers, key=lambda one: (one.config.priority, one.config.name))
    for _, band in itertools.groupby(ranked, key=lambda one: one.config.priority):
        yield tuple(band)


def content(configs: Iterable[CollectorConfig], values: Values, report: Report) -> Node:
    """What an agent gets from documents of one entry: a tree, or the one text of them.

    More than one of which one is text, and the report has to say so: see `render.py`.
    """
    configs = tuple(configs)
    texts = (text for config in configs if (text := config.text))
    return next(texts, None) or merged(configs, values, report)


def merged(configs: Iterable[CollectorConfig], values: Values, report: Report) -> Table:
    """The tree that an agent gets from documents of one entry, of which one at least.

    It is whole whatever the report says, so that the rules can look at it.
    """
    layers = [read(config, values, report) for config in configs]
    empty = Table({}, layers[0].tree.where)
    return functools.reduce(
        lambda below, band: _lay(below, band, report), bands(layers), empty
    )


def _lay(below: Table, band: tuple[Layer, ...], report: Report) -> Table:
    left = merge.remove(
        below, [removal.path for layer in band for removal in layer.config.remove]
    )
    own = _unite(band, report)
    tree = merge.overlay(left, own)
    _report(lists.disagreements(one for layer in band for one in layer.lists), report)
    for layer in band:
        tree = lists.lay(tree, _unrivalled(layer, own, report), report)
    return tree


def _unrivalled(layer: Layer, own: Table, report: Report) -> Iterator[Contribution]:
    """The lists of a layer, but for those that an equal document sets whole."""
    for one in layer.lists:
        if set_by_equal := _place(own, one.path):
            _report((Conflict(one.path, set_by_equal, one.where),), report)
        else:
            yield one


def _unite(band: tuple[Layer, ...], report: Report) -> Table:
    tree = band[0].tree
    for layer in band[1:]:
        tree, conflicts = merge.unite(tree, layer.tree)
        _report(conflicts, report)
    return tree


def _report(conflicts: Iterable[Conflict], report: Report) -> None:
    report.add(*map(merge.describe, conflicts))


def _place(table: Table, path: Path) -> Where | None:
    """Where a path is set; None when it is not."""
    where: Where | None = None
    node: Node = table
    for key in path:
        if not isinstance(node, Table) or key not in node.items:
            return None
        where, node = node.items[key]
    return where
