"""`reconciler lint [PATH]...`: every fault of a fleet repo, or of Collector configs."""

import re
import sys
from collections import Counter
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markdown import Markdown

from reconciler.cli import output, pages, population, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.formats import github, gitlab, json, sarif, text
from reconciler.cli.formats.checked import Checked
from reconciler.cli.population import AgentsOption, ServerOption
from reconciler.errors import ReconcilerError, UsageError, Where
from reconciler.fleet import findings
from reconciler.fleet.catalogue import bundled, components_output
from reconciler.fleet.catalogue.model import Catalogue
from reconciler.fleet.findings import Finding, Report, Severity
from reconciler.fleet.linting import bare
from reconciler.fleet.linting import lint as rules
from reconciler.fleet.population import Population
from reconciler.fleet.rules.subject import Basis
from reconciler.fleet.syntax import goyaml

STDIN: Final = Path("-")
STDIN_NAME: Final = "<stdin>"

_ROOT: Final = Where("fleet.yaml")
"""Where a fleet repo is told that it has no document that makes it one."""

_OURS = re.compile(rb"^apiVersion:\s*[\"']?reconciler/", re.MULTILINE)


class Form(StrEnum):
    """What `-o` takes here."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"


app = verbs.new("Check a fleet repo, or any Collector config; every fault in place.")


def _explain(rule: str | None) -> None:
    """Like `--help`: printed at once, whatever else was given."""
    if rule is None:
        return
    page = pages.of(rule)
    if output.stdout().is_terminal:
        output.stdout().print(Markdown(page.text))
    else:
        output.raw(page.text.encode())
    raise typer.Exit


@app.command()
def lint(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            help="The folder of a fleet repo, by default this one; or files of "
            "Collector config, `-` for stdin.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - Typer's way to say that there may be none
    *,
    form: Annotated[
        Form,
        typer.Option(
            "-o",
            "--output",
            help="For people, for programs, for code scanning, or as annotations of "
            "a CI system.",
        ),
    ] = Form.TEXT,
    components: Annotated[
        Path | None,
        typer.Option(
            "--components",
            metavar="FILE",
            help="For files: what `otelcol components` of your Collector prints.",
        ),
    ] = None,
    agents: AgentsOption = None,
    server: ServerOption = None,
    explain: Annotated[  # noqa: ARG001 - its callback does all of it
        str | None,
        typer.Option(
            "--explain",
            metavar="RULE",
            callback=_explain,
            is_eager=True,
            help="Show the page of a rule, such as E014, and exit.",
        ),
    ] = None,
) -> int:
    """Check a fleet repo, or any Collector config; every fault in place.

    A fleet repo is read as its files are, committed or not, and every
    config is checked that the selectors allow; --agents or --server tell
    how many agents a fault hits.

    Files of Collector config are checked as the newest Collector we know
    would read them, or as yours would with --components.

    Exit code 3 if there are errors; 0 if there are only warnings.
    """
    if not paths or any(path.is_dir() for path in paths):
        if components:
            raise UsageError(
                "--components is for files of Collector config",
                hint="a fleet repo has a Distribution document for that",
            )
        known = population.read(agents, server)
        checked, scope = _fleet(paths or [Path()], known)
    else:
        if agents or server:
            raise UsageError(
                "--agents and --server are for a fleet repo", hint="name its folder"
            )
        checked, scope = _files(paths, components)
    _print(checked, form)
    output.talk(f"{_counts(checked.findings)} in {scope}")
    return Exit.FINDINGS if findings.errors(checked.findings) else Exit.OK


def _fleet(paths: list[Path], known: Population) -> tuple[Checked, str]:
    """What a fleet repo holds, and what of it was looked at."""
    folder, *others = paths
    if others:
        raise UsageError(
            "a fleet repo is one folder, and nothing beside it",
            hint="name one folder, or files of Collector config alone",
        )
    read = repo.read(folder)
    sources = {path: file.content for path, file in read.snapshot.files.items()}
    found = rules.check(read.fleet, population=known, today=_today(), sources=sources)
    if any(one.where == _ROOT for one in read.fleet.fatal):
        output.talk(
            "to check Collector configs that are in no fleet repo, name the files: "
            "reconciler lint FILE..."
        )
    counts = (
        (len(read.snapshot.files), "file"),
        (len(read.fleet.groups), "group"),
        (len(read.fleet.configs), "config"),
    )
    files, *documents = (text.counted(*one) for one in counts)
    checked = Checked(found, sources).below(folder)
    return checked, f"{files} ({', '.join(documents)})"


def _files(paths: list[Path], components: Path | None) -> tuple[Checked, str]:
    """What files of Collector config hold, and as what they were looked at."""
    sources = {
        STDIN_NAME if path == STDIN else str(path): _content(path) for path in paths
    }
    catalogue, basis = _catalogue(components)
    today = datetime.now(UTC).date()
    report = Report()
    for path, content in sources.items():
        found = bare.check(content, path, catalogue=catalogue, basis=basis, today=today)
        report.add(*found)
    judged = (
        f"as {components} says of its Collector"
        if components
        else f"as Collector {catalogue.version}; --components for yours"
    )
    ours = [path for path, content in sources.items() if _OURS.search(content)]
    if ours:
        output.talk(f"{ours[0]} is a document of a fleet repo: name its folder instead")
    checked = Checked(report.findings, sources)
    return checked, f"{text.counted(len(sources), 'file')} ({judged})"


def _today() -> date:
    """The day that comments with an end are held against, the same everywhere."""
    return datetime.now(UTC).date()


def _content(path: Path) -> bytes:
    """A file as far as anybody would read it: what is too long is found to be so."""
    try:
        if path == STDIN:
            return sys.stdin.buffer.read(goyaml.CAPS.size + 1)
        with path.open("rb") as file:
            return file.read(goyaml.CAPS.size + 1)
    except OSError as wrong:
        raise ReconcilerError(
            f"{path} cannot be read: {wrong.strerror}",
            hint="name the folder of a fleet repo, or files of Collector config",
        ) from None


def _catalogue(components: Path | None) -> tuple[Catalogue, Basis]:
    """Of the Collector that prints the list in a file, or of the newest we know."""
    if components is None:
        return bundled.bundled(), Basis.ASSUMED
    listed = components_output.read(_content(components), str(components))
    return bundled.bundled().of(listed), Basis.PINNED


def _print(checked: Checked, form: Form) -> None:
    match form:
        case Form.TEXT:
            if checked.findings:
                output.say(text.render(checked))
        case Form.JSON:
            _write(json.render(checked))
        case Form.SARIF:
            rules = {found.rule for found in checked.findings}
            _write(sarif.render(checked, {rule: pages.of(rule) for rule in rules}))
        case Form.GITHUB:
            _write(github.render(checked))
        case Form.GITLAB:
            _write(gitlab.render(checked))


def _write(document: str) -> None:
    """UTF-8 whatever the locale: it is for machines."""
    output.raw(f"{document}\n".encode() if document else b"")


def _counts(found: tuple[Finding, ...]) -> str:
    counts = Counter(finding.severity for finding in found)
    faults = [
        text.counted(counts[severity], severity.value)
        for severity in Severity
        if counts[severity]
    ]
    return ", ".join(faults) or "no faults"
