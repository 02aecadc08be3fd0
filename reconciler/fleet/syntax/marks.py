"""Where PyYAML's parser stands, as places in a file."""

from typing import Protocol

from reconciler.errors import Where


class Mark(Protocol):
    """A place, counted from 0."""

    @property
    def line(self) -> int: ...  # noqa: D102 - as the class says
    @property
    def column(self) -> int: ...  # noqa: D102 - as the class says


def at(mark: Mark | None, path: str) -> Where:
    """The place; the whole file where the parser knows none."""
    return Where(path, mark.line + 1, mark.column + 1) if mark else Where(path)
