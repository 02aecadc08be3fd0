"""What was worked out of things that have not changed, so that it is not again.

Held by whoever judges one fleet after another, such as `reconciler plan`, and handed to
the linter each time. Things are told apart by identity: parsed with one cache, files
that are equal give the very same documents.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_Found = TypeVar("_Found")


class Memory:
    """Answers about things, for as long as somebody still asks for them."""

    def __init__(self) -> None:
        self._context: object = None
        self._before: dict[Hashable, tuple[tuple[object, ...], Any]] = {}
        self._now: dict[Hashable, tuple[tuple[object, ...], Any]] = {}

    def turn(self, context: object) -> None:
        """Begin with the next fleet; what nobody asked for at the last is forgotten.

        Answers of another context, which they all depend on, are of no use.
        """
        self._before = self._now if context == self._context else {}
        self._now = {}
        self._context = context

    def of(
        self, things: tuple[object, ...], about: Hashable, work: Callable[[], _Found]
    ) -> _Found:
        """The answer about these things, worked out when nobody asked before."""
        key = (about, tuple(map(id, things)))
        kept = self._now.get(key) or self._before.get(key)
        if kept is None:
            # With the things themselves: their identities are nobody else's meanwhile.
            kept = (things, work())
        self._now[key] = kept
        found: _Found = kept[1]
        return found
