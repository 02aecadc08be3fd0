"""What agents would get, worked out once for the linter and the tests of a fleet.

Agents of the same documents get the same, whatever else their labels say.
"""

from collections.abc import Mapping
from typing import TypeAlias

from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.fleet.linting import audience
from reconciler.fleet.linting.audience import Document
from reconciler.fleet.memory import Memory
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked, Merged, Unmatched

Selecting: TypeAlias = tuple[Document, ...]
"""The documents that decide on configs and select an agent."""


class Outcomes:
    """The configs of one fleet, before they are written down."""

    def __init__(self, fleet: Fleet, memory: Memory) -> None:
        self._fleet = fleet
        self._memory = memory

    def merged(
        self,
        selecting: Selecting,
        labels: Mapping[str, str],
        claimed: frozenset[str] = frozenset(),
    ) -> Merged | Unmatched | Blocked:
        """The config of an agent that these documents select."""
        return self._memory.of(
            selecting,
            "merged",
            lambda: render.merge(self.part(selecting), labels, claimed),
        )

    def errors(
        self,
        selecting: Selecting,
        labels: Mapping[str, str],
        claimed: frozenset[str] = frozenset(),
    ) -> tuple[Finding, ...]:
        """Why the renderer would keep the config back, beside what was merged."""
        config = self.merged(selecting, labels, claimed)
        if not isinstance(config, Merged):
            return ()
        return self._memory.of(
            selecting,
            "errors",
            lambda: tuple(render.errors(self.part(selecting), labels, claimed, config)),
        )

    def are(self, selecting: Selecting, errors: tuple[Finding, ...]) -> None:
        """Take errors that somebody found among others, to save looking again."""
        self._memory.of(selecting, "errors", lambda: errors)

    def part(self, selecting: Selecting) -> Fleet:
        """No more of the fleet than these documents."""
        return audience.part(self._fleet, selecting)
