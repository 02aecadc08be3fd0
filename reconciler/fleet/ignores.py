"""Comments that silence a rule at one place: why, and until when.

    endpoint: 0.0.0.0:4317 # reconciler: ignore W041 until 2027-03-31: behind a proxy

On a line of its own such a comment counts for the next line that is none. Read by
`parse.py`, asked by `render.py` and the linter. A date never changes what a fleet
runs: only the linter, which is told the day, lets it lapse.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.errors import Where
from reconciler.fleet.findings import Finding


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment.

    Attributes:
        rules: Ids it silences.
        where: The comment.
        line: The line it counts for.
        until: The last day on which it counts.
        reason: In the author's words.
    """

    rules: frozenset[str]
    where: Where
    line: int
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Ignores:
    """All of a repository, by path and line."""

    at: Mapping[tuple[str, int], tuple[Ignore, ...]] = field(default_factory=dict)

    def covers(self, finding: Finding, today: date | None = None) -> bool:
        """Whether a finding was silenced; without a day no comment has lapsed."""
        here = self.at.get((finding.where.path, finding.where.line), ())
        return any(
            finding.rule in one.rules and (today is None or today <= one.until)
            for one in here
        )
