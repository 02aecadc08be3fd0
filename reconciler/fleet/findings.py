"""What is wrong with a fleet repo, as data: for `lint`, the log and commit statuses."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import Where


class Severity(StrEnum):
    """How bad a finding is; only errors keep a revision or an agent back."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    Attributes:
        rule: Stable id, such as `E002`; documented in `docs/rules.md`.
        severity: What it stops.
        message: One sentence on what is wrong, without the place.
        where: The place in the source, as exact as it is known.
        hint: How to mend it, when that is known.
    """

    rule: str
    severity: Severity
    message: str
    where: Where
    hint: str | None = None

    def __str__(self) -> str:
        """`path:line:column: severity rule: message`, as compilers print it."""
        return f"{self.where}: {self.severity} {self.rule}: {self.message}"


def errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that keep something back."""
    return tuple(f for f in findings if f.severity is Severity.ERROR)
