"""A difference in words, once `drift.py` found one.

The walker there decides, quickly and for every report; DeepDiff is asked only about
what drifted, in the thread that compares. It sees the moves inside lists that a verdict
per leaf does not tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.fleet.syntax import pointers
from reconciler.state import leaves
from reconciler.state.entries import Pair
from reconciler.state.leaves import Dialect

if TYPE_CHECKING:
    from deepdiff import DeepDiff
    from deepdiff.model import DiffLevel

LINES = 20
"""Lines of an explanation; whoever needs more has the two texts."""

SHOWN = 120
"""Characters of a value."""

LARGEST = 256 * 1024
"""Bytes of a config that is explained: DeepDiff needs seconds for more."""

LONGEST = 200
"""Items of a list that are explained: DeepDiff compares each with each."""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One difference in words.

    Attributes:
        entry: The name of the entry it lies in.
        path: The JSON Pointer to it; empty for the whole entry.
        words: What became of it.
    """

    entry: str
    path: str
    words: str

    def __str__(self) -> str:
        return f"{place(self.entry, self.path)}: {self.words}"


def place(entry: str, path: str) -> str:
    """Where a difference lies, as people are told."""
    if not entry:
        return path or "the config"
    return f"entry `{entry}`: {path}" if path else f"entry `{entry}`"


def explain(pair: Pair) -> tuple[Line, ...]:
    """What differs and is drift, a line each: old value -> new value.

    Values whose key looks secret are hidden. Empty where nothing drifted, or the
    configs are too large.
    """
    return tuple(sorted(_lines(pair))[:LINES]) if pair.size <= LARGEST else ()


def _lines(pair: Pair) -> Iterator[Line]:
    from deepdiff import DeepDiff  # noqa: PLC0415 - 0.6 s and 34 MB, only for a drift

    found = DeepDiff(
        _cut(pair.wanted),
        _cut(pair.found),
        view="tree",
        custom_operators=[_Same(pair.dialect)],
        threshold_to_diff_deeper=0,
    )
    for level in (level for kind in found.values() for level in kind):
        yield _line(pair.entry, level)


def _cut(value: Any) -> Any:
    match value:
        case dict():
            return {key: _cut(below) for key, below in value.items()}
        case list():
            return [_cut(below) for below in value[:LONGEST]]
        case _:
            return value


class _Same:
    """Has DeepDiff pass over what is the same in a dialect, or hidden."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def match(self, level: "DiffLevel") -> bool:
        kinds = (type(level.t1), type(level.t2))
        return kinds not in {(dict, dict), (list, list)}

    def give_up_diffing(self, level: "DiffLevel", diff_instance: "DeepDiff") -> bool:
        del diff_instance  # handed over by name
        same = leaves.equal(level.t1, level.t2, self._dialect)
        return same or leaves.is_unverifiable(level.t1, level.t2, self._dialect)


def _line(entry: str, level: "DiffLevel") -> Line:
    steps = level.path(output_format="list")
    pointer = pointers.text(tuple(map(str, steps)))
    return Line(entry, pointer, _words(pointer, level))


def _words(pointer: str, level: "DiffLevel") -> str:
    old, new = (_shown(pointer, value) for value in (level.t1, level.t2))
    kind = level.report_type or ""
    if kind.endswith("_added"):
        return f"{new} was added"
    if kind.endswith("_removed"):
        return f"{old} is gone"
    return f"{old} -> {new}"


def _shown(pointer: str, value: Any) -> str:
    return leaves.shown(pointer, value, SHOWN) or "null"
