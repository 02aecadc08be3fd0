"""A difference in words, once `drift.py` found one.

The walker there decides, quickly and for every report; DeepDiff is asked only about
what drifted, in the thread that compares. It sees the moves inside lists that a verdict
per leaf does not tell.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.state import leaves, trees
from reconciler.state.observed import EffectiveConfig
from reconciler.state.trees import Trees

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


def explain(desired: RenderedConfig, effective: EffectiveConfig) -> tuple[str, ...]:
    """What differs and is drift, a line each: JSON Pointer, old value -> new value.

    Values whose key looks secret are hidden. Empty where nothing drifted or nothing can
    be compared.
    """
    entries = (*desired.entries.values(), *effective.entries.values())
    if sum(len(entry.body) for entry in entries) > LARGEST:
        return ()
    both = trees.read(desired, effective)
    return tuple(sorted(_lines(both))[:LINES]) if both else ()


def _lines(both: Trees) -> Iterator[str]:
    from deepdiff import DeepDiff  # noqa: PLC0415 - 0.6 s and 34 MB, only for a drift

    found = DeepDiff(
        _cut(both.wanted),
        _cut(both.found),
        view="tree",
        custom_operators=[_Same()],
        threshold_to_diff_deeper=0,
    )
    for level in (level for kind in found.values() for level in kind):
        yield _line(level)


def _cut(value: Any) -> Any:
    match value:
        case dict():
            return {key: _cut(below) for key, below in value.items()}
        case list():
            return [_cut(below) for below in value[:LONGEST]]
        case _:
            return value


class _Same:
    """Has DeepDiff pass over what a Collector takes for the same, or hides."""

    def match(self, level: "DiffLevel") -> bool:
        kinds = (type(level.t1), type(level.t2))
        return kinds not in {(dict, dict), (list, list)}

    def give_up_diffing(self, level: "DiffLevel", diff_instance: "DeepDiff") -> bool:
        del diff_instance  # handed over by name
        same = leaves.equal(level.t1, level.t2)
        return same or leaves.is_unverifiable(level.t1, level.t2)


def _line(level: "DiffLevel") -> str:
    pointer = ""
    for step in level.path(output_format="list"):
        pointer = trees.join(pointer, str(step))
    old, new = (_shown(pointer, one) for one in (level.t1, level.t2))
    kind = level.report_type or ""
    if kind.endswith("_added"):
        return f"{pointer}: {new} was added"
    if kind.endswith("_removed"):
        return f"{pointer}: {old} is gone"
    return f"{pointer}: {old} -> {new}"


def _shown(pointer: str, value: Any) -> str:
    return leaves.shown(pointer, value, SHOWN) or "null"
