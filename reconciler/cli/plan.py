"""`reconciler plan [FOLDER] --against REV`: what a change would do to the agents."""

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from reconciler.cli import output, population, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.formats.text import counted
from reconciler.cli.plans import document, markdown, text
from reconciler.cli.population import AgentsOption, ServerOption
from reconciler.cli.repo import FolderArgument, Repo
from reconciler.errors import ReconcilerError
from reconciler.fleet import findings
from reconciler.fleet.documents import Fleet
from reconciler.fleet.linting import lint
from reconciler.fleet.memory import Memory
from reconciler.fleet.population import Population
from reconciler.fleet.reading import parse
from reconciler.fleet.reading.files import Cache
from reconciler.source import limits
from reconciler.source import open as opening
from reconciler.state import forecast
from reconciler.state.forecast import Forecast

NAMED: Final = 3
"""Lint errors that are named; `reconciler lint` shows all."""


class Form(StrEnum):
    """What `-o` takes here."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


app = verbs.new("Show what a change of the fleet repo would do to the agents.")


@app.command()
def plan(
    folder: FolderArgument = Path(),
    *,
    against: Annotated[
        str,
        typer.Option(
            metavar="REV", help="The revision that is in force: any of Git's."
        ),
    ] = "HEAD",
    revision: Annotated[
        str | None,
        typer.Option(
            metavar="REV", help="Plan this revision, not the files as they are now."
        ),
    ] = None,
    agents: AgentsOption = None,
    server: ServerOption = None,
    form: Annotated[
        Form,
        typer.Option(
            "-o", "--output", help="Markdown is for a comment on a pull request."
        ),
    ] = Form.TEXT,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 2 if something changes.")
    ] = False,
) -> int:
    """Show what a change of the fleet repo would do to the agents.

    Compares the files as they are now, or a revision, with another revision of the same
    Git repository: which configs change, for whom, who set every new value, and whether
    it would wait for an approval. Exit code 3 if the change would be refused.
    """
    cache = Cache()
    before = _read(folder, against, cache)
    if before.fleet.fatal:
        _say_fatal(before)
        raise ReconcilerError(
            f"{against} cannot be in force, so nothing can be compared with it",
            hint="name a revision without errors with --against",
        )
    after = _read(folder, revision, cache)
    known = population.read(agents, server)
    told = forecast.forecast(before.fleet, after.fleet, known)
    risks = _lint(before.fleet, after.fleet, known)
    told = replace(told, risks=(*told.risks, *risks))
    _print(told, form)
    if told.fatal:
        _say_fatal(after)
        return Exit.FINDINGS
    return Exit.DIFFERENCES if exit_code and not told.is_empty else Exit.OK


def _read(folder: Path, revision: str | None, cache: Cache) -> Repo:
    if revision is None:
        return repo.read(folder, cache)
    within = limits.from_environment(os.environ)
    snapshot = opening.read_revision(folder, revision, limits=within)
    return Repo(snapshot, parse.parse(snapshot, cache, caps=within.caps))


def _print(told: Forecast, form: Form) -> None:
    match form:
        case Form.TEXT:
            text.say(told)
        case Form.JSON:
            output.data(document.of(told), output.Form.JSON)
        case Form.MARKDOWN:
            output.raw(markdown.of(told).encode())


def _lint(before: Fleet, after: Fleet, known: Population) -> tuple[str, ...]:
    """The errors that were not there before, wherever they stand now."""
    if after.fatal:
        return ()  # told at length
    memory = Memory()
    was, now = (
        findings.errors(lint.check(fleet, population=known, memory=memory))
        for fleet in (before, after)
    )
    old = {(one.rule, one.message) for one in was}
    new = [one for one in now if (one.rule, one.message) not in old]
    if not new:
        return ()
    shown = ", ".join(f"{one.where} {one.rule}" for one in new[:NAMED])
    more = f" and {len(new) - NAMED} more" if len(new) > NAMED else ""
    return (f"{counted(len(new), 'new lint error')}: {shown}{more}",)


def _say_fatal(refused: Repo) -> None:
    for found in refused.fleet.fatal:
        repo.print_finding(found, refused.snapshot, to_stderr=True)
