"""Where PyYAML's parser stands, as places in a file; and what it says of bad syntax."""

from typing import Protocol

from yaml import MarkedYAMLError

from reconciler.errors import Where
from reconciler.fleet import characters, findings
from reconciler.fleet.findings import Finding


class Mark(Protocol):
    """A place, counted from 0."""

    line: int
    column: int


def at(mark: Mark | None, path: str) -> Where:
    """The place; the whole file where the parser knows none."""
    return Where(path, mark.line + 1, mark.column + 1) if mark else Where(path)


def syntax(error: MarkedYAMLError, path: str) -> Finding:
    """Why a file is no YAML."""
    message = " ".join(part for part in (error.context, error.problem) if part)
    perhaps_tab = "tab character" in message or "cannot start any token" in message
    hint = "quote the text, or indent with spaces if this is a tab"
    return findings.error(
        characters.SYNTAX,
        f"not YAML: {message}",
        at(error.problem_mark or error.context_mark, path),
        hint if perhaps_tab else None,
    )
