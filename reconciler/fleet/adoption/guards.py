"""Whom a layer is for: agents labelled as some host is, and nobody else.

A layer alone is half a config. An agent with a role that nobody had before, or a region
in which its role was never seen, is better left alone than given pieces that never ran
together. So every layer asks for the labels that others need, in those combinations
that its own hosts have.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from reconciler.fleet.adoption import labelling
from reconciler.fleet.adoption.labelling import Labels, Values
from reconciler.fleet.labels import Operator, Requirement, Selector

_MOST_VALUES: Final = 24
"""Values of a label that a selector names; of more it only asks that there is one."""
_MOST_SELECTORS: Final = 8
"""For one layer; of more combinations than they can name, all are let in."""

_Product: TypeAlias = tuple[frozenset[str | None], ...]
"""For each of some keys the values that go with all those of the others."""


class Guards:
    """Makes selectors for layers of the same hosts."""

    def __init__(self, hosts: Sequence[Labels], required: Collection[str]) -> None:
        """Set up for hosts.

        Args:
            hosts: Their labels.
            required: Labels without which an agent would get half a config. One that
                some host lacks can be asked of nobody.
        """
        self._hosts = hosts
        self._named: list[str] = []
        self._existing: list[str] = []
        for key in sorted(required, key=labelling.order):
            if all(key in labels for labels in hosts):
                many = len({labels[key] for labels in hosts}) > _MOST_VALUES
                (self._existing if many else self._named).append(key)

    @property
    def keys(self) -> frozenset[str]:
        """The labels that are asked for."""
        return frozenset((*self._named, *self._existing))

    def selectors(self, keys: tuple[str, ...], values: Values) -> tuple[Selector, ...]:
        """Selectors that pick the hosts of a group; no agent is picked by two.

        Args:
            keys: The labels of the group.
            values: Of these labels.
        """
        own = [labelling.requirement(*pair) for pair in zip(keys, values, strict=True)]
        existing = [
            Requirement(key, Operator.EXISTS)
            for key in self._existing
            if key not in keys
        ]
        others = [key for key in self._named if key not in keys]
        seen = {
            labelling.of(labels, others)
            for labels in self._hosts
            if labelling.of(labels, keys) == values
        }
        return tuple(
            Selector((*own, *asked, *existing)) for asked in among(others, seen)
        )


def among(
    keys: Sequence[str], seen: Iterable[Values]
) -> Iterator[tuple[Requirement, ...]]:
    """What agents must meet that carry values of these keys as they were seen."""
    for product in _few(products(seen)):
        yield tuple(
            Requirement(key, Operator.IN, frozenset(value for value in values if value))
            for key, values in zip(keys, product, strict=True)
        )


def _few(found: tuple[_Product, ...]) -> tuple[_Product, ...]:
    if len(found) <= _MOST_SELECTORS:
        return found
    columns = zip(*found, strict=True)
    return (tuple(frozenset().union(*column) for column in columns),)


def products(seen: Iterable[Values]) -> tuple[_Product, ...]:
    """Combinations of values as few sets that go with each other; none overlap."""
    rests: dict[str | None, set[Values]] = defaultdict(set)
    for values in seen:
        if not values:
            return ((),)
        rests[values[0]].add(values[1:])
    alike: dict[frozenset[Values], set[str | None]] = defaultdict(set)
    for first in sorted(rests, key=str):
        alike[frozenset(rests[first])].add(first)
    return tuple(
        (frozenset(firsts), *product)
        for rest, firsts in alike.items()
        for product in products(sorted(rest, key=str))
    )
