"""`reconciler render [FOLDER] -l key=value,…`: what an agent with labels would get."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from reconciler.cli import output, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.repo import FolderArgument, Repo
from reconciler.errors import UsageError
from reconciler.fleet import findings, render
from reconciler.fleet.findings import Finding
from reconciler.fleet.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.render import Blocked, RenderedConfig, Unmatched
from reconciler.ids import format_hash


class Form(StrEnum):
    """What `-o` takes here."""

    YAML = "yaml"
    JSON = "json"


app = verbs.new("Show the config that an agent with given labels would get.")


@app.command(name="render")
def run(
    folder: FolderArgument = Path(),
    *,
    labels: Annotated[
        list[str],
        typer.Option(
            "-l",
            "--labels",
            metavar="KEY=VALUE,...",
            help="The labels of the agent; can be given several times.",
        ),
    ] = [],  # noqa: B006 - Typer's way to say that there may be several
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
    code 3 if the repo has errors or the documents contradict each other.
    """
    asked = _labels(labels)
    found = repo.read(folder)
    if wrong := findings.errors(found.fleet.findings):
        return _refuse(wrong, found)
    group = render.group_of(found.fleet, asked)
    if isinstance(group, Blocked):
        return _refuse(group.findings, found)
    match render.render(found.fleet, asked):
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


def _labels(texts: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for pair in filter(None, ",".join(texts).split(",")):
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise UsageError(
                f"`{pair}` is no label", hint="write -l key=value,other=value"
            )
        labels[key.strip()] = value.strip()
    return labels


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
                yield from _leaves(value, f"{path}/{_escape(key)}")
        case Sequence(items) if items:
            for number, item in enumerate(items):
                yield from _leaves(item, f"{path}/{number}")
        case Scalar(where=where) | Table(where=where) | Sequence(where=where):
            yield path, str(where)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
