"""The files of the fleet repo that an adoption makes.

Everything is in a fixed order: equal inputs make equal bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.fleet.adoption import companions, documents
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.companions import Expected
from reconciler.fleet.adoption.configs import Writer
from reconciler.fleet.adoption.documents import Names
from reconciler.fleet.adoption.excerpts import Source
from reconciler.fleet.adoption.labelling import Labels
from reconciler.fleet.adoption.layering import Layer
from reconciler.fleet.adoption.lifting import Variable
from reconciler.fleet.documents import DEFAULT_GROUP

_DOCUMENTS: Final = 200
"""In one file of variables."""
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


class Repository:
    """The files of one plan.

    Attributes:
        files: By path.
        layers: As they were written.
        groups: Name by value of the group key.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.files: dict[str, bytes] = {}
        self._add("fleet.yaml", [companions.root(plan.name)])
        key = plan.group_key
        self.groups = companions.names_of_groups(plan.inputs, key) if key else {}
        self._add("groups.yaml", companions.groups(self.groups, key or ""))
        writer = Writer(plan.inputs, plan.sources)
        self.layers = tuple(map(writer.write, plan.layers))
        for one in self.layers:
            self._add(one.path, one.texts)
            self.files.update([one.beside] if one.beside else [])
        self._add_variables()
        self._add("inventory/hosts.yaml", companions.inventory(plan.inputs))
        self._add_tests()

    def _add(self, path: str, texts: Iterable[str]) -> None:
        if found := tuple(texts):
            self.files[path] = documents.file(path, *found)

    def _add_variables(self) -> None:
        plan, names = self._plan, Names()
        by_keys: dict[tuple[str, ...], list[Variable]] = defaultdict(list)
        for one in plan.variables:
            by_keys[one.keys].append(one)
        for keys, found in by_keys.items():
            path = f"variables/{documents.slug('-'.join(keys))}.yaml"
            self._add(path, companions.variables_of_labels(keys, found, names))
        texts = tuple(
            companions.variables_of_hosts(
                plan.inputs, plan.identities, plan.variables, names
            )
        )
        for start in range(0, len(texts), _DOCUMENTS):
            number = f"-{start // _DOCUMENTS + 1}" if start else ""
            chunk = texts[start : start + _DOCUMENTS]
            self._add(f"variables/hosts{number}.yaml", chunk)

    def _add_tests(self) -> None:
        """For the first host of each set of documents; sets that many have first."""
        sets: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, adopted in enumerate(self._plan.inputs):
            given = (one.name_for(adopted.labels) for one in self.layers)
            sets[tuple(name for name in given if name)].append(number)
        often = sorted(sets.items(), key=lambda one: (-len(one[1]), one[1]))
        chosen = sorted((members[0], names) for names, members in often[:_TESTS])
        expected = []
        for number, names in chosen:
            adopted = self._plan.inputs[number]
            group, labels = self._group_of(adopted), self.telling(adopted.labels)
            expected.append(Expected(adopted.name, labels, group, names))
        self._add("tests/representatives.yaml", companions.tests(expected))

    def telling(self, labels: Labels) -> Labels:
        """Those that some document asks for; the others decide nothing."""
        plan = self._plan
        own = any(one.own for one in plan.variables)
        asked = {
            *(key for one in plan.layers for two in one.selectors for key in two.keys),
            *(key for one in plan.variables for key in one.keys),
            *(key for one in plan.identities if own and one for key in one),
            plan.group_key,
        }
        return {key: value for key, value in labels.items() if key in asked}

    def _group_of(self, adopted: Adopted) -> str:
        value = adopted.labels.get(self._plan.group_key or "")
        return self.groups.get(value or "", DEFAULT_GROUP)
