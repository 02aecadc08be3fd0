"""Kubernetes label selectors over the labels of an agent.

Read by `kinds/` (documents) and the CLI (`-l`). Operators are Kubernetes':
In, NotIn, Exists, DoesNotExist; and SemverIn for labels that are versions. An empty
selector matches everything.
"""

import itertools
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import UsageError
from reconciler.fleet import semver
from reconciler.fleet.semver import Range
from reconciler.ids import stable_fraction


class Operator(StrEnum):
    """How a requirement compares; NotIn also matches when the key is absent.

    SemverIn is our own: a label that is no version is in no range.
    """

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    SEMVER_IN = "SemverIn"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One comparison of one label key.

    Attributes:
        values: In, NotIn: the values.
        ranges: SemverIn: the ranges, of which one must hold the version.
    """

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()
    ranges: tuple[Range, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an agent with these labels meets it."""
        return self.holds(labels.get(self.key))

    def holds(self, value: str | None) -> bool:
        """Whether it is met by this value of its key; None for none."""
        match self.operator:
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:
                return value not in self.values
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None
            case Operator.SEMVER_IN:
                version = None if value is None else semver.version(value)
                return version is not None and any(
                    version in one for one in self.ranges
                )


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements must hold; none means everything matches.

    Attributes:
        trusted: Keys of which what an agent says of itself does not count.
    """

    requirements: tuple[Requirement, ...] = ()
    trusted: frozenset[str] = frozenset()

    def matches(
        self, labels: Mapping[str, str], claimed: Collection[str] = frozenset()
    ) -> bool:
        """Whether an agent with these labels is selected.

        Args:
            labels: All its labels.
            claimed: Keys that nobody but the agent itself vouches for.
        """
        if unproven := self.trusted.intersection(claimed):
            labels = {key: labels[key] for key in labels if key not in unproven}
        return all(requirement.matches(labels) for requirement in self.requirements)

    @property
    def keys(self) -> frozenset[str]:
        """The label keys this selector consults."""
        return frozenset(requirement.key for requirement in self.requirements)


def witness(*selectors: Selector) -> dict[str, str] | None:
    """Labels that all of these select; None when no agent can match them all."""
    chosen: dict[str, str] = {}
    for requirements in _by_key(selectors).values():
        fitting = (
            choice
            for choice in _choices(requirements)
            if all(requirement.matches(choice) for requirement in requirements)
        )
        found = next(fitting, None)
        if found is None:
            return None
        chosen |= found
    return chosen


def combinations(selectors: Iterable[Selector]) -> Iterator[dict[str, str]]:
    """Labels for every way in which an agent can match or not match these."""
    return Choices(selectors).all()


class Choices:
    """The values of each key that some selectors tell apart.

    Attributes:
        combinations: How many ways there are to choose one for each key.
    """

    def __init__(self, selectors: Iterable[Selector]) -> None:
        self._by_key = _by_key(selectors)
        self._choices = {key: _choices(asked) for key, asked in self._by_key.items()}
        self.combinations = math.prod(map(len, self._choices.values()))

    def all(self) -> Iterator[dict[str, str]]:
        """Every combination, one by one."""
        return map(_joined, itertools.product(*self._choices.values()))

    def covering(self, least: int) -> Iterator[dict[str, str]]:
        """Some combinations, always the same: every value is in one of them at least.

        Values of two keys meet in as many ways as so few allow. A value for which more
        requirements hold stands for those for which fewer of the same do.
        """
        kept = [_strongest(asked) for asked in self._by_key.values()]
        rows = max((least, *map(len, kept)))
        columns = [_shuffled(number, own, rows) for number, own in enumerate(kept)]
        return map(_joined, zip(*columns, strict=True))


def _joined(chosen: Iterable[dict[str, str]]) -> dict[str, str]:
    return {key: value for one in chosen for key, value in one.items()}


def _strongest(asked: list[Requirement]) -> list[dict[str, str]]:
    """The choices for a key, without those that meet a part of what another meets."""
    met: dict[frozenset[int], dict[str, str]] = {}
    for choice, holding in _holding(asked):
        met.setdefault(holding, choice)
    ranked = sorted(met, key=len, reverse=True)

    def is_part(own: frozenset[int]) -> bool:
        larger = itertools.takewhile(lambda other: len(other) > len(own), ranked)
        return any(own < other for other in larger)

    return [choice for own, choice in met.items() if not is_part(own)]


def _holding(
    asked: list[Requirement],
) -> Iterator[tuple[dict[str, str], frozenset[int]]]:
    """Each choice for a key, with the requirements that it meets.

    Only those that name a value, or look at versions, can tell it from any other.
    """
    naming: dict[str, list[int]] = {}
    for number, one in enumerate(asked):
        for value in one.values:
            naming.setdefault(value, []).append(number)
    by_version = [n for n, one in enumerate(asked) if one.ranges]
    absent, *present = _choices(asked)
    yield absent, _met(asked, range(len(asked)), None)
    (other,) = present[-1].values()
    usual = _met(asked, range(len(asked)), other)
    for choice in present:
        (value,) = choice.values()
        special = frozenset((*naming.get(value, ()), *by_version))
        yield choice, (usual - special) | _met(asked, special, value)


def _met(
    asked: list[Requirement], numbers: Iterable[int], value: str | None
) -> frozenset[int]:
    return frozenset(number for number in numbers if asked[number].holds(value))


def _shuffled(
    column: int, choices: list[dict[str, str]], rows: int
) -> Iterator[dict[str, str]]:
    """So many rows: all choices in an order that no two rounds or columns share."""
    for turn in range(-(-rows // len(choices))):
        seed = b"%d/%d" % (column, turn)
        order = sorted(
            range(len(choices)), key=lambda one: stable_fraction(seed, b"%d" % one)
        )
        left = rows - turn * len(choices)
        yield from (choices[number] for number in order[:left])


def _by_key(selectors: Iterable[Selector]) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for selector in selectors:
        for requirement in selector.requirements:
            found.setdefault(requirement.key, []).append(requirement)
    return dict(sorted(found.items()))


def _choices(requirements: list[Requirement]) -> list[dict[str, str]]:
    """For one key: without it, and with every value that some requirement tells apart.

    Those are the values mentioned, a version between each two ends of ranges, and
    another text.
    """
    key = requirements[0].key
    mentioned = sorted({value for one in requirements for value in one.values})
    versions = _versions(requirements, mentioned)
    other = _unlike(mentioned, ("other" + "-other" * n for n in itertools.count()))
    return [{}, *({key: value} for value in (*mentioned, *versions, other))]


def _versions(
    requirements: list[Requirement], mentioned: Collection[str]
) -> Iterator[str]:
    """The first version from each end of a range on, and the lowest of all."""
    ranges = [one for requirement in requirements for one in requirement.ranges]
    ends = {one.least for one in ranges} | {one.below for one in ranges if one.below}
    for end in sorted(ends | {semver.LOWEST}) if ranges else ():
        equals = (f"{end}+{n}" for n in itertools.count())
        yield _unlike(mentioned, itertools.chain((str(end),), equals))


def _unlike(mentioned: Collection[str], names: Iterable[str]) -> str:
    return next(name for name in names if name not in mentioned)


_REQUIREMENT = re.compile(
    r"""\s*(?:
      !\s*(?P<absent>[\w./-]+)
      | (?P<key>[\w./-]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s,()=!]*)
      | (?P<set_key>[\w./-]+)\s+(?P<set_operator>in|notin)\s*\((?P<values>[^()]+)\)
      | (?P<present>[\w./-]+)
    )\s*(?P<end>,|$)""",
    re.VERBOSE,
)


def parse_selector(text: str) -> Selector:
    """Read Kubernetes selector text: `role=gateway,env in (prod,stage),!canary`.

    Raises:
        UsageError: The text is not a selector; the message points at the fault.
    """
    found: list[Requirement] = []
    position = 0
    more = bool(text.strip())
    while more:
        match = _REQUIREMENT.match(text, position)
        if not match:
            raise UsageError(
                f"`{text}` is not a selector: cannot read `{text[position:]}`",
                hint="write `key=value`, `key!=value`, `key in (a,b)`, "
                "`key notin (a,b)`, `key` or `!key`, joined by commas",
            )
        found.append(_requirement(match))
        position, more = match.end(), match["end"] == ","
    return Selector(tuple(found))


def _requirement(match: re.Match[str]) -> Requirement:
    if key := match["absent"]:
        return Requirement(key, Operator.DOES_NOT_EXIST)
    if key := match["present"]:
        return Requirement(key, Operator.EXISTS)
    if key := match["key"]:
        negated = match["operator"] == "!="
        return _membership(key, [match["value"]], negated=negated)
    values = (value.strip() for value in match["values"].split(","))
    negated = match["set_operator"] == "notin"
    return _membership(match["set_key"], values, negated=negated)


def _membership(key: str, values: Iterable[str], *, negated: bool) -> Requirement:
    operator = Operator.NOT_IN if negated else Operator.IN
    return Requirement(key, operator, frozenset(values))
