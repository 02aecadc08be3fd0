"""What one test or one demo runs: started in order, ended in reverse, logs at hand."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

TAIL = 80


class Running(AbstractContextManager["Running"], Protocol):
    """A program with a log; every driver is one."""

    name: str

    def text(self) -> str:
        """Its log."""


R = TypeVar("R", bound=Running)


class Stage:
    """A context manager; everything started on it ends with it.

    Attributes:
        folder: For the files of those that are started.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cast: list[Running] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def start(self, running: R) -> R:
        """Start it."""
        self.watch(running)
        self._stack.enter_context(running)
        return running

    def watch(self, running: Running) -> None:
        """Show its log too, though somebody else starts and ends it."""
        self._cast.append(running)

    def folder_for(self, kind: str) -> Path:
        """An own folder for the next one."""
        return self.folder / f"{kind}-{len(self._cast)}"

    def logs(self) -> Iterator[tuple[str, str]]:
        """The end of every log, by name."""
        for running in self._cast:
            yield running.name, "\n".join(running.text().splitlines()[-TAIL:])
