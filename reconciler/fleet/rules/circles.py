"""Circles in a directed graph, found in time linear in its edges.

Used by `graph.py`. What leads nowhere is taken away until every place that is left
leads to another; then any walk ends in a circle. Circles that share a place with one
already found are left for after it is mended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.errors import Where

Node: TypeAlias = str | tuple[str, str, str]
"""A pipeline, or a connector with the signals it takes and gives."""


@dataclass(frozen=True, slots=True)
class Step:
    """One edge, and the place in the config that makes it."""

    start: Node
    end: Node
    where: Where


Edges: TypeAlias = dict[Node, list[Step]]
"""By the node they start at."""


def find(edges: Edges) -> Iterator[list[Step]]:
    """Circles that share no node, each from its first pipeline."""
    leads = {node: len(steps) for node, steps in edges.items()}
    backward: dict[Node, list[Node]] = {}
    for node, steps in edges.items():
        for step in steps:
            backward.setdefault(step.end, []).append(node)
    _prune([node for node in backward if node not in edges], leads, backward)
    for node in edges:
        while node in leads:
            circle = _walk(node, edges, leads)
            yield _from_first(circle)
            _prune([step.start for step in circle], leads, backward)


def _prune(
    gone: list[Node], leads: dict[Node, int], backward: dict[Node, list[Node]]
) -> None:
    """Take nodes away, and what leads nowhere without them."""
    for node in gone:
        leads.pop(node, None)
    while gone:
        for before in backward.get(gone.pop(), ()):
            if before in leads:
                leads[before] -= 1
                if not leads[before]:
                    del leads[before]
                    gone.append(before)


def _walk(node: Node, edges: Edges, left: dict[Node, int]) -> list[Step]:
    path: list[Step] = []
    seen: dict[Node, int] = {}
    while node not in seen:
        seen[node] = len(path)
        step = next(one for one in edges[node] if one.end in left)
        path.append(step)
        node = step.end
    return path[seen[node] :]


def _from_first(circle: list[Step]) -> list[Step]:
    """Turned so that it begins at the pipeline that comes first in the config."""
    pipelines = [step for step in circle if isinstance(step.start, str)]
    first = circle.index(min(pipelines, key=lambda step: step.where))
    return circle[first:] + circle[:first]
