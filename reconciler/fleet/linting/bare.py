"""A Collector config outside any fleet repo, judged for whoever wrote it.

Called by `reconciler lint FILE` and by the test of the rules' pages. What the Collector
would run is never refused: the file is read as its own parser reads it.
"""

from datetime import date

from reconciler.errors import Where
from reconciler.fleet import findings, ignores
from reconciler.fleet.catalogue.model import Catalogue
from reconciler.fleet.findings import Fault, Finding, Report
from reconciler.fleet.rules import check as rules
from reconciler.fleet.rules import config, traps
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.fleet.snapshot import SourceFile, blob_id
from reconciler.fleet.syntax import blanks, fields, goyaml
from reconciler.fleet.syntax.nodes import Node, Table


def check(
    content: bytes,
    path: str,
    *,
    catalogue: Catalogue,
    basis: Basis = Basis.ASSUMED,
    today: date | None = None,
) -> tuple[Finding, ...]:
    """Everything wrong with the config in a file, in order of place.

    What a comment silences is left out, and comments that silence nothing are told.

    Args:
        content: The file.
        path: How findings call it.
        catalogue: What is known of components.
        basis: PINNED when the catalogue is what the Collector has that will read it.
        today: The day on which comments may have lapsed; None to let none lapse.
    """
    report = Report()
    strays = tuple(blanks.check(content, path))
    try:
        document, noticed = goyaml.read(content, path)
    except Fault as fault:
        told = {finding.where for finding in fault.findings}
        report.add(
            *fault.findings, *(stray for stray in strays if stray.where not in told)
        )
        return report.findings
    report.add(*noticed, *strays)
    if isinstance(document, Table):
        subject = Subject(config.read(document), catalogue, basis)
        report.add(*rules.everything(subject))
        report.add(*traps.check(document, {path: content}))
    else:
        report.add(_no_config(document, path))
    file = SourceFile(path, blob_id(content), content)
    comments, faults = ignores.read((file,))
    report.add(*faults)
    return ignores.settle(report.findings, comments, today=today)


def _no_config(document: Node | None, path: str) -> Finding:
    what = "empty" if document is None else fields.kind_of(document)
    where = Where(path) if document is None else document.where
    return findings.error(
        fields.WRONG_VALUE, f"a Collector config is a mapping; this is {what}", where
    )
