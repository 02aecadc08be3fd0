"""How the demo speaks: a live picture on a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from reconciler.cli.process import CommitStatus

STYLES: Final = {
    "success": "green",
    "pending": "yellow",
    "failure": "bold red",
    "error": "bold red",
}
SHORT: Final = 7


@dataclass(frozen=True, slots=True)
class Picture:
    """A commit with its statuses as they are, and the fleet in a few words."""

    commit: str
    statuses: Sequence[CommitStatus]
    summary: str


class Narrator:
    """Tells what happens, and shows the groups as they stand; a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._live = (
            Live(console=console, auto_refresh=False) if console.is_terminal else None
        )

    def __enter__(self) -> Self:
        """Begin the live picture, where there can be one."""
        (self._live or nullcontext()).__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last picture standing."""
        if self._live:
            self._live.__exit__(kind, wrong, trace)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._started

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._print(Text(f"\n{title}", "bold"))

    def tell(self, words: str, style: str = "") -> None:
        """Something that we did, or that can be seen."""
        self._print(Text(f"{self.seconds:5.1f}s  ", "dim") + Text(words, style))

    def quote(self, words: str, style: str = "") -> None:
        """Somebody else's words: of Git, of an agent."""
        for line in words.splitlines():
            self._print(Text(f"        {line}", style))

    def proven(self, words: str) -> None:
        """An expectation that was met."""
        self._print(
            Text(f"{self.seconds:5.1f}s  ", "dim") + Text(f"✔ {words}", "bold green")
        )

    def show(self, news: Iterable[CommitStatus], picture: Picture) -> None:
        """How the commit stands: redrawn, or a line for each status that is new."""
        if self._live:
            self._live.update(self._drawn(picture), refresh=True)
            return
        for status in news:
            words = f"{status.commit[:SHORT]} {status.context}: {status.state}: "
            self.tell(words + status.description)

    def _drawn(self, picture: Picture) -> Group:
        table = Table(box=None, pad_edge=False, show_header=False, expand=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, ratio=1)  # only the words are cut
        for status in picture.statuses:
            style = STYLES.get(status.state, "")
            table.add_row(
                Text(f"● {status.context}", style),
                Text(status.state, style),
                Text(status.description),
            )
        line = f"{picture.commit[:SHORT]}  {picture.summary}  {self.seconds:.0f}s"
        return Group(Text(""), Text(line, "dim"), table)

    def _print(self, words: Text) -> None:
        self._console.print(words, soft_wrap=self._live is None)
