"""`reconciler import`: a fleet repo made of the configs that people have.

Reads files or a running service and writes files; what is made of them, and the proof
that it holds, is `fleet/adoption/`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from reconciler.cli import output, population, verbs
from reconciler.cli.client import Client
from reconciler.cli.exits import Exit
from reconciler.cli.formats import text
from reconciler.cli.formats.checked import Checked
from reconciler.errors import ReconcilerError, UsageError
from reconciler.fleet.adoption import adopted, adoption, labelling, proof, units
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.adoption import Adoption
from reconciler.fleet.adoption.labelling import Labels
from reconciler.fleet.adoption.proof import Verdict
from reconciler.fleet.reading.files import SUFFIXES

_ENTRIES: Final = ("raw", "")
"""Of an effective config, the better one first."""
_CUT: Final = "\N{HORIZONTAL ELLIPSIS}"
"""How the service ends a text that is too long to be shown."""
_MOST: Final = 10
"""Hosts and reasons that are named; the README of the repo has more."""

app = verbs.new("Make a fleet repo of the configs you have.")


@dataclass(frozen=True, slots=True)
class Found:
    """One config before it is read.

    Attributes:
        path: Inside the folder, or the name of an agent.
        given: Keys of labels that its agent does not report.
        reported: By an agent, with secrets masked.
    """

    name: str
    labels: Labels
    given: frozenset[str]
    path: str
    content: bytes
    reported: bool = False


@app.command(name="import")
def run(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="Collector configs, one file for each host, named after it.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="REPO", help="Where; made when missing."),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="CSV with the host in the first column and a label in every other, or "
            "a YAML list of {name, labels}.",
        ),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="URL",
            help="Take the effective configs and labels of a service's agents instead.",
        ),
    ] = None,
) -> int:
    """Make a fleet repo of the configs you have.

    What all hosts have in common becomes the base, what goes with a label a
    layer, the rest exceptions. Then every config is rendered again and
    compared with what it was.

    Exit code 1 if one is not the same, 3 if one could not be read or has
    faults for which no agent is given it.
    """
    _check(folder, labels, server, out)
    found = list(_of_server(server) if server else _of_folder(folder, labels))
    inputs, skipped = _read(found, folder or Path())
    if not inputs:
        raise ReconcilerError("there is no config to import")
    output.talk(f"read {text.counted(len(inputs), 'config')}")
    made = adoption.adopt(inputs, name=out.resolve().name)
    _write(made.files, out)
    _say_layers(made)
    _say_stripped(inputs)
    _say_findings(made, inputs)
    _say_proof(made)
    output.talk(f"Next:\n  reconciler lint {out}\n  reconciler test {out}")
    if made.different:
        return Exit.ERROR
    return Exit.FINDINGS if skipped or made.refused else Exit.OK


def _check(
    folder: Path | None, labels: Path | None, server: str | None, out: Path
) -> None:
    """Refuse what does not go together, before anything is read."""
    if (folder is None) == (server is None):
        raise UsageError("give a folder of configs, or --server")
    if server and labels:
        raise UsageError(
            "--labels is for a folder", hint="agents of a service have labels already"
        )
    if out.is_symlink() or (out.exists() and not _is_empty(out)):
        raise ReconcilerError(
            f"{out} is not an empty folder", hint="nothing is ever overwritten"
        )


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _of_folder(folder: Path | None, labels: Path | None) -> Iterator[Found]:
    """The YAML files of a folder, in order of path, with the labels of a file."""
    if folder is None or not folder.is_dir():
        raise ReconcilerError(f"{folder} is not a folder")
    given = {one.name: one.labels for one in population.read(labels, None)}
    _say_unusable(given.values(), labels)
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES
        and path.is_file()
        and not (labels and path.samefile(labels))
    )
    stems = Counter(path.stem for path in paths)
    unmet = dict(given)
    for path in paths:
        short = path.relative_to(folder)
        name = path.stem if stems[path.stem] == 1 else short.with_suffix("").as_posix()
        known = labelling.usable({labelling.HOST: name, **unmet.pop(name, {})})
        if labels and name not in given:
            output.talk(f"{path}: {labels} has no labels for `{name}`")
        said = frozenset(known) - {labelling.HOST}
        yield Found(name, known, said, short.as_posix(), _content(path))
    for name in unmet:
        output.talk(f"{labels}: there is no config of `{name}`")


def _say_unusable(given: Iterable[Labels], labels: Path | None) -> None:
    """Labels that no selector could name are no help; say so once for each key."""
    keys = {key for one in given for key in one.keys() - labelling.usable(one).keys()}
    for key in sorted(keys):
        output.talk(f"{labels}: the label `{key}` is left out: no selector can name it")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise ReconcilerError(f"cannot read {path}: {wrong.strerror}") from None


def _of_server(server: str) -> Iterator[Found]:
    """The effective configs of the agents of a service, in order of their ids."""
    with Client(server) as service:
        agents = [one for page in service.agents({}) for one in page["agents"]]
        names = Counter(agent["name"] for agent in agents)
        for agent in agents:
            name, uid = agent["name"], agent["uid"]
            unique = name if names[name] == 1 else f"{name}-{uid}"
            content = _effective(service.agent_config(uid))
            if content is None:
                output.talk(
                    f"{unique}: it reports no config that can be read; left out"
                )
                continue
            labels = labelling.usable(agent["labels"])
            given = frozenset(labels) - frozenset(agent["claimed"])
            yield Found(unique, labels, given, unique, content, reported=True)


def _effective(config: dict[str, Any]) -> bytes | None:
    """What an agent runs, as near as it can be had to what somebody wrote.

    Newer agents report it also as it was before defaults and `${...}` were filled in.
    """
    entries = config["effective"]["entries"] if config["effective"] else []
    texts = {entry["name"]: entry["text"] or "" for entry in entries}
    found = next((texts[name] for name in _ENTRIES if texts.get(name)), _CUT)
    return None if found.endswith(_CUT) else str(found).encode()


def _read(found: list[Found], folder: Path) -> tuple[list[Adopted], int]:
    """What can be used, and how many cannot; those are told."""
    inputs: list[Adopted] = []
    for one in found:
        read = adopted.read(
            one.content,
            one.path,
            name=one.name,
            labels=one.labels,
            given=one.given,
            reported=one.reported,
        )
        if isinstance(read, Adopted):
            inputs.append(read)
        else:
            faults = Checked(read, {one.path: one.content}).below(folder)
            output.talk(text.render(faults))
            output.talk(f"{one.name} is left out")
    return inputs, len(found) - len(inputs)


def _write(files: Mapping[str, bytes], out: Path) -> None:
    try:
        for name, content in files.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as wrong:
        raise ReconcilerError(
            f"cannot write {wrong.filename}: {wrong.strerror}"
        ) from None


def _say_layers(made: Adoption) -> None:
    rows = [
        (
            one.path,
            "exception" if one.layer.is_exception else str(one.layer.priority),
            str(len(units.observe((one.layer.change.tree,)))),
            str(len(one.layer.members)),
        )
        for one in made.layers
    ]
    output.table(("DOCUMENT", "PRIORITY", "PARTS", "HOSTS"), rows)
    if exceptions := [one.layer for one in made.layers if one.layer.is_exception]:
        hosts = sum(len(layer.members) for layer in exceptions)
        output.talk(
            f"{text.counted(len(exceptions), 'exception')} for "
            f"{text.counted(hosts, 'host')}: no label says why they differ"
        )
    for variable in made.variables:
        by = " and ".join(variable.keys) or "host"
        output.talk(f"variable {variable.name}: by {by}")


def _say_stripped(inputs: list[Adopted]) -> None:
    reasons = Counter(why for one in inputs for why in set(one.stripped.values()))
    for why, hosts in sorted(reasons.items()):
        output.talk(f"taken out of {text.counted(hosts, 'config')}: {why}")


def _say_findings(made: Adoption, inputs: list[Adopted]) -> None:
    """What is new in full; what the inputs had before by its rules."""
    before, new = proof.lint(made.fleet, made.files, inputs)
    if new:
        output.talk(text.render(Checked(new, made.files)))
    if before:
        rules = ", ".join(sorted({one.rule for one in before}))
        output.talk(
            f"lint: {text.counted(len(before), 'finding')} that the configs had before "
            f"({rules})"
        )
    if made.lost:
        output.talk(
            f"{text.counted(len(made.lost), 'comment')} did not come along; README.md "
            "says which"
        )


def _say_proof(made: Adoption) -> None:
    for verdict in made.different[:_MOST]:
        shown = ", ".join(verdict.differences[:_MOST]) or "everything"
        output.talk(f"{verdict.name} is not the same: {shown}")
    for verdict in made.refused[:_MOST]:
        output.talk(
            f"{verdict.name} is refused for what it had before: {_why(verdict)}"
        )
    same = len(made.verdicts) - len(made.different)
    output.talk(f"{same} of {len(made.verdicts)} configs render back the same")


def _why(verdict: Verdict) -> str:
    return str(verdict.refused[0])
