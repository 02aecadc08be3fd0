"""Configs that no message to an agent has room for.

Asked by `lint.py` for each case. Such a config is sound and counts as what its agents
should run, but nobody can send it to them.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.documents import CollectorConfig, Fragment, Variables
from reconciler.fleet.findings import Finding
from reconciler.fleet.linting.outcomes import Selecting
from reconciler.fleet.memory import Memory
from reconciler.fleet.rendering import render, variables
from reconciler.fleet.rendering.render import MESSAGE_BYTES, Merged
from reconciler.fleet.syntax import dump
from reconciler.fleet.syntax.nodes import Node
from reconciler.fleet.syntax.yaml import CAPS

TOO_LARGE: Final = "E052"

_ENOUGH: Final = MESSAGE_BYTES // 2
"""What documents may weigh together before their config is written down to be sure."""

_NAMED: Final = 3


def check(config: Merged, selecting: Selecting, memory: Memory) -> Iterator[Finding]:
    """The finding about a config of these documents that is too large to be sent."""
    if _weight(selecting, memory) <= _ENOUGH:
        return
    written = render.written(config)
    if written.is_too_large:
        yield _too_large(config, written.message_bytes)


def _weight(selecting: Selecting, memory: Memory) -> int:
    """At least what the documents come to; known without merging them."""
    size, uses, largest = 0, 0, 0
    for document in selecting:
        if isinstance(document, CollectorConfig):
            own, used = memory.of((document,), "weight", partial(_of, document))
            size += own
            uses += used
        elif isinstance(document, Variables):
            value = memory.of((document,), "weight", partial(_largest, document))
            largest = max(largest, value)
    return size + uses * largest


def _of(config: CollectorConfig) -> tuple[int, int]:
    """The bytes of a document, and how often it uses a variable."""
    uses = sum(
        1 for fragment in config.fragments for _ in variables.uses(fragment.node)
    )
    return sum(map(_bytes, config.fragments)), uses


def _largest(values: Variables) -> int:
    return max((_indented(value) for _, value in values.values.values()), default=0)


def _indented(value: Node) -> int:
    """The bytes of a value, as deep as it may come to stand."""
    text = dump.dump(value)
    return len(text) + text.count(b"\n") * 2 * CAPS.depth


def _bytes(fragment: Fragment) -> int:
    return max(len(fragment.content or b""), len(dump.dump(fragment.node)))


def _too_large(config: Merged, size: int) -> Finding:
    heaviest = sorted(_parts(config), reverse=True)
    (_, where), *others = heaviest
    named = ", ".join(f"{part:,} at {place}" for part, place in heaviest[:_NAMED])
    return findings.error(
        TOO_LARGE,
        f"the config rendered from {', '.join(config.documents)} takes {size:,} bytes, "
        f"and a message to an agent holds {MESSAGE_BYTES:,}: it cannot be sent",
        where,
        f"most of it comes from here; bytes by part: {named}",
        also=tuple(place for _, place in others[: _NAMED - 1]),
    )


def _parts(config: Merged) -> Iterable[tuple[int, Where]]:
    return (
        (_bytes(fragment), fragment.node.where)
        for documents in config.configs.values()
        for document in documents
        for fragment in document.fragments
    )
