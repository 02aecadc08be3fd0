"""How commands speak: data to stdout, talk to stderr, colour only for a terminal.

Strings that come from agents or files are never read as Rich's markup.
"""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

GAP = "  "
SCHEMA_VERSION = "1"
"""Of the documents that commands make themselves."""

STYLES = {
    "Synced": "green",
    "success": "green",
    "Failed": "bold red",
    "RolledBack": "bold red",
    "Incompatible": "bold red",
    "TooLarge": "bold red",
    "Unselected": "bold red",
    "Drifted": "red",
    "failure": "bold red",
    "error": "bold red",
    "refused": "red",
    "unhealthy": "red",
    "away": "dim",
    "carried": "dim",
    "superseded": "dim",
    "Unmanaged": "dim",
    "ReadOnly": "dim",
    "Missing": "yellow",
    "missing": "yellow",
    "Unconfirmed": "yellow",
    "Unknown": "yellow",
    "Pending": "yellow",
    "Offered": "yellow",
    "Applying": "yellow",
    "pending": "yellow",
    "warning": "yellow",
}
UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))


class Form(StrEnum):
    """What `-o` takes."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


FormOption = Annotated[
    Form, typer.Option("-o", "--output", help="How to print it.", show_default=True)
]


def error(message: str, *, hint: str | None = None) -> None:
    """Say on stderr what went wrong, and how to mend it."""
    console = _stderr()
    console.print(Text("error: ", "bold red") + Text(message), soft_wrap=True)
    if hint:
        console.print(Text("hint:  ", "bold cyan") + Text(hint), soft_wrap=True)


def talk(words: str | Text) -> None:
    """Say something on stderr that is not the answer itself."""
    _stderr().print(words, soft_wrap=True, markup=False, highlight=False)


def say(words: str | Text = "") -> None:
    """Print a piece of the answer; long lines stay whole."""
    stdout().print(words, soft_wrap=True, markup=False, highlight=False)


def raw(content: bytes) -> None:
    """Print bytes as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def data(document: Any, form: Form) -> None:
    """Print a document as JSON or YAML."""
    if form is Form.JSON:
        import orjson  # noqa: PLC0415 - tables do not need it

        text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    else:
        import yaml  # noqa: PLC0415 - tables do not need it

        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        text = text.removesuffix("\n")
    sys.stdout.write(text + "\n")


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns; on a terminal the last one is cut to what is left of the line."""
    lines = [list(headers), *([*row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    console = stdout()
    if console.is_terminal:
        taken = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
        widths[-1] = max(len(headers[-1]), console.width - taken)
    for number, line in enumerate(lines):
        say(_line(line, widths, style="bold" if number == 0 else ""))


def age(since: str | None, now: str) -> str:
    """From one RFC 3339 time to another, as kubectl says it: `42s`, `5m`, `3d`."""
    if since is None:
        return "-"
    passed = datetime.fromisoformat(now) - datetime.fromisoformat(since)
    seconds = max(0, int(passed.total_seconds()))
    for unit, letter in UNITS:
        if seconds >= 2 * unit:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"


def stdout() -> Console:
    """The terminal, or whatever stdout is now."""
    return Console(file=sys.stdout, highlight=False)


def _stderr() -> Console:
    return Console(file=sys.stderr, highlight=False)


def _line(cells: Sequence[str], widths: Sequence[int], *, style: str) -> Text:
    line = Text()
    for cell, width in zip(cells[:-1], widths, strict=False):
        line.append(set_cell_size(cell, width) + GAP, style or STYLES.get(cell, ""))
    last, width = cells[-1], widths[-1]
    if cell_len(last) > width:
        last = set_cell_size(last, width - 1) + "…"
    line.append(last, style or STYLES.get(last, ""))
    return line
