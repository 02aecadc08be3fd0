"""A fleet repo in a folder, read as `serve` would read it: for `lint` and `render`.

The files as they are now, committed or not.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.cells import cell_len
from rich.text import Text

from reconciler.cli import output
from reconciler.errors import ReconcilerError, Where
from reconciler.fleet import parse
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.fleet.snapshot import Snapshot
from reconciler.source.folder import FolderSource
from reconciler.source.source import Failed, Moved
from reconciler.web import text

STYLES: Final = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}

FolderArgument = Annotated[
    Path, typer.Argument(metavar="[FOLDER]", help="The fleet repo.", show_default=True)
]


@dataclass(frozen=True, slots=True)
class Repo:
    """The files of a fleet repo and what they mean."""

    snapshot: Snapshot
    fleet: Fleet


def read(folder: Path) -> Repo:
    """Read and parse a folder.

    Raises:
        ReconcilerError: It cannot be read; faults inside it are findings of the fleet.
    """
    if not folder.is_dir():
        raise ReconcilerError(
            f"{folder} is not a folder",
            hint="name the folder that holds fleet.yaml; a Git URL is for `serve`",
        )
    match FolderSource(folder).fetch(None, accepted=None):
        case Moved(snapshot=snapshot):
            return Repo(snapshot, parse.parse(snapshot))
        case Failed(message=message, hint=hint):
            raise ReconcilerError(message, hint=hint)
        case other:
            raise AssertionError(f"a folder that nobody read before is {other}")


def print_finding(found: Finding, snapshot: Snapshot, *, to_stderr: bool) -> None:
    """One finding as compilers print it, with the line it is on."""
    say = output.talk if to_stderr else output.say
    style = STYLES[found.severity]
    say(
        Text(f"{found.where}: ", "bold")
        + Text(f"{found.severity} {found.rule}: ", style)
        + Text(text.line(found.message))
    )
    if excerpt := _excerpt(found.where, snapshot):
        say(excerpt)
    if found.hint:
        say(Text("  hint: ", "cyan") + Text(text.line(found.hint)))


def document_of(found: Finding) -> dict[str, Any]:
    """A finding for `-o json`."""
    return {
        "rule": found.rule,
        "severity": found.severity.value,
        "message": text.line(found.message),
        "path": text.line(found.where.path),
        "line": found.where.line,
        "column": found.where.column,
        "hint": text.line(found.hint) if found.hint else None,
    }


def _excerpt(where: Where, snapshot: Snapshot) -> Text | None:
    """The line with a caret under its column, as far as the file can be read."""
    file = snapshot.files.get(where.path)
    lines = file.content.decode("utf-8-sig", "replace").split("\n") if file else []
    if not 1 <= where.line <= len(lines):
        return None
    line = text.line(lines[where.line - 1].rstrip("\r").replace("\t", " "))
    number = f"  {where.line} | "
    caret = " " * cell_len(number + line[: max(0, where.column - 1)])
    return Text(number, "dim") + Text(line) + Text(f"\n{caret}^", "bold red")
