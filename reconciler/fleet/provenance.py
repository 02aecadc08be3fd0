"""Which document and line set a value, what it overrode, and what took it away.

Asked by `reconciler explain`, plans and reports of drift. Nothing is recorded while
rendering: the layers are laid again, one by one, and looked at after each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import Where
from reconciler.fleet.documents import COLLECTOR_ENTRY, Fleet
from reconciler.fleet.nodes import Node
from reconciler.fleet.pointers import Path


class Act(StrEnum):
    """What a document did to a value."""

    SET = "set"
    OVERRODE = "overrode"
    MERGED = "merged"
    """Into a list or mapping of documents below it."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Step:
    """One document that had a hand in a value.

    Attributes:
        document: Name of the `CollectorConfig`.
        act: What it did.
        where: The place in the fleet repo.
        value: What stood there after it; None when nothing did.
        through: Places of the variables that the value came through.
    """

    document: str
    act: Act
    where: Where
    value: Node | None
    through: tuple[Where, ...] = ()


def trace(
    fleet: Fleet,
    labels: Mapping[str, str],
    path: Path,
    *,
    entry: str = COLLECTOR_ENTRY,
    claimed: frozenset[str] = frozenset(),
) -> tuple[Step, ...]:
    """Everyone who had a hand in the value at a path, in order; the last one counts.

    Empty when nobody set it for agents with these labels.
    """
    raise NotImplementedError
