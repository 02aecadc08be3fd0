import re
from urllib.parse import unquote

import pytest
from hypothesis import given

from reconciler.cli.formats import github
from reconciler.cli.formats.checked import Checked
from reconciler.fleet.findings import Severity
from tests.cli.formats import findings
from tests.cli.formats.findings import checked, finding

COMMAND = re.compile(
    r"::(error|warning|notice) file=([^:,]*),line=(\d+),col=(\d+),title=([^:,]*)::(.*)"
)


def test_a_finding_is_a_command_whose_log_line_tells_the_place() -> None:
    assert github.render(checked(finding(hint="did you mean `otlp`?"))) == (
        "::error file=b.yaml,line=2,col=3,title=reconciler E010::"
        "b.yaml:2:3: E010: `otpl` is not defined (did you mean `otlp`?)"
    )


@pytest.mark.parametrize(
    ("severity", "command"),
    [
        (Severity.ERROR, "::error "),
        (Severity.WARNING, "::warning "),
        (Severity.INFO, "::notice "),
    ],
)
def test_each_severity_has_its_command(severity: Severity, command: str) -> None:
    assert github.render(checked(finding(severity=severity))).startswith(command)


def test_properties_and_messages_are_escaped_each_in_its_way() -> None:
    found = finding(path="a,b:c%\r\n.yaml", message="100%: a::b, c")
    assert github.render(checked(found)) == (
        "::error file=a%2Cb%3Ac%25%0D%0A.yaml,line=2,col=3,title=reconciler E010::"
        "a,b:c%25%0D%0A.yaml:2:3: E010: 100%25: a::b, c"
    )


@given(findings.outcomes())
def test_nothing_can_forge_a_command(outcome: Checked) -> None:
    lines = github.render(outcome).split("\n") if outcome.findings else []
    assert len(lines) == len(outcome.findings)
    for line, found in zip(lines, outcome.findings, strict=True):
        command = COMMAND.fullmatch(line)
        assert command
        assert unquote(command[2]) == found.where.path.encode(errors="replace").decode()
        assert int(command[3]) >= 1
