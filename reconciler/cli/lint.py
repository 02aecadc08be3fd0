"""`reconciler lint [FOLDER]`: every fault of a fleet repo, with its place."""

from collections import Counter
from pathlib import Path

from reconciler.cli import output, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.output import Form, FormOption
from reconciler.cli.repo import FolderArgument, Repo
from reconciler.fleet import findings
from reconciler.fleet import lint as rules
from reconciler.fleet.findings import Finding, Report, Severity

app = verbs.new("Check a fleet repo; every fault with its place.")


@app.command()
def lint(folder: FolderArgument = Path(), *, form: FormOption = Form.TABLE) -> int:
    """Check a fleet repo; every fault with its place. Exit code 3 if there are errors.

    Reads the files as they are, committed or not. Configs are checked for every agent
    that the selectors allow; docs/rules.md explains the rules.
    """
    checked = repo.read(folder)
    found = _findings(checked)
    if form is Form.TABLE:
        for finding in found:
            repo.print_finding(finding, checked.snapshot, to_stderr=False)
        output.talk(_summary(checked, found))
    else:
        output.data(_document(checked, found), form)
    return Exit.FINDINGS if findings.errors(found) else Exit.OK


def _findings(checked: Repo) -> tuple[Finding, ...]:
    """What reading finds; only without errors also what rendering would."""
    read = checked.fleet.findings
    if findings.errors(read):
        return read
    report = Report()
    report.add(*read, *rules.check(checked.fleet))
    return report.findings


def _summary(checked: Repo, found: tuple[Finding, ...]) -> str:
    counts = _counts(found)
    faults = [_count(number, severity) for severity, number in counts.items() if number]
    files = _count(len(checked.snapshot.files), "file")
    groups = _count(len(checked.fleet.groups), "group")
    configs = _count(len(checked.fleet.configs), "config")
    return f"{', '.join(faults) or 'no faults'} in {files} ({groups}, {configs})"


def _document(checked: Repo, found: tuple[Finding, ...]) -> dict[str, object]:
    return {
        "schemaVersion": output.SCHEMA_VERSION,
        "revision": str(checked.fleet.revision),
        "findings": [repo.document_of(one) for one in found],
        "counts": _counts(found),
    }


def _counts(found: tuple[Finding, ...]) -> dict[str, int]:
    counts = Counter(finding.severity for finding in found)
    return {severity.value: counts[severity] for severity in Severity}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 or what == "info" else "s")
