"""`reconciler explain [PATH] [FOLDER]`: who set a value, and whom it overrode."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from reconciler.cli.reach import Value
from reconciler.cli.repo import Repo
from reconciler.errors import UsageError
from reconciler.fleet.documents import COLLECTOR_ENTRY, Fleet
from reconciler.fleet.population import KnownAgent, Population
from reconciler.fleet.rendering import layers, provenance
from reconciler.fleet.rendering.provenance import Step
from reconciler.fleet.rendering.render import Blocked, RenderedConfig
from reconciler.fleet.syntax import lookup, masking, pointers
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.pointers import Path as Pointer
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
    question = _Question(resolver, agent, resolution.desired, entry, known)
    return _of_value(question, path, form) if path else _of_all(question, form)


@dataclass(frozen=True, slots=True)
class _Question:
    """Whose config it is about.

    Attributes:
        agent: As the fleet labels it.
        desired: What it should run.
        entry: Of the config map.
        known: All agents that are known.
    """

    resolver: Resolver
    agent: KnownAgent
    desired: Desired
    entry: str
    known: Population

    @property
    def fleet(self) -> Fleet:
        return self.resolver.fleet

    @property
    def tree(self) -> Node | None:
        """What the agent gets; None while it gets nothing, or is held back."""
        match self.desired:
            case RenderedConfig(nodes=nodes):
                return nodes.get(self.entry)
            case _:
                return None


def _of_value(question: _Question, path: str, form: Form) -> int:
    agent = question.agent
    where, steps = _locate(question, path)
    document = question.fleet.configs[steps[-1].document]
    value = Value(question.entry, where, lookup.at(question.tree, where), document)
    if question.known:
        reached = reach.among(question.resolver, value, question.known)
    else:
        reached = reach.allowed(question.fleet, value)
    if form is Form.TEXT:
        _say_steps(where, steps)
        output.say()
        for line in reached.lines:
            output.say(text.line(line))
        return Exit.OK
    told = {
        "schemaVersion": output.SCHEMA_VERSION,
        "revision": str(question.fleet.revision),
        "agent": text.line(agent.name),
        "path": text.line(pointers.text(where)),
        "steps": [_document(step, where) for step in reversed(steps)],
        "reach": reached.document,
    }
    output.data(told, output.Form.JSON)
    return Exit.OK


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


def _locate(question: _Question, path: str) -> tuple[Pointer, tuple[Step, ...]]:
    """The path that is meant, of what is set or was taken away, and who did it."""
    agent = question.agent
    selected = layers.select(question.fleet, agent.labels, agent.claimed)
    below = [one.tree for one in selected if one.entry == question.entry]
    if not below:
        raise UsageError(
            f"no CollectorConfig selects {agent.name}, so nothing sets a value",
            hint="say whom it is about with -l or --agent",
        )
    trees = [question.tree, *below] if question.tree else below
    found = lookup.find(trees[0], path) or tuple(
        dict.fromkeys(one for tree in below for one in lookup.find(tree, path))
    )
    traced = [(one, steps) for one in found if (steps := _trace(question, one))]
    if len(traced) == 1:
        return traced[0]
    if traced:
        shown = " or ".join(pointers.text(one) for one, _ in traced)
        raise UsageError(f"{path} can mean {shown}", hint="write one of these")
    near = ", ".join(lookup.near(trees, path))
    raise UsageError(
        f"{agent.name} has nothing at {path}",
        hint=f"did you mean {near}?" if near else "without a path all values are shown",
    )


def _trace(question: _Question, path: Pointer) -> tuple[Step, ...]:
    agent = question.agent
    return provenance.trace(
        question.fleet,
        agent.labels,
        path,
        entry=question.entry,
        claimed=agent.claimed,
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


def _of_all(question: _Question, form: Form) -> int:
    if isinstance(question.desired, Blocked):
        return Exit.FINDINGS
    agent, tree = question.agent, question.tree
    if tree is None:
        output.talk(f"no CollectorConfig selects {agent.name}; nothing is sent")
        return Exit.OK
    blamed = provenance.blame(
        question.fleet, agent.labels, entry=question.entry, claimed=agent.claimed
    )
    if form is Form.TEXT:
        _say_all(tree, blamed)
        return Exit.OK
    told = {
        "schemaVersion": output.SCHEMA_VERSION,
        "revision": str(question.fleet.revision),
        "agent": text.line(agent.name),
        "values": {
            text.line(pointers.text(path)): _document(step, path)
            for path, step in blamed.items()
        },
    }
    output.data(told, output.Form.JSON)
    return Exit.OK


def _say_all(tree: Node, blamed: Mapping[Pointer, Step]) -> None:
    margins = {
        path: text.line(f"{step.document} {_place(step)}")
        for path, step in blamed.items()
    }
    width = max(map(cell_len, margins.values()), default=0)
    for line, path in _lines(masking.masked(tree), ()):
        margin = margins.get(path, "")
        output.say(Text(f"{margin:<{width}} | ", "dim") + Text(text.line(line)))


def _lines(
    node: Node, path: Pointer, indent: str = ""
) -> Iterator[tuple[str, Pointer]]:
    """The config, a value a line, each with its path."""
    if isinstance(node, Scalar):
        yield masking.shown(node), path
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
