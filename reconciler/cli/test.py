"""`reconciler test [FOLDER]`: runs the `ConfigTest` documents of a fleet repo."""

import xml.etree.ElementTree as ET
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from reconciler.cli import output, repo, verbs
from reconciler.cli.exits import Exit
from reconciler.cli.repo import FolderArgument, Repo
from reconciler.errors import Where
from reconciler.fleet.linting import configtests
from reconciler.fleet.linting.configtests import Failure, Outcome
from reconciler.web import text


class Form(StrEnum):
    """What `-o` takes here."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


app = verbs.new("Run the tests of a fleet repo.")


@app.command(name="test")
def run(
    folder: FolderArgument = Path(),
    *,
    form: Annotated[
        Form, typer.Option("-o", "--output", help="JUnit's XML is for CI systems.")
    ] = Form.TEXT,
) -> int:
    """Run the tests of a fleet repo: documents of kind ConfigTest.

    Each says what an agent with certain labels must get. What a failing one got instead
    is shown with the place it comes from. Exit code 3 if one fails.
    """
    found = repo.read(folder)
    if found.fleet.fatal:
        for wrong in found.fleet.fatal:
            repo.print_finding(wrong, found.snapshot, to_stderr=True)
        output.talk("no test was run: this revision would be refused")
        return Exit.FINDINGS
    outcomes = configtests.run(found.fleet)
    match form:
        case Form.TEXT:
            _say(outcomes, found)
        case Form.JSON:
            output.data(_document(outcomes), output.Form.JSON)
        case Form.JUNIT:
            output.raw(_junit(outcomes, found.fleet.name))
    failed = sum(bool(one.failures) for one in outcomes)
    output.talk(_summary(len(outcomes), failed))
    return Exit.FINDINGS if failed else Exit.OK


def _summary(tests: int, failed: int) -> str:
    if not tests:
        return "no tests: write documents of kind ConfigTest"
    return f"{tests} test{'' if tests == 1 else 's'}, {failed} failed"


def _say(outcomes: tuple[Outcome, ...], found: Repo) -> None:
    for one in outcomes:
        word, style = ("FAIL", "bold red") if one.failures else ("ok  ", "green")
        output.say(Text(word, style) + Text(f" {one.test.name}"))
        for failure in one.findings:
            repo.print_finding(failure, found.snapshot, to_stderr=False)


def _document(outcomes: tuple[Outcome, ...]) -> dict[str, Any]:
    return {
        "schemaVersion": output.SCHEMA_VERSION,
        "tests": len(outcomes),
        "failed": sum(bool(one.failures) for one in outcomes),
        "results": [
            {
                "name": one.test.name,
                **_place(one.test.where),
                "passed": not one.failures,
                "failures": [_failure(failure) for failure in one.failures],
            }
            for one in outcomes
        ],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "what": text.line(failure.what),
        "expected": text.line(failure.expected),
        "got": text.line(failure.got),
        **_place(failure.where),
        "origin": [_place(where) for where in failure.origin],
    }


def _place(where: Where) -> dict[str, Any]:
    return {
        "file": text.line(where.path),
        "line": where.line,
        "column": where.column,
    }


def _junit(outcomes: tuple[Outcome, ...], fleet: str) -> bytes:
    """As Jenkins, GitLab and others read it; without times, equal for equal files."""
    counts = {
        "name": fleet,
        "tests": str(len(outcomes)),
        "failures": str(sum(bool(one.failures) for one in outcomes)),
        "errors": "0",
    }
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", counts)
    for one in outcomes:
        file, line = text.line(one.test.where.path), str(one.test.where.line)
        case = ET.SubElement(
            suite,
            "testcase",
            {"name": one.test.name, "classname": fleet, "file": file, "line": line},
        )
        for failure in one.failures:
            words = {"message": text.line(str(failure)), "type": configtests.FAILED}
            ET.SubElement(case, "failure", words).text = _places(failure)
    ET.indent(suites)
    made: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _places(failure: Failure) -> str:
    lines = [f"expected at {failure.where}"]
    lines += [f"got it from {where}" for where in failure.origin]
    return "\n".join(map(text.line, lines))
