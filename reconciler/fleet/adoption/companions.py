"""The documents beside the layers of an adoption: groups, variables, inventory, tests.

Each function makes the documents of one kind; `repository.py` puts them into files.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.fleet.adoption import documents, labelling
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.documents import Names
from reconciler.fleet.adoption.labelling import Labels, Values
from reconciler.fleet.adoption.layering import EXCEPTION
from reconciler.fleet.adoption.lifting import Variable
from reconciler.fleet.documents import DEFAULT_GROUP, Kind
from reconciler.fleet.labels import Selector
from reconciler.fleet.syntax.nodes import plain

_ROOT: Final = "The root document: one for each repository."
_GROUPS: Final = (
    "One commit status for each `{}`; agents without one are in the group `default`,",
    "which is there by itself.",
)
_OF_HOSTS: Final = "What every host has for itself."
_INVENTORY: Final = (
    "The labels of every host, by the name that its agent reports. They are stronger",
    "than what agents say of themselves.",
)
_TESTS: Final = "One host for each way in which layers meet."


def root(name: str) -> str:
    """The root document."""
    return documents.document(Kind.FLEET, documents.slug(name), {}, _ROOT)


def names_of_groups(inputs: Iterable[Adopted], key: str) -> Mapping[str, str]:
    """The name of a group for every value of a label."""
    names = Names()
    names.new(DEFAULT_GROUP)
    values = {one.labels[key] for one in inputs if key in one.labels}
    return {value: names.new(value) for value in sorted(values)}


def groups(names: Mapping[str, str], key: str) -> Iterator[str]:
    """A group for every value of a label."""
    comment = [line.format(key) for line in _GROUPS]
    for value, name in names.items():
        spec = {"selector": {"matchLabels": {key: value}}}
        yield documents.document(Kind.AGENT_GROUP, name, spec, *comment)
        comment = []


def variables_of_labels(
    keys: tuple[str, ...], found: Sequence[Variable], names: Names
) -> Iterator[str]:
    """The values that some labels decide, for each of their own values."""
    comment = [f"What differs by {' and '.join(keys)} alone."]
    for group in sorted({group for one in found for group in one.values}, key=str):
        words = [value or f"no-{key}" for key, value in zip(keys, group, strict=True)]
        spec = {
            "selector": documents.selector(_selecting(keys, group)),
            "values": {
                one.name: plain(one.values[group])
                for one in found
                if group in one.values
            },
        }
        name = names.new(*keys, *words)
        yield documents.document(Kind.VARIABLES, name, spec, *comment)
        comment = []


def variables_of_hosts(
    inputs: Sequence[Adopted],
    identities: Sequence[Labels | None],
    found: Sequence[Variable],
    names: Names,
) -> Iterator[str]:
    """The values that hosts have for themselves."""
    comment = [_OF_HOSTS]
    for number, adopted in enumerate(inputs):
        own = {one.name: plain(one.own[number]) for one in found if number in one.own}
        identity = identities[number]
        if own and identity:
            selector = _selecting(tuple(identity), tuple(identity.values()))
            spec = {
                "selector": documents.selector(selector),
                "priority": EXCEPTION,
                "values": own,
            }
            name = names.new("host", adopted.name)
            yield documents.document(Kind.VARIABLES, name, spec, *comment)
            comment = []


def inventory(inputs: Iterable[Adopted]) -> Iterator[str]:
    """The labels that agents do not report; nothing when they report all."""
    entries = [
        {
            "match": {"attributes": {labelling.HOST: one.labels[labelling.HOST]}},
            "labels": {key: one.labels[key] for key in one.labels if key in given},
        }
        for one in inputs
        if (given := one.given - {labelling.HOST}) and labelling.HOST in one.labels
    ]
    if entries:
        spec = {"entries": entries}
        yield documents.document(Kind.INVENTORY, "hosts", spec, *_INVENTORY)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a host must get: its group, and the names of its documents."""

    host: str
    labels: Labels
    group: str
    documents: Sequence[str]


def tests(expected: Iterable[Expected]) -> Iterator[str]:
    """A test for every one of these hosts."""
    names, comment = Names(), [_TESTS]
    for one in expected:
        spec = {
            "labels": one.labels,
            "expect": {"group": one.group, "documents": list(one.documents)},
        }
        name = names.new(one.host)
        yield documents.document(Kind.CONFIG_TEST, name, spec, *comment)
        comment = []


def _selecting(keys: tuple[str, ...], values: Values) -> Selector:
    pairs = zip(keys, values, strict=True)
    return Selector(tuple(labelling.requirement(*pair) for pair in pairs))
