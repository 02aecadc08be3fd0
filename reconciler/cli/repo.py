"""A fleet repo in a folder, read as `serve` would read it: for `lint` and `render`.

The files as they are now, committed or not.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import output
from reconciler.cli.formats import text
from reconciler.cli.formats.checked import Checked
from reconciler.errors import ReconcilerError
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.fleet.reading import parse
from reconciler.fleet.reading.files import Cache
from reconciler.fleet.snapshot import Snapshot
from reconciler.source import limits
from reconciler.source.folder import FolderSource
from reconciler.source.source import Failed, Moved

FolderArgument = Annotated[
    Path, typer.Argument(metavar="[FOLDER]", help="The fleet repo.", show_default=True)
]


@dataclass(frozen=True, slots=True)
class Repo:
    """The files of a fleet repo and what they mean."""

    snapshot: Snapshot
    fleet: Fleet


def read(folder: Path, cache: Cache | None = None) -> Repo:
    """Read and parse a folder; `cache` is that of another reading of the same repo.

    Raises:
        ReconcilerError: It cannot be read; faults inside it are findings of the fleet.
    """
    if not folder.is_dir():
        raise ReconcilerError(
            f"{folder} is not a folder",
            hint="name the folder that holds fleet.yaml; a Git URL is for `serve`",
        )
    within = limits.from_environment(os.environ)
    match FolderSource(folder, limits=within).fetch(None, accepted=None):
        case Moved(snapshot=snapshot):
            return Repo(snapshot, parse.parse(snapshot, cache, caps=within.caps))
        case Failed(message=message, hint=hint):
            raise ReconcilerError(message, hint=hint)
        case other:
            raise AssertionError(f"a folder that nobody read before is {other}")


def print_finding(found: Finding, snapshot: Snapshot, *, to_stderr: bool) -> None:
    """One finding as compilers print it, with the line it is on."""
    sources = {path: file.content for path, file in snapshot.files.items()}
    say = output.talk if to_stderr else output.say
    say(text.render(Checked((found,), sources)))
