"""Why a value differs from host to host: the labels that say so in the fewest lines.

`best` weighs for one place of the configs: one value for all; a value for each value of
a label; of two labels; with hosts left over that nothing explains. Inside a group of
hosts the usual value counts, and what most groups share goes one level down.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from reconciler.fleet.adoption import change, labelling
from reconciler.fleet.adoption.labelling import Labels, Values
from reconciler.fleet.syntax import hashing
from reconciler.fleet.syntax.nodes import Node

Observed: TypeAlias = tuple[Node | None, ...]
"""What stands at one place, by host; None where nothing does."""

_Known: TypeAlias = "bytes | None"

_ENTRY: Final = 1.0
"""Lines that a group's own value costs beside the value."""
_EXCEPTION: Final = 4.0
"""That a host costs which no label explains: people will wonder why."""
_KEYS: Final = (0.0, 0.5, 3.0)
"""Lines that a value costs that depends on no label, one, or two."""
_PATCHED: Final = 3
"""Lines that must be saved for one group's value to lie below that of another."""
_ODD: Final = 5
"""One host in so many may lack what the rest of its group has, and be odd; with more,
it is no longer true of the group."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the values of one place go.

    Attributes:
        keys: The labels they depend on, from the lower layer up.
        settled: By the values of the first of these keys: of none for the base. Groups
            that agree with the layer below are left out.
        lines: That people have to read.
        overhead: What it costs them, in lines, that there are so many places to look.
        exceptions: Hosts that differ from what their labels say.
    """

    keys: tuple[str, ...]
    settled: Mapping[Values, Node]
    lines: int
    overhead: float
    exceptions: int

    @property
    def cost(self) -> float:
        """By which explanations are compared."""
        return self.lines + self.overhead


_Value = TypeVar("_Value")


def below(settled: Mapping[Values, _Value], group: Values) -> _Value | None:
    """What the layers under that of a group have settled for it."""
    lower = (group[:size] for size in range(len(group) - 1, -1, -1))
    return next((settled[one] for one in lower if one in settled), None)


class Explainer:
    """Explains places of the configs of the same hosts.

    Attributes:
        keys: The keys it tries, best first.
    """

    def __init__(self, hosts: Sequence[Labels], keys: Sequence[str]) -> None:
        self._hosts = hosts
        self.keys = tuple(keys)
        self._groups: dict[tuple[str, ...], tuple[Values, ...]] = {}
        self._nodes: dict[bytes, Node] = {}
        self._digests: dict[int, tuple[Node, bytes]] = {}
        self._costs: dict[tuple[_Known, _Known], int] = {}

    def rank(self, places: Iterable[Observed]) -> None:
        """Put the keys first that explain most by themselves."""
        gains: Counter[str] = Counter()
        for observed in places:
            known = self._identified(observed)
            alone = self._explain(known, ()).cost
            for key in self.keys:
                gains[key] += max(0, int(alone - self._explain(known, (key,)).cost))
        self.keys = tuple(
            sorted(self.keys, key=lambda key: (-gains[key], self.keys.index(key)))
        )

    def best(self, observed: Observed) -> Explanation:
        """That of the fewest lines; of equals the one of fewer or better keys."""
        known = self._identified(observed)
        tried = [self._explain(known, ())]
        if tried[0].exceptions:
            tried += [self._explain(known, (key,)) for key in self.keys]
        if all(one.exceptions for one in tried):
            pairs = itertools.permutations(self.keys, 2)
            tried += [self._explain(known, pair) for pair in pairs]
        return min(tried, key=lambda one: one.cost)

    def _identified(self, observed: Observed) -> tuple[_Known, ...]:
        return tuple(None if node is None else self._digest(node) for node in observed)

    def _digest(self, node: Node) -> bytes:
        """Equal for values that mean the same."""
        held = self._digests.get(id(node))
        if held is None:
            digest = bytes(hashing.config_hash({"": ("", node)}))
            held = self._digests[id(node)] = (node, digest)
            self._nodes.setdefault(digest, node)
        return held[1]

    def _explain(
        self, observed: tuple[_Known, ...], keys: tuple[str, ...]
    ) -> Explanation:
        members: dict[Values, list[_Known]] = defaultdict(list)
        for group, value in zip(self._grouped(keys), observed, strict=True):
            members[group].append(value)
        wanted: dict[Values, _Known] = {
            group: _usual(values) for group, values in members.items()
        }
        odd = [
            (wanted[group], value)
            for group, values in members.items()
            for value in values
            if value != wanted[group]
        ]
        settled = self._settle(wanted, len(keys))
        layers = ((below(settled, group), value) for group, value in settled.items())
        return Explanation(
            keys,
            {group: self._nodes[value] for group, value in settled.items()},
            lines=sum(self._lines(*one) for one in (*layers, *odd)),
            overhead=(_KEYS[len(keys)] + _ENTRY * len(settled) + _EXCEPTION * len(odd)),
            exceptions=len(odd),
        )

    def _settle(
        self, wanted: Mapping[Values, _Known], depth: int
    ) -> dict[Values, bytes]:
        """Every group's value, and what is shared moved down; only what differs."""
        levels = [dict(wanted)]
        for size in range(depth - 1, -1, -1):
            inside: dict[Values, list[_Known]] = defaultdict(list)
            for group, value in levels[-1].items():
                inside[group[:size]].append(value)
            levels.append(
                {group: self._under(group, values) for group, values in inside.items()}
            )
        every = {
            group: value for level in reversed(levels) for group, value in level.items()
        }
        return {
            group: value
            for group, value in every.items()
            if value is not None and value != (every[group[:-1]] if group else None)
        }

    def _under(self, group: Values, values: Sequence[_Known]) -> _Known:
        """What goes below the groups inside a group.

        What they agree on, or what several have. Inside a label's own layer also what
        only one has, if that saves much; the base must not speak for one of them.
        """
        if None in values:
            return None
        (value, often), *_ = Counter(values).most_common(1)
        if often > 1 or len(values) == 1:
            return value
        apart = sum(self._lines(None, other) for other in values)
        patched = self._lines(None, value)
        patched += sum(self._lines(value, other) for other in values)
        return value if group and patched + _PATCHED < apart else None

    def _grouped(self, keys: tuple[str, ...]) -> tuple[Values, ...]:
        if keys not in self._groups:
            self._groups[keys] = tuple(labelling.of(one, keys) for one in self._hosts)
        return self._groups[keys]

    def _node(self, value: _Known) -> Node | None:
        return None if value is None else self._nodes[value]

    def _lines(self, low: _Known, high: _Known) -> int:
        """What it takes to make one value of another."""
        found = self._costs.get((low, high))
        if found is None:
            edits = change.between(self._node(low), self._node(high), ("",))
            found = self._costs[low, high] = change.cost(edits)
        return found


def _usual(values: Sequence[_Known]) -> _Known:
    """What most hosts of a group have; nothing, if too many of them have nothing."""
    present = Counter(value for value in values if value is not None)
    if not present or values.count(None) * _ODD > len(values):
        return None
    (value, _), *_ = present.most_common(1)
    return value
