"""What is wrong with a fleet repo, as data: for `lint`, the log and commit statuses."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from reconciler.errors import InvalidDocument, Where
from reconciler.fleet import invisible


class Severity(StrEnum):
    """How bad a finding is; only errors keep a revision or an agent back."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a fault hits.

    Attributes:
        groups: Names of the groups, in order.
        agents: How many known agents; None when none are known.
    """

    groups: tuple[str, ...]
    agents: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    Attributes:
        rule: Stable id, such as `E002`; documented in `docs/rules/`.
        severity: What it stops.
        message: One sentence on what is wrong, without the place.
        where: The place in the source, as exact as it is known.
        hint: How to mend it, when that is known.
        also: Other places that have a part in it, such as the steps of a cycle.
        reach: Whom it hits; None when that was not worked out.
    """

    rule: str
    severity: Severity
    message: str
    where: Where
    hint: str | None = None
    also: tuple[Where, ...] = ()
    reach: Reach | None = None

    def __str__(self) -> str:
        """`path:line:column: severity rule: message`, as compilers print it."""
        return f"{self.where}: {self.severity} {self.rule}: {self.message}"


def error(
    rule: str,
    message: str,
    where: Where,
    hint: str | None = None,
    *,
    also: tuple[Where, ...] = (),
) -> Finding:
    """Something that keeps a revision or an agent back."""
    return of(Severity.ERROR, rule, message, where, hint, also=also)


def warning(
    rule: str,
    message: str,
    where: Where,
    hint: str | None = None,
    *,
    also: tuple[Where, ...] = (),
) -> Finding:
    """Something to look at that keeps nothing back."""
    return of(Severity.WARNING, rule, message, where, hint, also=also)


def of(
    severity: Severity,
    rule: str,
    message: str,
    where: Where,
    hint: str | None = None,
    *,
    also: tuple[Where, ...] = (),
) -> Finding:
    """A finding whose severity depends on how much is known."""
    return Finding(rule, severity, _one_line(message), where, _hint(hint), also)


_MOST_ERRORS: Final = 1_000
_LONGEST: Final = 400
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LOGIN = re.compile(
    r"""(?<=://)[^\s`/@]{1,200}(?=@)
    | [^\s`'"/@:]{0,60}:[^\s`'"/@]{1,200}(?=@[\w\[])""",
    re.VERBOSE,
)


def without_logins(text: str) -> str:
    """User and password before a host are hidden, be there a scheme or, wrongly, none.

    The time it takes grows with the length of the text, and no faster.
    """
    return _LOGIN.sub("***", text)


def _one_line(message: str) -> str:
    """What a text quotes is the author's: long, with a secret, or not to be seen."""
    masked = without_logins(invisible.shown(message[: 4 * _LONGEST]))
    cut = masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}..."
    return _UNPRINTABLE.sub("?", cut)


def _hint(hint: str | None) -> str | None:
    return None if hint is None else _one_line(hint)


class Fault(InvalidDocument):
    """An `InvalidDocument` that knows its rule, so that it can become a finding."""

    def __init__(
        self,
        rule: str,
        message: str,
        *,
        where: Where,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.finding = error(rule, message, where, hint)
        """The same, as data."""
        self.findings: tuple[Finding, ...] = (self.finding,)
        """With everything else that was wrong there."""

    @classmethod
    def of(cls, found: tuple[Finding, ...]) -> Self:
        """The first of these, which knows the others."""
        first = found[0]
        fault = cls(first.rule, first.message, where=first.where, hint=first.hint)
        fault.findings = found
        return fault


class Report:
    """Gathers findings while documents are read, so that no fault hides another."""

    def __init__(self) -> None:
        self._findings: dict[Finding, None] = {}
        self._errors = 0

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything so far, once each, in order of place."""
        return tuple(sorted(self._findings, key=lambda one: (one.where, one.rule)))

    def add(self, *findings: Finding) -> None:
        """Take what was found; of errors, as many as a person could read."""
        for found in findings:
            if found.severity is not Severity.ERROR or self._errors < _MOST_ERRORS:
                self._findings[found] = None
                self._errors += found.severity is Severity.ERROR

    def error(
        self, rule: str, message: str, *, where: Where, hint: str | None = None
    ) -> None:
        """Something that keeps a revision or an agent back."""
        self.add(error(rule, message, where, hint))

    def warning(
        self, rule: str, message: str, *, where: Where, hint: str | None = None
    ) -> None:
        """Something to look at that keeps nothing back."""
        self.add(warning(rule, message, where, hint))


def errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that keep something back."""
    return tuple(f for f in findings if f.severity is Severity.ERROR)
