"""`reconciler lint [FOLDER]`: every fault of a fleet repo, with its place."""

from collections import Counter
from pathlib import Path

from reconciler.cli import output, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.output import Form, FormOption
from reconciler.cli.repo import FolderArgument, Repo
from reconciler.fleet import findings
from reconciler.fleet.findings import Severity

app = verbs.new("Check a fleet repo; every fault with its place.")


@app.command()
def lint(folder: FolderArgument = Path(), *, form: FormOption = Form.TABLE) -> int:
    """Check a fleet repo; every fault with its place. Exit code 3 if there are errors.

    Reads the files as they are, committed or not.
    """
    found = repo.read(folder)
    if form is Form.TABLE:
        for finding in found.fleet.findings:
            repo.print_finding(finding, found.snapshot, to_stderr=False)
        output.talk(_summary(found))
    else:
        output.data(_document(found), form)
    return Exit.FINDINGS if findings.errors(found.fleet.findings) else Exit.OK


def _summary(found: Repo) -> str:
    counts = _counts(found)
    faults = [_count(number, severity) for severity, number in counts.items() if number]
    files = _count(len(found.snapshot.files), "file")
    groups = _count(len(found.fleet.groups), "group")
    configs = _count(len(found.fleet.configs), "config")
    return f"{', '.join(faults) or 'no faults'} in {files} ({groups}, {configs})"


def _document(found: Repo) -> dict[str, object]:
    return {
        "schemaVersion": output.SCHEMA_VERSION,
        "revision": str(found.fleet.revision),
        "findings": [repo.document_of(one) for one in found.fleet.findings],
        "counts": _counts(found),
    }


def _counts(found: Repo) -> dict[str, int]:
    counts = Counter(finding.severity for finding in found.fleet.findings)
    return {severity.value: counts[severity] for severity in Severity}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
