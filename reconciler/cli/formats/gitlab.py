"""For GitLab: a code quality report, which it shows in the diff of a merge request."""

from typing import Any, Final

import orjson

from reconciler.cli.formats import checked as places
from reconciler.cli.formats import fingerprints
from reconciler.cli.formats.checked import Checked
from reconciler.fleet.findings import Finding, Severity

_SEVERITIES: Final = {
    Severity.ERROR: "critical",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
}
"""An error keeps agents from their config; GitLab's `blocker` is for what stops all."""


def render(checked: Checked) -> str:
    """The report; GitLab wants paths from the root of the repository."""
    marks = fingerprints.of(checked)
    documents = [
        _document(found, mark)
        for found, mark in zip(checked.findings, marks, strict=True)
    ]
    return orjson.dumps(documents, option=orjson.OPT_INDENT_2).decode()


def _document(found: Finding, fingerprint: str) -> dict[str, Any]:
    line, _ = places.position(found.where)
    return {
        "description": f"{found.rule}: {places.message(found)}",
        "check_name": found.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[found.severity],
        "location": {"path": places.path(found.where), "lines": {"begin": line}},
    }
