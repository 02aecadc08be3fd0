"""Every exception this program raises on purpose, named by what happens next.

    ReconcilerError            something a person reads: message, where, hint
    ├── SetupError             the program cannot start; mend the machine or settings
    ├── UsageError             the command was called wrongly (exit code 64)
    ├── Stalled                stops until Git changes or a person acts
    │   └── InvalidDocument    a file of the fleet repo is wrong
    └── Waiting                comes back by itself after `retry_after`

Anything else that escapes is a bug and shows its trace. Messages never hold secrets.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file of the fleet repo, counted from 1; 0 means the whole file."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`path`, `path:line` or `path:line:column`, as editors take it."""
        if not self.line:
            return self.path
        if not self.column:
            return f"{self.path}:{self.line}"
        return f"{self.path}:{self.line}:{self.column}"


class ReconcilerError(Exception):
    """Base of all; `str()` is one line, `where: message`."""

    def __init__(
        self, message: str, *, where: Where | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """The message, with the place in front when there is one."""
        return f"{self.where}: {self.message}" if self.where else self.message


class SetupError(ReconcilerError):
    """The program cannot start as it was set up; nothing was changed."""


class UsageError(ReconcilerError):
    """A command was given words it does not take."""


class Stalled(ReconcilerError):  # noqa: N818 - named by what happens next
    """No retry helps; the last good state stays in force until Git changes."""


class InvalidDocument(Stalled):
    """A file of the fleet repo cannot be used as it is."""


class Waiting(ReconcilerError):  # noqa: N818 - named by what happens next
    """The cause lies outside and may pass; the caller comes back.

    Attributes:
        retry_after: Seconds to wait before the next try, or None for the caller's own
            back-off.
    """

    def __init__(
        self,
        message: str,
        *,
        where: Where | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.retry_after = retry_after
