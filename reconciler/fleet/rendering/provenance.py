"""Which document and line set a value, what it overrode, and what took it away.

Asked by `reconciler explain`, plans and reports of drift. Nothing is recorded while
rendering: the layers are laid again by the same functions, one by one, from trees in
which every place also says whose it is, and looked at after each.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from reconciler.errors import Where
from reconciler.fleet.documents import COLLECTOR_ENTRY, CollectorConfig, Fleet, Removal
from reconciler.fleet.findings import Report
from reconciler.fleet.rendering import layers, lists, origins
from reconciler.fleet.rendering.layers import Layer
from reconciler.fleet.rendering.lists import Contribution
from reconciler.fleet.rendering.origins import Origin
from reconciler.fleet.syntax import merge, nodes, pointers
from reconciler.fleet.syntax.nodes import Node, Sequence, Table
from reconciler.fleet.syntax.pointers import Path, Pattern


class Act(StrEnum):
    """What a document did to a value."""

    SET = "set"
    OVERRODE = "overrode"
    MERGED = "merged"
    """Into a list or mapping of documents below it."""
    REMOVED = "removed"
    """The value, or a part of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One document that had a hand in a value.

    Attributes:
        document: Name of the `CollectorConfig`.
        act: What it did.
        where: The place in the fleet repo.
        value: What stood there after it; None when nothing did.
        through: Places of the variables that the value came through.
    """

    document: str
    act: Act
    where: Where
    value: Node | None
    through: tuple[Where, ...] = ()


def trace(
    fleet: Fleet,
    labels: Mapping[str, str],
    path: Path,
    *,
    entry: str = COLLECTOR_ENTRY,
    claimed: frozenset[str] = frozenset(),
) -> tuple[Step, ...]:
    """Everyone who had a hand in the value at a path, in order; the last one counts.

    An index of a list means the item that ends up there. Empty when nobody set the
    value for agents with these labels.
    """
    configs = _marked(fleet, labels, claimed, entry)
    if any(config.text for config in configs):
        blamed = blame(fleet, labels, entry=entry, claimed=claimed)
        return tuple(step for at, step in blamed.items() if at == path)
    values = layers.values(fleet, labels, claimed)
    stages = tuple(_stages(layers.read(one, values, Report()) for one in configs))
    if not stages:
        return ()
    way = _way(stages[-1].after, path)
    return tuple(step for stage in stages for step in _steps(stage, way))


def blame(
    fleet: Fleet,
    labels: Mapping[str, str],
    *,
    entry: str = COLLECTOR_ENTRY,
    claimed: frozenset[str] = frozenset(),
) -> Mapping[Path, Step]:
    """Who set each leaf that agents with these labels get: scalars, and what is empty.

    In one pass over the layers; what the leaf overrode, `trace` says.
    """
    configs = _marked(fleet, labels, claimed, entry)
    if not configs:
        return {}
    tree = layers.content(configs, layers.values(fleet, labels, claimed), Report())
    return {} if nodes.is_empty(tree) else dict(_leaves(tree, ()))


def _leaves(node: Node, path: Path) -> Iterator[tuple[Path, Step]]:
    match node:
        case Table(pairs) if pairs:
            for key, (_, value) in pairs.items():
                yield from _leaves(value, (*path, key))
        case Sequence(items) if items:
            for index, item in enumerate(items):
                yield from _leaves(item, (*path, str(index)))
        case _:
            origin = origins.of(node)
            value = origins.unmarked(node)
            name, through = origin.document, origin.through
            yield path, Step(name, Act.SET, origin.place, value, through)


def _marked(
    fleet: Fleet, labels: Mapping[str, str], claimed: frozenset[str], entry: str
) -> tuple[CollectorConfig, ...]:
    """The documents of an agent, of which every place is marked."""
    values = layers.values(fleet, labels, claimed)
    return tuple(
        origins.mark(config, values)
        for config in layers.select(fleet, labels, claimed)
        if config.entry == entry
    )


@dataclass(frozen=True, slots=True)
class _Stage:
    """The tree before and after one thing that one document does, of three.

    Attributes:
        removals: What it takes away.
        tree: What it sets.
        lists: What it puts to lists that are there.
    """

    document: str
    before: Table
    after: Table
    removals: tuple[Removal, ...] = ()
    tree: Table | None = None
    lists: tuple[Contribution, ...] = ()


def _stages(marked: Iterable[Layer]) -> Iterator[_Stage]:
    """What `layers.merged` does at once, document by document."""
    tree = Table({}, Where(""))
    for band in layers.bands(marked):
        below = tree
        gone: list[Pattern] = []
        for layer in (one for one in band if one.config.remove):
            removals = layer.config.remove
            gone += [removal.path for removal in removals]
            before, tree = tree, merge.remove(below, gone)
            yield _Stage(layer.config.name, before, tree, removals=removals)
        left = tree
        united = itertools.accumulate((layer.tree for layer in band), _unite)
        for layer, own in zip(band, united, strict=True):
            before, tree = tree, merge.overlay(left, own)
            yield _Stage(layer.config.name, before, tree, tree=layer.tree)
        for layer in band:
            before, tree = tree, lists.lay(tree, layer.lists, Report())
            yield _Stage(layer.config.name, before, tree, lists=layer.lists)


def _unite(one: Table, other: Table) -> Table:
    return merge.unite(one, other)[0]


_Way: TypeAlias = tuple[str | Origin, ...]
"""A path in which an item of a list goes by its origin, whatever its index."""


def _way(tree: Table, path: Path) -> _Way:
    """The way to what ends up at a path; beyond that it goes by the path's own keys."""
    way: list[str | Origin] = []
    node: Node | None = tree
    for key in path:
        inside = _child(node, key)
        is_item = isinstance(node, Sequence) and inside is not None
        way.append(origins.of(inside) if is_item and inside else key)
        node = inside
    return tuple(way)


