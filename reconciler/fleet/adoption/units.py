"""A config in the pieces that people think in: components, pipelines, a few lists.

`observe` lays the pieces of all inputs side by side; `explain` says where each goes. A
piece is taken apart only where hosts share most of it and differ in the rest.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.fleet.adoption import change
from reconciler.fleet.adoption.explanation import Explainer, Explanation, Observed
from reconciler.fleet.rules.config import SECTIONS
from reconciler.fleet.syntax import nodes
from reconciler.fleet.syntax.nodes import Node, Table
from reconciler.fleet.syntax.pointers import Path

Places: TypeAlias = dict[Path, Observed]

_TAKEN_APART: Final = frozenset(
    {
        (),
        *((section,) for section in SECTIONS),
        ("service", "pipelines"),
        ("service", "telemetry"),
    }
)
_MOST: Final = 0.8
"""Share of the hosts that must have a value for it to count as shared."""
_SHARED: Final = 0.5
"""Share of the lines that must be shared for a piece to be taken apart."""
_APART: Final = 1.0
"""Lines that it costs a reader to look for one piece in two places."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One place of the configs and the explanation of what stands there."""

    path: Path
    explanation: Explanation


def observe(trees: Sequence[Table]) -> Places:
    """What every input has in every place, in the order in which authors wrote."""
    found: Places = {}
    _observe(tuple(trees), (), found)
    return found


def _observe(values: Observed, path: Path, found: Places) -> None:
    if path not in _TAKEN_APART:
        found[path] = values
        return
    odd = tuple(None if _is_full(value) else value for value in values)
    if any(odd):
        found[path] = odd
    for key, inner in _children(values):
        _observe(inner, (*path, key), found)


def _is_full(value: Node | None) -> bool:
    return isinstance(value, Table) and bool(value.items)


def _children(values: Observed) -> Iterator[tuple[str, Observed]]:
    tables = [value if isinstance(value, Table) else change.NOTHING for value in values]
    for key in dict.fromkeys(key for table in tables for key in table.items):
        yield key, tuple(change.at(table, (key,)) for table in tables)


def explain(places: Places, explainer: Explainer) -> tuple[Placed, ...]:
    """The cheapest explanation of every place."""
    return tuple(
        placed
        for path, observed in places.items()
        for placed in _explain(path, observed, explainer, whole=True)
    )


def _explain(
    path: Path, observed: Observed, explainer: Explainer, *, whole: bool
) -> tuple[Placed, ...]:
    """Of one place, or of what is inside it; `whole` is a piece not yet taken apart."""
    together = explainer.best(observed)
    uniform = not (together.keys or together.exceptions)
    if uniform or (whole and not is_shared(observed)) or not _are_tables(observed):
        return (Placed(path, together),)
    apart = tuple(
        placed
        for key, inner in _children(observed)
        for placed in _explain((*path, key), inner, explainer, whole=False)
    )
    return apart if _cost(apart) < together.cost else (Placed(path, together),)


def _cost(apart: Sequence[Placed]) -> float:
    """Of a piece that was taken apart; what goes to the same places is read there."""
    overhead: dict[tuple[str, ...], float] = {}
    for one in apart:
        keys, own = one.explanation.keys, one.explanation.overhead
        overhead[keys] = max(own, overhead.get(keys, 0.0))
    lines = sum(one.explanation.lines for one in apart)
    return _APART + lines + sum(overhead.values())


def _are_tables(observed: Observed) -> bool:
    return all(_is_full(value) for value in observed if value is not None)


def is_shared(observed: Observed) -> bool:
    """Whether the hosts that have something in a place have most of it in common."""
    if not _are_tables(observed):
        return False
    present = [dict(change.leaves(value)) for value in observed if value is not None]
    often = Counter(
        (path, _spelled(leaf)) for leaves in present for path, leaf in leaves.items()
    )
    shared = sum(count >= _MOST * len(present) for count in often.values())
    return shared >= _SHARED * max(map(len, present))


def _spelled(leaf: Node) -> str:
    """Equal for leaves that mean the same, as far as a measure needs it."""
    return repr(nodes.plain(leaf))
