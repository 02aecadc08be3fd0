"""What of a change somebody should look at twice, in words.

Called by `forecast.py` with the differences between two configs. Notes, not verdicts:
each is told once, with the names it is about.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.fleet import compatibility
from reconciler.fleet.compatibility import Components, Missing
from reconciler.fleet.syntax.differences import Difference
from reconciler.fleet.syntax.nodes import Node, Table
from reconciler.fleet.syntax.pointers import Path

ENDPOINTS: Final = frozenset(
    {
        *("endpoint", "endpoints", "url", "urls", "uri", "brokers", "hostname"),
        *("traces_endpoint", "metrics_endpoint", "logs_endpoint"),
    }
)
"""Last keys of settings that say where data goes to, or where it is taken in."""

_COMPONENTS: Final = {
    ("receivers",): "receiver",
    ("exporters",): "exporter",
    ("service", "pipelines"): "pipeline",
}
_MOST: Final = 5
"""Names that one note gives."""


def of(differences: Iterable[tuple[str, Difference]]) -> tuple[str, ...]:
    """The notes on one change of a config, given with the entry of each difference."""
    noted: dict[str, dict[str, None]] = {}
    for _, found in differences:
        for what, name in _notes(found):
            noted.setdefault(what, {})[name] = None
    return tuple(f"{what} {_listed(list(names))}" for what, names in noted.items())


def lacking(
    config: Mapping[str, Node], builds: Iterable[Components | None]
) -> tuple[str, ...]:
    """What agents lack to run a config, which for that will not be sent to them.

    `builds` is what each has; None for one that does not say.
    """
    known = Counter(frozenset(one.items()) for one in builds if one is not None)
    counted: Counter[Missing] = Counter()
    for build, agents in known.items():
        for one in compatibility.missing(config, dict(build)):
            counted[one] += agents
    return tuple(
        f"{agents} {'agent lacks' if agents == 1 else 'agents lack'} {one.name} "
        f"({one.where})"
        for one, agents in counted.items()
    )


def _notes(found: Difference) -> Iterator[tuple[str, str]]:
    yield from _lost(found)
    for path in _endpoints(found):
        yield "changes an endpoint:", ".".join(path)
    if found.path[-1:] == ("processors",) and found.is_new_order:
        yield "changes the order of processors in", found.path[-2]


def _lost(found: Difference) -> Iterator[tuple[str, str]]:
    """Components and pipelines that are gone, alone or with their whole section."""
    for path in _ended(found.path, found.old, found.new):
        kind = _COMPONENTS.get(path[:-1])
        if kind:
            yield f"removes the {kind}", path[-1]


def _ended(path: Path, old: Node | None, new: Node | None) -> Iterator[Path]:
    if old is not None and new is None:
        yield path
    if isinstance(old, Table) and not isinstance(new, Table):
        for key, (_, value) in old.items.items():
            yield from _ended((*path, key), value, None)


def _endpoints(found: Difference) -> Iterator[Path]:
    if found.path[-1:] and found.path[-1] in ENDPOINTS and found.path[0] != "service":
        yield found.path


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")