def _find(node: Node | None, way: _Way) -> Node | None:
    for key in way:
        node = _child(node, key)
    return node


def _child(node: Node | None, key: str | Origin) -> Node | None:
    match node:
        case Table(pairs) if isinstance(key, str) and key in pairs:
            return pairs[key][1]
        case Sequence(items) if isinstance(key, str):
            index = pointers.index(key)
            return items[index] if index < len(items) else None
        case Sequence(items):
            return next((item for item in items if item.where == key), None)
        case _:
            return None


def _steps(stage: _Stage, way: _Way) -> Iterator[Step]:
    """The step of a stage that changed what is found on the way, if it did."""
    before, after = _find(stage.before, way), _find(stage.after, way)
    if after is before:
        return
    value = None if after is None else origins.unmarked(after)
    for removal in stage.removals:
        if _find(merge.remove(stage.before, (removal.path,)), way) is not before:
            yield Step(stage.document, Act.REMOVED, removal.where, value)
            return
    said = after
    if said is None or origins.of(said).document != stage.document:
        said = _nearest(stage, way)
    act, origin = _act(before, after, stage), origins.of(said)
    yield Step(stage.document, act, origin.place, value, origin.through)


def _nearest(stage: _Stage, way: _Way) -> Node:
    """What the document itself has on the way, as far as it goes."""
    for one in stage.lists:
        if all(key == own for key, own in zip(way, one.path, strict=False)):
            return one.list
    node: Node = stage.tree or stage.after
    for key in way:
        inside = _child(node, key)
        if inside is None:
            break
        node = inside
    return node


def _act(before: Node | None, after: Node | None, stage: _Stage) -> Act:
    if before is None or not origins.of(before).document:
        return Act.SET
    match before, after:
        case Table(), Table():
            return Act.MERGED
        case Sequence(), Sequence() if stage.lists:
            return Act.MERGED
        case _:
            return Act.OVERRODE
