"""What is wrong with a fleet repo, as data: for `lint`, the log and commit statuses."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import InvalidDocument, Where


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


class Fault(InvalidDocument):
    """An `InvalidDocument` that knows its rule, so that it can become a finding."""

    where: Where

    def __init__(
        self, rule: str, message: str, *, where: Where, hint: str | None = None
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.rule = rule

    @property
    def finding(self) -> Finding:
        """The same, as data."""
        return Finding(self.rule, Severity.ERROR, self.message, self.where, self.hint)


class Report:
    """Gathers findings while documents are read, so that no fault hides another."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything so far, once each, in order of place."""
        unique = dict.fromkeys(self._findings)
        return tuple(sorted(unique, key=lambda found: (found.where, found.rule)))

    def add(self, *findings: Finding) -> None:
        """Take what others found."""
        self._findings += findings

    def error(
        self, rule: str, message: str, *, where: Where, hint: str | None = None
    ) -> None:
        """Something that keeps the revision back."""
        self.add(Finding(rule, Severity.ERROR, message, where, hint))

    def warning(
        self, rule: str, message: str, *, where: Where, hint: str | None = None
    ) -> None:
        """Something to look at that keeps nothing back."""
        self.add(Finding(rule, Severity.WARNING, message, where, hint))


def errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that keep something back."""
    return tuple(f for f in findings if f.severity is Severity.ERROR)
