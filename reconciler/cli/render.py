"""`reconciler render [FOLDER] -l key=value,…`: what an agent with labels would get."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from reconciler.cli import output, population, rendered, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.population import (
    AgentsOption,
    LabelsOption,
    NameOption,
    ServerOption,
)
from reconciler.cli.repo import FolderArgument, Repo
from reconciler.errors import UsageError
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.fleet.population import Population, possible
from reconciler.fleet.rendering.render import Blocked, RenderedConfig, Unmatched
from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.ids import format_hash
from reconciler.state.desired import Resolution, Resolver


class Form(StrEnum):
    """What `-o` takes here."""

    YAML = "yaml"
    JSON = "json"


app = verbs.new("Show the config that an agent with given labels would get.")


@app.command(name="render")
def run(
    folder: FolderArgument = Path(),
    *,
    labels: LabelsOption = [],  # noqa: B006 - Typer's way to say that there may be several
    name: NameOption = None,
    agents: AgentsOption = None,
    server: ServerOption = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Write every distinct config, of known agents or of all that the "
            "selectors allow.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where to with --all: a folder of its own, for a rendered branch.",
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "-o",
            "--output",
            help="The YAML that the agent gets; or a document with hash, group, "
            "documents and where every value comes from.",
        ),
    ] = Form.YAML,
) -> int:
    """Show the config that an agent with given labels would get.

    The config goes to stdout, the group and the documents it comes from to stderr. Exit
    code 3 if the repo would be refused, or documents hold the agent back.
    """
    if everything != (out is not None):
        raise UsageError("--all and --out DIR need each other")
    if everything and (labels or name):
        raise UsageError("--all is about every agent", hint="leave out -l and --agent")
    known = population.read(agents, server)
    found = repo.read(folder)
    if found.fleet.fatal:
        return _refuse(found.fleet.fatal, found)
    if out is not None:
        return _write(found.fleet, known, out)
    asked = population.asked(labels, name, known)
    _, resolution = population.resolve(Resolver(found.fleet), asked)
    return _show(resolution, found, form)


def _write(fleet: Fleet, known: Population, out: Path) -> int:
    agents, complete = (known, True) if known else possible(fleet)
    made = rendered.of(fleet, agents, known=bool(known))
    rendered.write(out, made)
    whose = f"{len(agents)} agents" if known else "all that the selectors allow"
    output.talk(f"{made.configs} configs in {out}: {whose}; {rendered.INDEX} has who")
    if not complete:
        output.talk("the selectors allow more than was looked at; give --agents")
    if made.blocked:
        output.talk(f"{made.blocked} are held back by documents, as the index says")
    return Exit.FINDINGS if known and made.blocked else Exit.OK


def _show(resolution: Resolution, found: Repo, form: Form) -> int:
    group = resolution.group
    match resolution.desired:
        case Blocked(findings=reasons):
            return _refuse(reasons, found)
        case Unmatched():
            output.talk(
                f"group {group}: no CollectorConfig selects it; nothing is sent"
            )
        case RenderedConfig() as config if form is Form.JSON:
            output.data({**_document(config), "group": group}, output.Form.JSON)
        case RenderedConfig() as config:
            output.talk(
                f"group {group}: {' < '.join(config.documents)} "
                f"(hash {format_hash(config.hash)})"
            )
            _print_entries(config)
    return Exit.OK


def _refuse(reasons: tuple[Finding, ...], found: Repo) -> int:
    for reason in reasons:
        repo.print_finding(reason, found.snapshot, to_stderr=True)
    output.talk("nothing is sent: agents keep what they have")
    return Exit.FINDINGS


def _print_entries(config: RenderedConfig) -> None:
    for name, entry in config.entries.items():
        if len(config.entries) > 1:
            output.say(f"# entry: {name}")
        output.raw(entry.body)


def _document(config: RenderedConfig) -> dict[str, Any]:
    return {
        "schemaVersion": output.SCHEMA_VERSION,
        "hash": config.hash.hex(),
        "documents": list(config.documents),
        "entries": {
            name: {
                "contentType": entry.content_type,
                "body": entry.body.decode(),
                "provenance": dict(_leaves(config.nodes[name], "")),
            }
            for name, entry in config.entries.items()
        },
    }


def _leaves(node: Node, path: str) -> Iterator[tuple[str, str]]:
    """JSON Pointer of every leaf, and `file:line:column` of where it was written."""
    match node:
        case Table(items) if items:
            for key, (_, value) in items.items():
                yield from _leaves(value, f"{path}/{pointers.escape(key)}")
        case Sequence(items) if items:
            for number, item in enumerate(items):
                yield from _leaves(item, f"{path}/{number}")
        case Scalar(where=where) | Table(where=where) | Sequence(where=where):
            yield path, str(where)
