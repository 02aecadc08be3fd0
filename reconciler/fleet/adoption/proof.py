"""The proof of an adoption: every input rendered again, and compared.

The files are read as `serve` would read them; nothing of how they came about is used.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.fleet.adoption import change
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.catalogue import bundled
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.linting import lint as linter
from reconciler.fleet.reading import parse
from reconciler.fleet.rendering import layers, render
from reconciler.fleet.rendering.render import Blocked, RenderedConfig
from reconciler.fleet.rules import check
from reconciler.fleet.rules import config as collector
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.fleet.syntax import differences, pointers
from reconciler.fleet.syntax.nodes import Node, Table
from reconciler.ids import CommitSha, Revision

_NO_COMMIT: Final = Revision("import", CommitSha("0" * 40))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one input.

    Attributes:
        name: Of the host.
        differences: JSON Pointers at which it is not what it was; none is as it should
            be.
        refused: Errors for which agents are not given it.
    """

    name: str
    differences: tuple[str, ...]
    refused: tuple[Finding, ...]


def prove(
    files: Mapping[str, bytes], inputs: Iterable[Adopted]
) -> tuple[Fleet, tuple[Verdict, ...]]:
    """The fleet of these files, and what every input's host gets from it."""
    sources = {
        path: SourceFile(path, blob_id(content), content)
        for path, content in files.items()
    }
    fleet = parse.parse(Snapshot(_NO_COMMIT, sources))
    return fleet, tuple(_judge(fleet, one) for one in inputs)


def _judge(fleet: Fleet, adopted: Adopted) -> Verdict:
    tree: Node
    match render.render(fleet, adopted.labels):
        case RenderedConfig(nodes={"": tree}):
            refused: tuple[Finding, ...] = ()
        case Blocked(findings=refused):
            tree = _merged(fleet, adopted.labels)
        case _:
            tree, refused = change.NOTHING, ()
    found = differences.between(tree, adopted.tree)
    return Verdict(
        adopted.name, tuple(pointers.text(one.path) for one in found), refused
    )


def _merged(fleet: Fleet, labels: Mapping[str, str]) -> Table:
    """What was refused: it may still be what the input said, faults and all."""
    selected = layers.select(fleet, labels)
    if not selected:
        return change.NOTHING
    return layers.merged(selected, layers.values(fleet, labels), Report())


def lint(
    fleet: Fleet, files: Mapping[str, bytes], inputs: Iterable[Adopted]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What the linter says of the fleet: what inputs had before, and what is new.

    Rules that some input breaks by itself are taken to have come with it.
    """
    before = {found.rule for one in inputs for found in _judged(one)}
    told = linter.check(fleet, sources=files)
    return (
        tuple(one for one in told if one.rule in before),
        tuple(one for one in told if one.rule not in before),
    )


def _judged(adopted: Adopted) -> tuple[Finding, ...]:
    """What the rules say of a config as it was, for the host that had it."""
    config = collector.read(adopted.tree)
    known = bundled.bundled()
    return check.everything(Subject(config, known, Basis.GUESSED, adopted.labels))
