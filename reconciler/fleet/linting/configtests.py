"""Runs the `ConfigTest` documents of a fleet: what an agent must get, and gets.

Called by `reconciler test` and by the linter. A test looks at what would be sent to an
agent with the labels it names, all of them vouched for; it needs no agent and no
Collector. A failing one holds nothing back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.documents import AgentGroup, ConfigTest, Fleet
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.linting import audience
from reconciler.fleet.linting.audience import Document
from reconciler.fleet.linting.outcomes import Outcomes
from reconciler.fleet.memory import Memory
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked, Merged, Unmatched
from reconciler.fleet.selection import Index
from reconciler.fleet.syntax import lookup, masking, nodes, pointers
from reconciler.fleet.syntax.nodes import Node
from reconciler.fleet.syntax.pointers import Path

FAILED: Final = "E078"

_Config: TypeAlias = Merged | Unmatched | Blocked


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that is not met; values are masked.

    Attributes:
        where: The expectation.
        what: What it is about: `group`, `documents`, `findings` or a JSON Pointer.
        origin: Where what it got was written.
    """

    where: Where
    what: str
    expected: str
    got: str
    origin: tuple[Where, ...] = ()

    def __str__(self) -> str:
        """One sentence."""
        return f"{self.what}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one document went; it passed when there are no failures."""

    test: ConfigTest
    failures: tuple[Failure, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Each failure at the expectation that is not met."""
        return tuple(_finding(self.test, failure) for failure in self.failures)


def run(fleet: Fleet, *, memory: Memory | None = None) -> tuple[Outcome, ...]:
    """Every test, in the order of the fleet; what is remembered is not run again."""
    memory = memory or Memory()
    runner = _Runner(fleet, memory)
    return tuple(map(runner.outcome, fleet.tests))


def check(fleet: Fleet, *, memory: Memory | None = None) -> tuple[Finding, ...]:
    """The failures of every test."""
    results = run(fleet, memory=memory)
    return tuple(found for result in results for found in result.findings)


class _Runner:
    """Runs tests; how one goes depends on the documents that select its agent."""

    def __init__(self, fleet: Fleet, memory: Memory) -> None:
        self._fleet = fleet
        self._memory = memory
        self._outcomes = Outcomes(fleet, memory)
        self._documents = (*audience.deciding(fleet), *fleet.groups.values())
        self._index = Index(one.selector for one in self._documents)

    def outcome(self, test: ConfigTest) -> Outcome:
        """How a test goes."""
        matching = audience.bits(self._index.matching(test.labels))
        selecting = tuple(self._documents[bit] for bit in matching)
        return self._memory.of(
            (test, *selecting),
            "test",
            lambda: Outcome(test, tuple(self._run(test, selecting))),
        )

    def _run(
        self, test: ConfigTest, selecting: tuple[Document, ...]
    ) -> Iterator[Failure]:
        part = audience.part(self._fleet, selecting)
        group = render.group_of(part, test.labels)
        config = self._config(test, selecting)
        yield from _check_group(test, group)
        unexpected = tuple(_check_findings(test, group, config))
        yield from unexpected
        if unexpected and isinstance(config, Blocked):
            return  # nothing else can be as it was expected
        yield from _check_documents(part, test, config)
        tree = config.nodes.get(test.entry) if isinstance(config, Merged) else None
        yield from _check_values(test, tree)

    def _config(self, test: ConfigTest, selecting: tuple[Document, ...]) -> _Config:
        """What would be sent, though it is not written down."""
        own = tuple(one for one in selecting if not isinstance(one, AgentGroup))
        found = self._outcomes.merged(own, test.labels)
        if not isinstance(found, Merged):
            return found
        report = Report()
        report.add(*found.faults, *self._outcomes.errors(own, test.labels))
        return Blocked(report.findings) if report.findings else found


def _finding(test: ConfigTest, failure: Failure) -> Finding:
    message = f"the test `{test.name}` fails: {failure}"
    return replace(findings.error(FAILED, message, failure.where), also=failure.origin)


def _check_group(test: ConfigTest, group: str | Blocked) -> Iterator[Failure]:
    if test.group is None:
        return
    where, expected = test.group
    if isinstance(group, Blocked):
        yield Failure(where, "group", expected, "several", _places(group.findings))
    elif group != expected:
        yield Failure(where, "group", expected, group)


def _check_findings(test: ConfigTest, *outcomes: str | _Config) -> Iterator[Failure]:
    found: dict[str, Finding] = {}
    for one in outcomes:
        if isinstance(one, Blocked):
            found.update((each.rule, each) for each in reversed(one.findings))
    where, expected = test.findings or (test.where, ())
    if found.keys() == set(expected):
        return
    told = "; ".join(f"{rule} ({each.message})" for rule, each in found.items())
    yield Failure(
        where,
        "findings",
        _listed(expected),
        told or "none",
        _places(found.values()),
    )


def _check_documents(
    fleet: Fleet, test: ConfigTest, config: _Config
) -> Iterator[Failure]:
    if test.documents is None or isinstance(config, Blocked):
        return
    where, expected = test.documents
    got = config.documents if isinstance(config, Merged) else ()
    if got != expected:
        others = [name for name in got if name not in expected]
        origin = tuple(fleet.configs[name].where for name in others)
        yield Failure(where, "documents", _listed(expected), _listed(got), origin)


def _check_values(test: ConfigTest, tree: Node | None) -> Iterator[Failure]:
    for path, expected in test.values:
        got = lookup.at(tree, path)
        if got is None or not nodes.same(got, expected.value):
            yield Failure(
                expected.where,
                _named(path),
                masking.shown(expected.value, path),
                *_told(got, path),
            )
    for path, where in test.absent:
        got = lookup.at(tree, path)
        if got is not None:
            yield Failure(where, _named(path), "nothing", *_told(got, path))


def _named(path: Path) -> str:
    return pointers.text(path) or "the whole config"


def _told(got: Node | None, path: Path) -> tuple[str, tuple[Where, ...]]:
    return (masking.shown(got, path), (got.where,)) if got else ("nothing", ())


def _listed(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]" if names else "none"


def _places(found: Iterable[Finding]) -> tuple[Where, ...]:
    return tuple(dict.fromkeys(one.where for one in found))
