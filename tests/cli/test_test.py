"""`reconciler test`: the tests of a fleet repo, for people, programs and CI."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from reconciler.cli.exits import Exit
from tests.cli.conftest import Run
from tests.support.fleet_repo import FLEET, collector

TESTS = """\
apiVersion: reconciler/v1
kind: ConfigTest
metadata: {name: batches}
spec:
  labels: {role: gateway}
  expect:
    group: everyone
    values: {/processors/batch/timeout: 1s}
---
apiVersion: reconciler/v1
kind: ConfigTest
metadata: {name: exports}
spec:
  labels: {}
  expect:
    values:
      /processors/batch/timeout: 5s
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fleet.yaml").write_text(FLEET)
    (tmp_path / "base.collector.yaml").write_text(collector())
    (tmp_path / "tests.yaml").write_text(TESTS)
    return tmp_path


def test_a_failing_test_says_what_came_and_shows_both_places(
    run: Run, folder: Path
) -> None:
    result = run("test", folder)
    assert result.code == Exit.FINDINGS
    assert result.err == "2 tests, 1 failed\n"
    assert result.lines[:2] == ["ok   batches", "FAIL exports"]
    assert result.lines[2].startswith("tests.yaml:17:7: error E078: ")
    assert "timeout: expected 5s, got 1s" in result.lines[2]
    assert "base.collector.yaml:8:14: timeout: 1s" in result.out


def test_passing_tests_are_ok(run: Run, folder: Path) -> None:
    (folder / "tests.yaml").write_text(TESTS.replace("5s", "1s"))
    result = run("test", folder)
    assert (result.code, result.err) == (Exit.OK, "2 tests, 0 failed\n")
    assert result.lines == ["ok   batches", "ok   exports"]


def test_programs_get_expected_and_got_apart(run: Run, folder: Path) -> None:
    document = json.loads(run("test", folder, "-o", "json").out)
    assert (document["tests"], document["failed"]) == (2, 1)
    first, second = document["results"]
    assert (first["name"], first["passed"], first["failures"]) == ("batches", True, [])
    assert second["failures"] == [
        {
            "what": "/processors/batch/timeout",
            "expected": "5s",
            "got": "1s",
            "file": "tests.yaml",
            "line": 17,
            "column": 7,
            "origin": [{"file": "base.collector.yaml", "line": 8, "column": 14}],
        }
    ]


def test_ci_systems_get_junit(run: Run, folder: Path) -> None:
    result = run("test", folder, "-o", "junit")
    assert result.code == Exit.FINDINGS
    suites = ET.fromstring(result.out)  # noqa: S314 - our own output
    assert suites.attrib == {"name": "test", "tests": "2", "failures": "1"} | {
        "errors": "0"
    }
    passed, failed = suites.iter("testcase")
    assert (passed.get("name"), list(passed)) == ("batches", [])
    assert (failed.get("file"), failed.get("line")) == ("tests.yaml", "10")
    [failure] = failed
    assert failure.get("message") == ("/processors/batch/timeout: expected 5s, got 1s")
    assert failure.text == (
        "expected at tests.yaml:17:7\ngot it from base.collector.yaml:8:14"
    )
    assert result.out == run("test", folder, "-o", "junit").out


def test_a_repo_without_tests_says_how_to_write_one(run: Run, folder: Path) -> None:
    (folder / "tests.yaml").unlink()
    result = run("test", folder)
    assert (result.code, result.out) == (Exit.OK, "")
    assert "kind ConfigTest" in result.err


def test_nothing_is_run_in_a_repo_that_would_be_refused(run: Run, folder: Path) -> None:
    (folder / "more.yaml").write_text("apiVersion: reconciler/v1\nkind: Flet\n")
    result = run("test", folder)
    assert (result.code, result.out) == (Exit.FINDINGS, "")
    assert "more.yaml:2:7: error" in result.err
    assert "no test was run" in result.err
