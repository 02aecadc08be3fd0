"""The files of the fleet repo that an adoption makes.

Layers become documents of kind `CollectorConfig` with their Collector YAML beside them,
or in place where it is short; variables, groups, the inventory and a few tests follow
from the labels. Everything is in a fixed order: equal inputs make equal bytes.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.fleet import pointers
from reconciler.fleet.adoption import documents, excerpts, labelling
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.change import Change
from reconciler.fleet.adoption.documents import Collector, Names
from reconciler.fleet.adoption.excerpts import Source
from reconciler.fleet.adoption.labelling import Labels, Values
from reconciler.fleet.adoption.layering import EXCEPTION, Layer
from reconciler.fleet.adoption.lifting import Variable
from reconciler.fleet.documents import DEFAULT_GROUP, Kind, ListMerge
from reconciler.fleet.labels import Selector
from reconciler.fleet.nodes import plain, same

INLINE: Final = 12
"""Lines of Collector YAML up to which it stands in its document."""
_DOCUMENTS: Final = 200
"""In one file."""
_HOSTS_NAMED: Final = 5
_TESTS: Final = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written.

    Attributes:
        name: Of the fleet.
        inputs: In order.
        identities: The labels that tell each input's host from all others.
        sources: Their texts, with variables.
        layers: Low priority to high.
        variables: In the order of first use.
        group_key: The label whose values are groups; None for the default group alone.
    """

    name: str
    inputs: Sequence[Adopted]
    identities: Sequence[Labels | None]
    sources: Sequence[Source]
    layers: Sequence[Layer]
    variables: Sequence[Variable]
    group_key: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A layer with the name and the file that it got."""

    layer: Layer
    name: str
    path: str


class Repository:
    """The files of one plan.

    Attributes:
        files: By path.
        layers: As they were written.
        groups: Name by value of the group key.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._names = Names()
        self._variable_names = Names()
        self._test_names = Names()
        self._stems: dict[str, Names] = defaultdict(Names)
        self.files: dict[str, bytes] = {}
        self._add("fleet.yaml", _fleet(plan.name))
        self.groups = self._groups()
        self.layers = tuple(map(self._layer, plan.layers))
        self._variables()
        self._inventory()
        self._tests()

    def _add(self, path: str, *texts: str) -> None:
        if texts:
            self.files[path] = documents.file(path, *texts)

    def _groups(self) -> Mapping[str, str]:
        key, names = self._plan.group_key, Names()
        if key is None:
            return {}
        names.new(DEFAULT_GROUP)
        values = sorted(
            {one.labels[key] for one in self._plan.inputs if key in one.labels}
        )
        groups = {value: names.new(value) for value in values}
        comment = (
            f"One commit status for each `{key}`; agents without one are in the group",
            f"`{DEFAULT_GROUP}`, which is there by itself.",
        )
        texts = [
            documents.document(
                Kind.AGENT_GROUP,
                name,
                {"selector": {"matchLabels": {key: value}}},
                *(comment if not number else ()),
            )
            for number, (value, name) in enumerate(groups.items())
        ]
        self._add("groups.yaml", *texts)
        return groups

    def _layer(self, layer: Layer) -> Written:
        folder, stem, name = self._place(layer)
        path = f"{folder}/{stem}.yaml"
        spec: dict[str, Any] = {
            "selector": documents.selector(layer.selector),
            "priority": layer.priority,
            **_rules(layer.change),
        }
        whole = self._whole(layer)
        text = excerpts.write(layer.change.tree, self._sources(layer))
        if not layer.change.tree.items:
            spec["config"] = {}
        elif not layer.is_base and whole is None and text.count("\n") <= INLINE:
            spec["config"] = Collector(text.removesuffix("\n"))
        else:
            beside = f"{stem}.collector.yaml"
            spec["files"] = [beside]
            airy = excerpts.spaced(text, layer.change.tree)
            self.files[f"{folder}/{beside}"] = whole or airy.encode()
        comment = self._why(layer)
        self._add(path, documents.document(Kind.COLLECTOR_CONFIG, name, spec, comment))
        return Written(layer, name, path)

    def _place(self, layer: Layer) -> tuple[str, str, str]:
        """Folder, stem of the files in it, and name of the document."""
        values = [value or f"no-{key}" for key, value in _pairs(layer)]
        if layer.is_exception:
            values = [self._plan.inputs[layer.members[0]].name]
            folder, name = "hosts", self._names.new("host", *values)
        elif layer.keys:
            folder = f"layers/{documents.slug('-'.join(layer.keys))}"
            name = self._names.new(*layer.keys, *values)
        else:
            folder, name, values = "base", self._names.new("base"), ["base"]
        return folder, self._stems[folder].new(*values), name

    def _sources(self, layer: Layer) -> Sequence[Source]:
        return [self._plan.sources[number] for number in layer.members]

    def _whole(self, layer: Layer) -> bytes | None:
        """The file of an input that says just what the layer does."""
        fitting = (
            self._plan.inputs[number].content
            for number in layer.members
            if self._plan.inputs[number].is_whole
            and same(self._plan.inputs[number].tree, layer.change.tree)
        )
        return None if layer.change.append else next(fitting, None)

    def _why(self, layer: Layer) -> str:
        names = [self._plan.inputs[number].name for number in layer.members]
        shown = ", ".join(names[:_HOSTS_NAMED])
        shown += f" and {len(names) - _HOSTS_NAMED} more" * (len(names) > _HOSTS_NAMED)
        if layer.is_exception:
            have = "has" if len(names) == 1 else "have"
            return f"What only {shown} {have}: no label explains it."
        if not layer.keys:
            return f"What all have in common: {_hosts(len(names))}."
        words = " and ".join(
            f"{key} {value}" if value is not None else f"no {key}"
            for key, value in _pairs(layer)
        )
        return f"What goes with {words}: {_hosts(len(names))}."

    def _variables(self) -> None:
        by_keys: dict[tuple[str, ...], list[Variable]] = defaultdict(list)
        for one in self._plan.variables:
            if one.keys:
                by_keys[one.keys].append(one)
        for keys, found in by_keys.items():
            texts = list(self._of_labels(keys, found))
            self._add(f"variables/{documents.slug('-'.join(keys))}.yaml", *texts)
        texts = list(self._of_hosts())
        for start in range(0, len(texts), _DOCUMENTS):
            number = f"-{start // _DOCUMENTS + 1}" if start else ""
            chunk = texts[start : start + _DOCUMENTS]
            self._add(f"variables/hosts{number}.yaml", *chunk)

    def _of_labels(
        self, keys: tuple[str, ...], found: Sequence[Variable]
    ) -> Iterator[str]:
        groups = {values for one in found for values in one.values}
        for number, values in enumerate(sorted(groups, key=str)):
            words = [value or f"no-{k}" for k, value in zip(keys, values, strict=True)]
            spec = {
                "selector": documents.selector(_selecting(keys, values)),
                "values": {
                    one.name: plain(one.values[values])
                    for one in found
                    if values in one.values
                },
            }
            comment = f"What differs by {' and '.join(keys)} alone."
            yield documents.document(
                Kind.VARIABLES,
                self._variable_names.new(*keys, *words),
                spec,
                *(() if number else (comment,)),
            )

    def _of_hosts(self) -> Iterator[str]:
        comment: tuple[str, ...] = ("What every host has for itself.",)
        for number, adopted in enumerate(self._plan.inputs):
            own = {
                one.name: plain(one.own[number])
                for one in self._plan.variables
                if number in one.own
            }
            identity = self._plan.identities[number]
            if own and identity:
                selector = _selecting(tuple(identity), tuple(identity.values()))
                spec = {
                    "selector": documents.selector(selector),
                    "priority": EXCEPTION,
                    "values": own,
                }
                name = self._variable_names.new("host", adopted.name)
                yield documents.document(Kind.VARIABLES, name, spec, *comment)
                comment = ()

    def _inventory(self) -> None:
        entries = [
            {
                "match": {"attributes": {labelling.HOST: one.labels[labelling.HOST]}},
                "labels": {key: one.labels[key] for key in one.labels if key in given},
            }
            for one in self._plan.inputs
            if (given := one.given - {labelling.HOST}) and labelling.HOST in one.labels
        ]
        if entries:
            comments = (
                "The labels of every host, by the name that its agent reports. They",
                "are stronger than what agents say of themselves.",
            )
            spec = {"entries": entries}
            text = documents.document(Kind.INVENTORY, "hosts", spec, *comments)
            self._add("inventory/hosts.yaml", text)

    def _tests(self) -> None:
        texts: list[str] = []
        for number in self._representatives():
            adopted = self._plan.inputs[number]
            expect: dict[str, Any] = {
                "group": self.group_of(adopted),
                "documents": [
                    one.name for one in self.layers if number in one.layer.members
                ],
            }
            spec = {"labels": dict(adopted.labels), "expect": expect}
            name = self._test_names.new(adopted.name)
            comment = "One host for each way in which layers meet."
            comments = () if texts else (comment,)
            texts.append(documents.document(Kind.CONFIG_TEST, name, spec, *comments))
        self._add("tests/representatives.yaml", *texts)

    def _representatives(self) -> list[int]:
        """The first host of each set of layers, sets that many have before others."""
        sets: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number in range(len(self._plan.inputs)):
            having = (o.name for o in self.layers if number in o.layer.members)
            sets[tuple(having)].append(number)
        often = sorted(sets.values(), key=lambda members: (-len(members), members))
        return sorted(members[0] for members in often[:_TESTS])

    def group_of(self, adopted: Adopted) -> str:
        """The group that an input's host falls in."""
        value = adopted.labels.get(self._plan.group_key or "")
        return self.groups.get(value or "", DEFAULT_GROUP)


def _fleet(name: str) -> str:
    comment = "The root document: one for each repository."
    return documents.document(Kind.FLEET, documents.slug(name), {}, comment)


def _rules(made: Change) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    if made.remove:
        rules["remove"] = [pointers.text(path) for path in made.remove]
    if made.append:
        rules["lists"] = [
            {"path": pointers.text(path), "merge": ListMerge.APPEND.value}
            for path in made.append
        ]
    return rules


def _pairs(layer: Layer) -> Iterator[tuple[str, str | None]]:
    return zip(layer.keys, layer.values, strict=True)


def _selecting(keys: tuple[str, ...], values: Values) -> Selector:
    pairs = zip(keys, values, strict=True)
    return Selector(tuple(labelling.requirement(*pair) for pair in pairs))


def _hosts(number: int) -> str:
    return "1 host" if number == 1 else f"{number} hosts"
