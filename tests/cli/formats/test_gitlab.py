import json

import jsonschema
import pytest
from hypothesis import given

from reconciler.cli.formats import gitlab
from reconciler.cli.formats.checked import Checked
from reconciler.fleet.findings import Severity
from tests.cli.formats import findings
from tests.cli.formats.findings import checked, finding

REPORT = {
    "type": "array",
    "items": {
        "type": "object",
        "required": [
            "description",
            "check_name",
            "fingerprint",
            "severity",
            "location",
        ],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab's documentation says that it reads of a code quality report."""


def test_a_finding_is_an_issue_of_code_quality() -> None:
    [issue] = json.loads(gitlab.render(checked(finding(hint="mend it"))))
    assert len(issue.pop("fingerprint")) == 64
    assert issue == {
        "description": "E010: `otpl` is not defined (mend it)",
        "check_name": "E010",
        "severity": "critical",
        "location": {"path": "b.yaml", "lines": {"begin": 2}},
    }


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.ERROR, "critical"),
        (Severity.WARNING, "minor"),
        (Severity.INFO, "info"),
    ],
)
def test_each_severity_has_its_word(severity: Severity, word: str) -> None:
    [issue] = json.loads(gitlab.render(checked(finding(severity=severity))))
    assert issue["severity"] == word


def test_a_report_without_findings_is_one_all_the_same() -> None:
    assert json.loads(gitlab.render(Checked(()))) == []


@given(findings.outcomes())
def test_whatever_is_found_makes_a_report_that_gitlab_reads(outcome: Checked) -> None:
    report = json.loads(gitlab.render(outcome))
    jsonschema.validate(report, REPORT)
    assert len({issue["fingerprint"] for issue in report}) == len(outcome.findings)
