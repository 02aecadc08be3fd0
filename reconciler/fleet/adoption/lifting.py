"""Values that differ between many hosts in an otherwise equal piece become variables.

An endpoint for each region, a name for each host: a layer for every one of them would
bury what is the same. A `Lifter` puts `{$var: name}` in their place; what is the same
is then found by `units.py` as if they had never differed.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from reconciler.fleet.adoption import change, labelling, units
from reconciler.fleet.adoption.labelling import Labels, Values
from reconciler.fleet.rendering import variables
from reconciler.fleet.syntax import nodes
from reconciler.fleet.syntax.nodes import Node, Scalar, Table, Timestamp
from reconciler.fleet.syntax.pointers import Path

MANY: Final = 4
"""Different values from which on layers would be too many."""
_ODD: Final = 10
"""One host in so many may have a value that its labels do not explain."""

Members: TypeAlias = tuple[int, ...]
"""Hosts, by their number among the inputs."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that labels decide.

    Attributes:
        keys: The labels; none when every host has its own value.
        values: By the values of these labels.
        own: Of hosts that labels do not explain.
    """

    name: str
    keys: tuple[str, ...]
    values: Mapping[Values, Node]
    own: Mapping[int, Node]


class Lifter:
    """Lifts values out of the configs of the same hosts.

    Attributes:
        found: The variables so far, in the order of first use.
    """

    def __init__(
        self,
        hosts: Sequence[Labels],
        identified: Sequence[bool],
        choices: Sequence[tuple[str, ...]],
    ) -> None:
        """Set up for hosts.

        Args:
            hosts: Their labels.
            identified: Whether a host can be told from all others.
            choices: Label keys that a variable may depend on, the best first.
        """
        self.found: list[Variable] = []
        self._hosts = hosts
        self._identified = identified
        self._choices = choices
        self._known: dict[tuple[tuple[int, str], ...], str] = {}

    def lift(self, trees: Sequence[Table]) -> tuple[Table, ...]:
        """The configs with variables in them."""
        lifted = list(trees)
        for path, observed in units.observe(trees).items():
            members = tuple(n for n, one in enumerate(observed) if one is not None)
            values = tuple(one for one in observed if one is not None)
            if not units.is_shared(observed):
                continue
            for number, value in zip(
                members, self._lift(values, path, members), strict=True
            ):
                lifted[number] = change.replaced(lifted[number], path, value)
        return tuple(lifted)

    def _lift(
        self, values: tuple[Node, ...], path: Path, members: Members
    ) -> tuple[Node, ...]:
        """The values of a place with variables in them, for the hosts that have one."""
        if tables := _all_of(values, Table):
            return self._lift_tables(tables, path, members)
        if lists := _all_of(values, nodes.Sequence):
            return self._lift_lists(lists, path, members)
        if scalars := _all_of(values, Scalar):
            return self._lift_scalars(scalars, path, members)
        return values

    def _lift_tables(
        self, tables: tuple[Table, ...], path: Path, members: Members
    ) -> tuple[Node, ...]:
        common = [
            key for key in tables[0].items if all(key in one.items for one in tables)
        ]
        columns = {
            key: self._lift(
                tuple(one.items[key][1] for one in tables), (*path, key), members
            )
            for key in common
        }
        return tuple(
            Table(
                {
                    key: (where, columns[key][row] if key in columns else value)
                    for key, (where, value) in table.items.items()
                },
                table.where,
            )
            for row, table in enumerate(tables)
        )

    def _lift_lists(
        self, lists: tuple[nodes.Sequence, ...], path: Path, members: Members
    ) -> tuple[Node, ...]:
        if len({len(one.items) for one in lists}) > 1:
            return lists
        columns = [
            self._lift(column, (*path, str(number)), members)
            for number, column in enumerate(
                zip(*(one.items for one in lists), strict=True)
            )
        ]
        return tuple(
            nodes.Sequence(tuple(column[row] for column in columns), one.where)
            for row, one in enumerate(lists)
        )

    def _lift_scalars(
        self, scalars: tuple[Scalar, ...], path: Path, members: Members
    ) -> tuple[Node, ...]:
        spelled = [repr(one.value) for one in scalars]
        if len(set(spelled)) < MANY or not all(map(_is_plain, scalars)):
            return scalars
        known = tuple(zip(members, spelled, strict=True))
        if known not in self._known:
            variable = self._explain(scalars, path, members)
            if variable is None:
                return scalars
            self._known[known] = variable.name
            self.found.append(variable)
        return tuple(_use(self._known[known], one) for one in scalars)

    def _explain(
        self, scalars: tuple[Scalar, ...], path: Path, members: Members
    ) -> Variable | None:
        """What decides a value: a label, two, or else the host itself."""
        for keys in self._choices:
            groups = [labelling.of(self._hosts[number], keys) for number in members]
            usual = _usual(groups, scalars)
            own = {
                number: one
                for number, group, one in zip(members, groups, scalars, strict=True)
                if not nodes.same(one, usual[group])
            }
            if self._holds(usual, own, members):
                return Variable(self._name(path), keys, usual, own)
        every = dict(zip(members, scalars, strict=True))
        if self._holds({}, every, members):
            return Variable(self._name(path), (), {}, every)
        return None

    def _holds(
        self,
        usual: Mapping[Values, Scalar],
        own: Mapping[int, Scalar],
        members: Members,
    ) -> bool:
        """Whether so many values, and so few exceptions, are worth a variable."""
        if not all(self._identified[number] for number in own):
            return False
        different = {repr(one.value) for one in (usual or own).values()}
        if not usual:
            return 2 * len(different) >= len(members)
        return len(different) >= MANY and len(own) * _ODD <= len(members)

    def _name(self, path: Path) -> str:
        """Of the component and the setting: `otlp_backend_endpoint`."""
        words = [word for word in path[1:] if not word.isdigit()] or ["value"]
        *_, last = words
        plain = _NOT_A_WORD.sub("_", "_".join(dict.fromkeys((words[0], last))).lower())
        name = f"v{plain}" if not plain[:1].isalpha() else plain
        taken = {one.name for one in self.found}
        numbered = (f"{name[:80]}_{number}" for number in range(2, len(taken) + 3))
        return next(one for one in (name[:80], *numbered) if one not in taken)


_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_Sort = TypeVar("_Sort", Table, nodes.Sequence, Scalar)


def _all_of(values: tuple[Node, ...], sort: type[_Sort]) -> tuple[_Sort, ...]:
    """The values, if all of them are of a sort; else none."""
    found = tuple(value for value in values if isinstance(value, sort))
    return found if len(found) == len(values) else ()


def _is_plain(scalar: Scalar) -> bool:
    """Whether it can be written on one line of a document."""
    value = scalar.value
    is_line = not isinstance(value, str) or value.isprintable()
    return value is not None and is_line and not isinstance(value, Timestamp)


def _usual(
    groups: Sequence[Values], scalars: Sequence[Scalar]
) -> Mapping[Values, Scalar]:
    """The most frequent value of every group."""
    inside: dict[Values, list[Scalar]] = defaultdict(list)
    for group, one in zip(groups, scalars, strict=True):
        inside[group].append(one)
    return {group: _most_frequent(values) for group, values in inside.items()}


def _most_frequent(values: Sequence[Scalar]) -> Scalar:
    (spelled, _), *_ = Counter(repr(one.value) for one in values).most_common(1)
    return next(one for one in values if repr(one.value) == spelled)


def _use(name: str, scalar: Scalar) -> Table:
    where = scalar.where
    return Table({variables.VAR: (where, Scalar(name, where))}, where)
