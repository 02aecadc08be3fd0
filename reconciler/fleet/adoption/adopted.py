"""One config that somebody has, with the labels of its host.

Read by `reconciler import`, one for each file or agent; everything else of this room
works on tuples of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.adoption import strip
from reconciler.fleet.findings import Fault, Finding, Report
from reconciler.fleet.rendering import variables
from reconciler.fleet.rules import check
from reconciler.fleet.syntax import fields, yaml
from reconciler.fleet.syntax.nodes import Node, Table

SECOND: Final = "no Collector reads a second document"


@dataclass(frozen=True, slots=True)
class Adopted:
    """One input.

    Attributes:
        name: Of the host; unique among the inputs.
        labels: By which the fleet repo will know it.
        path: Where it was read.
        content: As somebody wrote it.
        tree: What it says.
        stripped: JSON Pointers of what was taken out of the tree on purpose, each with
            the reason.
        given: Keys of labels that agents do not report, so that the repo has to say.
    """

    name: str
    labels: Mapping[str, str]
    path: str
    content: bytes
    tree: Table
    stripped: Mapping[str, str]
    given: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether the content still says what the tree says."""
        return not self.stripped


def read(
    content: bytes,
    path: str,
    *,
    name: str,
    labels: Mapping[str, str],
    given: frozenset[str] = frozenset(),
    reported: bool = False,
) -> Adopted | tuple[Finding, ...]:
    """The config of a host; or the errors for which no Collector would run it.

    Args:
        content: YAML.
        path: How findings call it.
        name: Of the host.
        labels: By which the fleet repo will know it.
        given: Keys of labels that its agent does not report.
        reported: It is an agent's own word and no file that somebody wrote.
    """
    try:
        documents = yaml.compose(content, path)
    except Fault as fault:
        return fault.findings
    first = documents[0] if documents else None
    if not isinstance(first, Table):
        return (_no_config(first, path),)
    report = Report()
    report.add(*check.fragment(first))
    variables.check(first, report)
    if wrong := findings.errors(report.findings):
        return wrong
    tree, stripped = strip.strip(first, labels, reported=reported)
    second = {"": SECOND} if documents[1:] else {}
    stripped = {**stripped, **second}
    return Adopted(name, labels, path, content, tree, stripped, given)


def _no_config(document: Node | None, path: str) -> Finding:
    what = "empty" if document is None else fields.kind_of(document)
    where = Where(path) if document is None else document.where
    message = f"a Collector config is a mapping; this is {what}"
    return findings.error(fields.WRONG_VALUE, message, where)
