"""Which of many selectors pick an agent: one look-up for each label key they ask for.

Made once a fleet by `state/desired.py` and asked for every agent. What selectors make
of one value of one key is worked out when that value is first met, so that agents cost
the same with three selectors or three thousand. Says the same as asking each selector
in turn.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from reconciler.fleet.labels import Operator, Requirement, Selector

REMEMBERED: Final = 10_000
"""Values of a key that are remembered; an agent may report others in every message."""


class Index:
    """A list of selectors.

    Attributes:
        trusted: Keys for which some selector does not take an agent's own word.
    """

    def __init__(self, selectors: Iterable[Selector]) -> None:
        every = tuple(selectors)
        self.trusted = frozenset(key for one in every for key in one.trusted)
        self._all = (1 << len(every)) - 1
        self._keys = {
            key: _Key(key, every, self._all)
            for key in sorted({key for one in every for key in one.keys})
        }

    def matching(
        self, labels: Mapping[str, str], claimed: Collection[str] = frozenset()
    ) -> int:
        """The selectors that match: bit n of the number is for selector n.

        Args:
            labels: All labels of an agent.
            claimed: Keys that nobody but the agent itself vouches for.
        """
        found = self._all
        for key, asked in self._keys.items():
            mask = asked.holding(labels.get(key))
            if asked.trusting and key in claimed:
                mask &= ~asked.trusting
                mask |= asked.trusting & asked.holding(None)
            found &= mask
        return found


class _Key:
    """What all selectors ask of one key.

    Attributes:
        trusting: Bits of the selectors that do not take an agent's own word for it.
    """

    def __init__(self, key: str, selectors: tuple[Selector, ...], every: int) -> None:
        self.trusting = 0
        self._asked: dict[int, tuple[Requirement, ...]] = {}
        self._naming: dict[str, list[int]] = defaultdict(list)
        self._by_version: list[int] = []
        self._known: dict[str | None, int] = {}
        for number, selector in enumerate(selectors):
            self._add(1 << number, key, selector)
        unasked = every & ~sum(self._asked)
        self._absent = unasked | self._met(None, self._asked)
        # No value that is named, and no version, ends in a space after the longest.
        other = max(self._naming, key=len, default="") + " "
        self._other = unasked | self._met(other, self._asked)

    def _add(self, bit: int, key: str, selector: Selector) -> None:
        asked = tuple(one for one in selector.requirements if one.key == key)
        if not asked:
            return
        self._asked[bit] = asked
        if key in selector.trusted:
            self.trusting |= bit
        if any(one.operator is Operator.SEMVER_IN for one in asked):
            self._by_version.append(bit)
        for value in {value for one in asked for value in one.values}:
            self._naming[value].append(bit)

    def holding(self, value: str | None) -> int:
        """The selectors that an agent with this value of the key may match."""
        if value is None:
            return self._absent
        if value not in self._naming and not self._by_version:
            return self._other
        found = self._known.get(value)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[value] = self._hold(value)
        return found

    def _hold(self, value: str) -> int:
        """As with any other value, but for those that name it or look at versions."""
        special = {*self._naming.get(value, ()), *self._by_version}
        others = self._other
        for bit in special:
            others &= ~bit
        return others | self._met(value, special)

    def _met(self, value: str | None, bits: Iterable[int]) -> int:
        found = 0
        for bit in bits:
            if all(one.holds(value) for one in self._asked[bit]):
                found |= bit
        return found
