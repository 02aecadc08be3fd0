"""From explained places to layers: the base, one for each label value, exceptions.

What the layers give every host is worked out in the end, and whatever still differs
from its input becomes an exception of that host. So layers may be as plain as people
like them, and the result is right all the same.
"""

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.fleet.adoption import change, explanation, guards, labelling
from reconciler.fleet.adoption.change import Change, Edit
from reconciler.fleet.adoption.guards import Guards
from reconciler.fleet.adoption.labelling import Labels, Values
from reconciler.fleet.adoption.units import Placed
from reconciler.fleet.labels import Selector
from reconciler.fleet.syntax import hashing, merge
from reconciler.fleet.syntax.nodes import Table

EXCEPTION: Final = 90
_STEP: Final = 10

_Group: TypeAlias = tuple[tuple[str, ...], Values]


@dataclass(frozen=True, slots=True)
class Layer:
    """One document to be.

    Attributes:
        keys: The labels it is for; none for the base and for exceptions.
        values: Of these labels.
        selectors: Each for a document of its own, with the same content.
        members: The inputs it is for, by number.
    """

    keys: tuple[str, ...]
    values: Values
    selectors: tuple[Selector, ...]
    priority: int
    change: Change
    members: tuple[int, ...]

    @property
    def is_base(self) -> bool:
        """Whether all hosts get it."""
        return not (self.keys or self.is_exception)

    @property
    def is_exception(self) -> bool:
        """Whether only the hosts themselves explain it."""
        return self.priority >= EXCEPTION


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is laid in layers.

    Attributes:
        trees: What every host should get, variables in it.
        hosts: Labels of every host.
        identities: The labels that tell a host from all others; None where none do.
    """

    trees: Sequence[Table]
    hosts: Sequence[Labels]
    identities: Sequence[Labels | None]


def lay(
    inputs: Inputs, placed: Sequence[Placed], needed: frozenset[str]
) -> tuple[Layer, ...]:
    """The layers, low priority to high.

    Args:
        inputs: The configs.
        placed: Where their parts go.
        needed: Labels without which an agent has no use of any layer.
    """
    order = functools.reduce(merge.overlay, inputs.trees)
    changes = {
        group: change.of(edits, order) for group, edits in _edits(placed).items()
    }
    changes = {group: made for group, made in changes.items() if made}
    asked = Guards(inputs.hosts, needed | _required(changes))
    priorities = _priorities(inputs.hosts, {keys for keys, _ in changes})
    layers = [
        _layer(group, made, inputs.hosts, asked, priorities[group[0]])
        for group, made in changes.items()
    ]
    layers.sort(key=lambda layer: (layer.priority, [str(v) for v in layer.values]))
    return (*layers, *_exceptions(inputs, layers, order, asked))


def _edits(placed: Sequence[Placed]) -> dict[_Group, list[Edit]]:
    """What every group sets over the layers below it."""
    found: dict[_Group, list[Edit]] = defaultdict(list)
    for one in placed:
        settled = one.explanation.settled
        for values, node in settled.items():
            keys = one.explanation.keys[: len(values)]
            under = explanation.below(settled, values)
            found[_in_order(keys, values)] += change.between(under, node, one.path)
    return found


def _in_order(keys: tuple[str, ...], values: Values) -> _Group:
    """The same group, however its labels were found."""
    pairs = sorted(
        zip(keys, values, strict=True), key=lambda pair: labelling.order(pair[0])
    )
    return tuple(key for key, _ in pairs), tuple(value for _, value in pairs)


def _required(changes: Mapping[_Group, Change]) -> frozenset[str]:
    """Labels without which an agent would get half a config.

    Where a layer only sets other values than the base, those of the base do.
    """
    base = changes.get(((), ()), Change(change.NOTHING)).tree
    return frozenset(
        key
        for (keys, _), made in changes.items()
        if any(change.at(base, path) is None for path in _set_by(made))
        for key in keys
    )


def _set_by(made: Change) -> Iterator[tuple[str, ...]]:
    for path, _ in change.leaves(made.tree):
        # Lists are replaced or added to as one.
        yield path[
            : next((n for n, key in enumerate(path) if key.isdigit()), len(path))
        ]


def _priorities(
    hosts: Sequence[Labels], used: set[tuple[str, ...]]
) -> Mapping[tuple[str, ...], int]:
    """Single labels by the number of their values, then pairs, below exceptions."""

    def place(keys: tuple[str, ...]) -> tuple[int, int, list[tuple[int, str]]]:
        different = {labelling.of(labels, keys) for labels in hosts}
        return len(keys), len(different), [labelling.order(key) for key in keys]

    ranked = sorted(used | {()}, key=place)
    step = max(1, min(_STEP, EXCEPTION // len(ranked)))
    return {keys: step * number for number, keys in enumerate(ranked)}


def _layer(
    group: _Group, made: Change, hosts: Sequence[Labels], asked: Guards, priority: int
) -> Layer:
    keys, values = group
    members = tuple(
        number
        for number, labels in enumerate(hosts)
        if labelling.of(labels, keys) == values
    )
    selectors = asked.selectors(keys, values)
    return Layer(keys, values, selectors, priority, made, members)


def _exceptions(
    inputs: Inputs,
    layers: Sequence[Layer],
    order: Table,
    asked: Guards,
) -> Iterator[Layer]:
    """What is left between the layers and every input; once, where it is the same."""
    keys = {*asked.keys, *(key for layer in layers for key in layer.keys)}
    used = tuple(sorted(keys, key=labelling.order))
    given = _Given(layers)
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    changes: dict[int, Change] = {}
    for number, tree in enumerate(inputs.trees):
        identity = inputs.identities[number]
        made = change.of(change.between(given.to(number), tree), order)
        if made and identity:
            changes[number] = made
            digest = hashing.config_hash({"": ("", made.tree)})
            single = len(identity) == 1 or number
            alike[single, made.remove, made.append, digest].append(number)
    for members in alike.values():
        yield Layer(
            keys=(),
            values=(),
            selectors=_only(inputs, members, used),
            priority=EXCEPTION,
            change=changes[members[0]],
            members=tuple(members),
        )


class _Given:
    """What layers give to hosts; once for hosts that get the same ones."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = [(layer.change, frozenset(layer.members)) for layer in layers]
        self._known: dict[tuple[int, ...], Table] = {}

    def to(self, number: int) -> Table:
        """The config of one host."""
        chosen = tuple(
            place
            for place, (_, members) in enumerate(self._layers)
            if number in members
        )
        if chosen not in self._known:
            changes = (self._layers[place][0] for place in chosen)
            self._known[chosen] = functools.reduce(
                change.apply, changes, change.NOTHING
            )
        return self._known[chosen]


def _only(
    inputs: Inputs, members: Sequence[int], used: Sequence[str]
) -> tuple[Selector, ...]:
    """Selectors of these hosts as they are labelled now.

    An exception says what differs from the layers that its hosts get; with other labels
    they would get other layers.
    """
    hosts = [inputs.hosts[number] for number in members]
    identity = inputs.identities[members[0]] or {}
    others = [key for key in used if key not in identity]
    keys = [*identity, *(key for key in others if all(key in one for one in hosts))]
    absent = [
        labelling.requirement(key, None)
        for key in others
        if not any(key in one for one in hosts)
    ]
    seen = {labelling.of(one, keys) for one in hosts}
    return tuple(
        Selector((*requirements, *absent)) for requirements in guards.among(keys, seen)
    )
