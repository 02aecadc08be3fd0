"""What does it cost to read, check and resolve a large fleet repo?

    make bench-language, or: python bench/language.py

A generated repo of 1,000 documents (`repo.py`), held against PyYAML's C loader on the
same bytes; one changed file; 10,000 agents resolved against 300 selectors. Results are
checked before they are timed. Exit code 1 when a check fails or a bound is broken.
"""

import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from bench import machine, repo
from bench.repo import Size
from reconciler.errors import ReconcilerError
from reconciler.fleet import findings
from reconciler.fleet.documents import Fleet
from reconciler.fleet.linting import lint
from reconciler.fleet.memory import Memory
from reconciler.fleet.reading import parse
from reconciler.fleet.reading.files import Cache
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.rules import references
from reconciler.fleet.snapshot import Snapshot
from reconciler.state.desired import Resolution, Resolver

SIZE = Size(teams=283, variables=349, tests=350)
RESOLVED = Size(teams=270, variables=14, tests=0)
AGENTS = 10_000
ROUNDS = 5
CHANGED = 5
SAMPLE = 97


class Untrue(ReconcilerError):  # noqa: N818 - says what it is
    """A result is wrong, so its time says nothing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing; `value` and `bound` in `unit`."""

    name: str
    value: float
    bound: float
    unit: str
    details: str

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.value < self.bound


def main() -> int:
    """Measure everything; returns the exit code."""
    try:
        figures = [*_reading(), *_resolving(), _memory()]
    except Untrue as wrong:
        print(f"untrue: {wrong}", file=sys.stderr)
        return 1
    print(f"\n{SIZE.documents:,} documents; {AGENTS:,} agents\n")
    for one in figures:
        mark = "  " if one.holds else "! "
        value = f"{one.value:.2f} {one.unit}"
        print(f"{mark}{one.name:<26}{value:>14}   below {one.bound:g}; {one.details}")
    print("\n" + "\n".join(f"  {line}" for line in machine.describe()))
    return 0 if all(one.holds for one in figures) else 1


def check(snapshot: Snapshot) -> None:
    """The repo is sound, lint sees when it is not, and remembers nothing wrong.

    Raises:
        Untrue: One of these does not hold.
    """
    cache, memory = Cache(), Memory()
    if wrong := findings.errors(
        lint.check(parse.parse(snapshot, cache), memory=memory)
    ):
        raise Untrue(f"the repo has errors: {wrong[0]}")
    path = "teams/team-7/team.collector.yaml"
    broken = repo.replaced(snapshot, path, "[otlp_http/backend]", "[otlp_http/bakend]")
    found = lint.check(parse.parse(broken, cache), memory=memory)
    faults = [one for one in found if one.rule == references.UNDEFINED]
    if [one.where.path for one in faults] != [path]:
        raise Untrue(f"a planted error in {path} is not found: {found}")
    if found != lint.check(parse.parse(broken)):
        raise Untrue("with a memory lint says something else than without")


def _reading() -> Iterator[Figure]:
    before, after = repo.snapshot(SIZE), repo.snapshot(SIZE, changed=CHANGED)
    check(before)
    rounds = [_round(before, after) for _ in range(ROUNDS)]
    bare, parsed, judged, again = map(statistics.median, zip(*rounds, strict=True))
    size = sum(len(file.content) for file in before.files.values())
    yield Figure(
        "parse, lint and validate",
        (parsed + judged) / bare,
        8,
        "x",
        f"PyYAML's C loader takes {bare * 1e3:.0f} ms of {size / 1024:.0f} KiB, "
        f"parsing {parsed * 1e3:.0f} ms, judging {judged * 1e3:.0f} ms",
    )
    yield Figure(
        "one changed file",
        100 * again / (parsed + judged),
        5,
        "%",
        f"of all of it; read and judged again in {again * 1e3:.1f} ms",
    )


def _round(before: Snapshot, after: Snapshot) -> tuple[float, float, float, float]:
    """Seconds of the bare loader, of parsing, of judging, and of one change."""
    cache = Cache()
    bare = _seconds(lambda: _load(before))
    parsed = _seconds(lambda: parse.parse(before, cache))
    fleet = parse.parse(before, cache)
    memory = Memory()
    judged = _seconds(lambda: lint.check(fleet, memory=memory))
    again = _seconds(lambda: lint.check(parse.parse(after, cache), memory=memory))
    if parse.parse(after, cache) != parse.parse(after):
        raise Untrue("what a cache helped to read differs from what was read at once")
    return bare, parsed, judged, again


def _load(snapshot: Snapshot) -> None:
    for file in snapshot.files.values():
        for _ in yaml.load_all(file.content, Loader=yaml.CSafeLoader):
            pass


def _resolving() -> Iterator[Figure]:
    fleet = parse.parse(repo.snapshot(RESOLVED))
    selectors = len(fleet.configs) + len(fleet.groups) + len(fleet.variables)
    agents = [repo.labels(number, RESOLVED.teams) for number in range(AGENTS)]
    resolver = Resolver(fleet)
    seconds = _seconds(lambda: [resolver.resolve(one) for one in agents])
    resolved = [resolver.resolve(one) for one in agents]
    _check_resolved(fleet, agents, resolved)
    distinct = len({id(one.desired) for one in resolved})
    yield Figure(
        "resolve all agents",
        seconds,
        0.5,
        "s",
        f"{len(repo.KEYS)} labels, {selectors} selectors, {distinct} distinct configs",
    )
    again = _seconds(lambda: [resolver.resolve(one) for one in agents]) / AGENTS
    yield Figure("resolve one again", again * 1e6, 100, "us", "mean of all agents")


def _check_resolved(
    fleet: Fleet, agents: list[dict[str, str]], resolved: list[Resolution]
) -> None:
    for labels, found in list(zip(agents, resolved, strict=True))[::SAMPLE]:
        plain = render.render(fleet, labels), render.group_of(fleet, labels)
        if (found.desired, found.group) != plain:
            raise Untrue(f"{labels} is resolved to something else than rendered")
        if not isinstance(found.desired, RenderedConfig):
            raise Untrue(f"{labels} gets no config")


def _memory() -> Figure:
    """What nine of ten agents add, when they bring no new config."""
    few, distinct = _held(AGENTS // 10)
    many, same = _held(AGENTS)
    if distinct != same:
        raise Untrue(f"{distinct} configs of few agents, {same} of many")
    added = (many - few) / (AGENTS - AGENTS // 10)
    return Figure(
        "memory of one more agent",
        added,
        64,
        "bytes",
        f"{many / 1024:.0f} KiB for {AGENTS:,} agents, {few / 1024:.0f} for "
        f"{AGENTS // 10:,}, {distinct} distinct configs both times",
    )


def _held(agents: int) -> tuple[int, int]:
    """Bytes of a resolver and an answer for every agent; distinct configs."""
    fleet = parse.parse(repo.snapshot(RESOLVED))
    gc.collect()
    tracemalloc.start()
    resolver = Resolver(fleet)
    answers = [
        resolver.resolve(repo.labels(number, RESOLVED.teams))
        for number in range(agents)
    ]
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held, len({id(one.desired) for one in answers})


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
