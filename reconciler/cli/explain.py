"""`reconciler explain [PATH] [FOLDER]`: who set a value, and whom it overrode."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.text import Text

from reconciler.cli import output, population, reach, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.population import (
    AgentsOption,
    LabelsOption,
    NameOption,
    ServerOption,
)
from reconciler.cli.reach import Reached, Value
from reconciler.cli.repo import Repo
from reconciler.errors import UsageError
from reconciler.fleet import layers, lookup, masking, pointers, provenance
from reconciler.fleet.documents import COLLECTOR_ENTRY, Fleet
from reconciler.fleet.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.pointers import Path as Pointer
from reconciler.fleet.population import KnownAgent, Population
from reconciler.fleet.provenance import Step
from reconciler.fleet.render import Blocked, RenderedConfig
from reconciler.state.desired import Desired, Resolver
from reconciler.web import text

ROOT = "fleet.yaml"


class Form(StrEnum):
    """What `-o` takes here."""

    TEXT = "text"
    JSON = "json"


app = verbs.new("Show who set a value of a config, and whom it overrode.")


@app.command()
def explain(
    path: Annotated[
        str,
        typer.Argument(
            metavar="[PATH]",
            help="The value: `exporters.otlp/b.endpoint`, or a JSON Pointer. Without "
            "it, the whole config with the place of every value in the margin.",
        ),
    ] = "",
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="The fleet repo.")
    ] = Path(),
    *,
    labels: LabelsOption = [],  # noqa: B006 - Typer's way to say that there may be several
    name: NameOption = None,
    agents: AgentsOption = None,
    server: ServerOption = None,
    entry: Annotated[
        str, typer.Option(help="The entry of the config map, where there are several.")
    ] = COLLECTOR_ENTRY,
    form: Annotated[Form, typer.Option("-o", "--output", help="How to print it.")] = (
        Form.TEXT
    ),
) -> int:
    """Show who set a value of a config, and whom it overrode.

    The newest step comes first and is the one that counts. Says also which agents get
    the value from there: those of --agents or --server, else those that the document
    selects. Secrets are hidden.
    """
    if folder == Path() and (Path(path) / ROOT).is_file():
        path, folder = "", Path(path)
    found = repo.read(folder)
    if found.fleet.fatal:
        return _refuse(found)
    known = population.read(agents, server)
    resolver = Resolver(found.fleet)
    asked = population.asked(labels, name, known)
    agent, resolution = population.resolve(resolver, asked)
    _say_desired(resolution.desired, agent, found)
    if not path:
        return _whole(found.fleet, agent, entry, resolution.desired, form)
    where = _locate(found.fleet, agent, entry, path, resolution.desired)
    steps = provenance.trace(
        found.fleet, agent.labels, where, entry=entry, claimed=agent.claimed
    )
    reached = _reach(resolver, resolution.desired, steps[-1], where, entry, known)
    if form is Form.JSON:
        document = {
            "schemaVersion": output.SCHEMA_VERSION,
            "revision": str(found.fleet.revision),
            "path": text.line(pointers.text(where)),
            "steps": [_document(step, where) for step in reversed(steps)],
            "reach": reached.document,
        }
        output.data(document, output.Form.JSON)
    else:
        _say_steps(where, steps)
        output.say()
        for line in reached.lines:
            output.say(text.line(line))
    return Exit.OK


def _reach(
    resolver: Resolver,
    desired: Desired,
    last: Step,
    path: Pointer,
    entry: str,
    known: Population,
) -> Reached:
    tree = desired.nodes.get(entry) if isinstance(desired, RenderedConfig) else None
    document = resolver.fleet.configs[last.document]
    value = Value(entry, path, lookup.at(tree, path), document)
    if known:
        return reach.among(resolver, value, known)
    return reach.allowed(resolver.fleet, value)


def _refuse(found: Repo) -> int:
    for wrong in found.fleet.fatal:
        repo.print_finding(wrong, found.snapshot, to_stderr=True)
    output.talk("nothing can be explained of a revision that would be refused")
    return Exit.FINDINGS


def _say_desired(desired: Desired, agent: KnownAgent, found: Repo) -> None:
    match desired:
        case Blocked(findings=reasons):
            for reason in reasons:
                repo.print_finding(reason, found.snapshot, to_stderr=True)
            output.talk(f"{agent.name}: held back, keeps what it has")
        case RenderedConfig(documents=documents):
            names = " < ".join(documents)
            output.talk(f"{agent.name}: {names} at {found.fleet.revision.short}")


def _locate(
    fleet: Fleet, agent: KnownAgent, entry: str, path: str, desired: Desired
) -> Pointer:
    """The path that is meant: of what the agent gets, else of what was taken away."""
    final = desired.nodes.get(entry) if isinstance(desired, RenderedConfig) else None
    selected = layers.select(fleet, agent.labels, agent.claimed)
    below = [one.tree for one in selected if one.entry == entry]
    if not below:
        raise UsageError(
            f"no CollectorConfig selects {agent.name}, so nothing sets a value",
            hint="say whom it is about with -l or --agent",
        )
    found = lookup.find(final, path) if final else ()
    found = found or tuple(
        dict.fromkeys(one for tree in below for one in lookup.find(tree, path))
    )
    if len(found) == 1:
        return found[0]
    if found:
        shown = " or ".join(map(pointers.text, found))
        raise UsageError(f"{path} can mean {shown}", hint="write one of these")
    near = ", ".join(lookup.near(filter(None, [final, *below]), path))
    raise UsageError(
        f"{agent.name} has nothing at {path}",
        hint=f"did you mean {near}?" if near else "without a path all values are shown",
    )


def _document(step: Step, path: Pointer) -> dict[str, Any]:
    return {
        "document": step.document,
        "act": step.act,
        "file": text.line(step.where.path),
        "line": step.where.line,
        "column": step.where.column,
        "value": masking.shown(step.value, path) if step.value else None,
        "through": [text.line(str(place)) for place in step.through],
    }


def _say_steps(path: Pointer, steps: tuple[Step, ...]) -> None:
    value = steps[-1].value
    shown = masking.shown(value, path) if value else "nothing"
    output.say(Text(text.line(f"{pointers.text(path) or '/'}: {shown}"), "bold"))
    output.say()
    rows = [
        (
            step.act.value,
            step.document,
            text.line(_place(step)),
            masking.shown(step.value, path) if step.value else "-",
        )
        for step in reversed(steps)
    ]
    output.table(("ACT", "DOCUMENT", "PLACE", "VALUE"), rows)


def _place(step: Step) -> str:
    return " through ".join(map(str, (step.where, *step.through)))


def _whole(
    fleet: Fleet, agent: KnownAgent, entry: str, desired: Desired, form: Form
) -> int:
    if isinstance(desired, Blocked):
        return Exit.FINDINGS
    tree = desired.nodes.get(entry) if isinstance(desired, RenderedConfig) else None
    if form is Form.JSON:
        output.data(_whole_document(fleet, agent, entry), output.Form.JSON)
    elif tree:
        _say_whole(fleet, agent, entry, tree)
    else:
        output.talk(f"no CollectorConfig selects {agent.name}; nothing is sent")
    return Exit.OK


def _say_whole(fleet: Fleet, agent: KnownAgent, entry: str, tree: Node) -> None:
    blamed = provenance.blame(fleet, agent.labels, entry=entry, claimed=agent.claimed)
    margins = {
        path: text.line(f"{step.document} {_place(step)}")
        for path, step in blamed.items()
    }
    width = max(map(cell_len, margins.values()), default=0)
    for line, path in _lines(masking.masked(tree), ()):
        margin = margins.get(path, "")
        output.say(Text(f"{margin:<{width}} | ", "dim") + Text(text.line(line)))


def _whole_document(fleet: Fleet, agent: KnownAgent, entry: str) -> dict[str, Any]:
    blamed = provenance.blame(fleet, agent.labels, entry=entry, claimed=agent.claimed)
    return {
        "schemaVersion": output.SCHEMA_VERSION,
        "revision": str(fleet.revision),
        "values": {
            text.line(pointers.text(path)): _document(step, path)
            for path, step in blamed.items()
        },
    }


def _lines(
    node: Node, path: Pointer, indent: str = ""
) -> Iterator[tuple[str, Pointer]]:
    """The config, a value a line, each with its path."""
    for start, key, value in _parts(node):
        here = (*path, key)
        if isinstance(value, Scalar) or not value.items:
            yield f"{indent}{start} {masking.shown(value)}", here
            continue
        inner = list(_lines(value, here, indent + "  "))
        if start == "-":
            line, first = inner.pop(0)
            yield f"{indent}- {line.strip()}", first
        else:
            yield f"{indent}{start}", here
        yield from inner


def _parts(node: Node) -> Iterator[tuple[str, str, Node]]:
    match node:
        case Table(items):
            for key, (where, value) in items.items():
                yield f"{masking.shown(Scalar(key, where))}:", key, value
        case Sequence(items):
            for index, item in enumerate(items):
                yield "-", str(index), item
