"""The log against OASIS's own schema, which is kept beside this test."""

import json
import os
from pathlib import Path
from typing import Any
from urllib import parse

import jsonschema
import pytest
from hypothesis import given, settings

from reconciler.cli import pages
from reconciler.cli.formats import sarif
from reconciler.cli.formats.checked import Checked
from reconciler.errors import Where
from reconciler.fleet.findings import Reach, Severity
from tests.cli.formats import findings
from tests.cli.formats.findings import checked, finding

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text())
PAGES = {rule: pages.of(rule) for rule in pages.rules()}


def log(outcome: Checked) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif.render(outcome, PAGES))
    jsonschema.Draft4Validator(SCHEMA).validate(document)
    return document


def run(outcome: Checked) -> dict[str, Any]:
    [only] = log(outcome)["runs"]
    return dict(only)


def test_a_result_has_rule_level_message_place_and_fingerprint() -> None:
    [result] = run(checked(finding("E003", hint="mend it")))["results"]
    [fingerprint] = result.pop("partialFingerprints").values()
    assert len(fingerprint) == 64
    assert result == {
        "ruleId": "E003",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "`otpl` is not defined (mend it)"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "b.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 2, "startColumn": 3},
                }
            }
        ],
    }


def test_other_places_and_whom_it_hits_come_along() -> None:
    found = finding("E003", also=(Where("c.yaml", 7),), reach=Reach(("edge",), 3))
    [result] = run(checked(found))["results"]
    [also] = result["relatedLocations"]
    assert also["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 1}
    assert result["properties"] == {"groups": ["edge"], "agents": 3}


def test_every_rule_that_was_found_brings_its_page() -> None:
    outcome = checked(finding("W009"), finding("E003"), finding("W009"))
    found = run(outcome)
    rules = found["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E003", "W009"]
    assert [result["ruleIndex"] for result in found["results"]] == [1, 0, 1]
    assert rules[0]["shortDescription"]["text"] == "an unknown field"
    assert rules[0]["help"]["markdown"].startswith("# E003: an unknown field\n")
    levels = [rule["defaultConfiguration"]["level"] for rule in rules]
    assert levels == ["error", "warning"]


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.ERROR, "error"),
        (Severity.WARNING, "warning"),
        (Severity.INFO, "note"),
    ],
)
def test_each_severity_has_its_level(severity: Severity, level: str) -> None:
    [result] = run(checked(finding("E003", severity=severity)))["results"]
    assert result["level"] == level


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/c#d?.yaml", "a%20b/c%23d%3F.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("日.yaml", "%E6%97%A5.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("/srv/b.yaml", "file:///srv/b.yaml"),
    ],
)
def test_a_path_is_a_uri(path: str, uri: str) -> None:
    [result] = run(checked(finding("E003", path=path)))["results"]
    [location] = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_nothing_found_is_a_run_without_results() -> None:
    assert run(Checked(()))["results"] == []


@settings(max_examples=30)
@given(findings.outcomes())
def test_whatever_is_found_makes_a_log_that_obeys_the_schema(outcome: Checked) -> None:
    found = run(outcome)
    assert len(found["results"]) == len(outcome.findings)
    for result, one in zip(found["results"], outcome.findings, strict=True):
        [location] = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        path = parse.unquote_to_bytes(uri.removeprefix("file://"))
        assert path == os.fsencode(one.where.path)


def test_the_schema_refuses_what_is_no_log() -> None:
    validator = jsonschema.Draft4Validator(SCHEMA)
    assert not validator.is_valid({"version": "2.1.0"})
    assert not validator.is_valid({"version": "2.1.0", "runs": [{"results": []}]})
