"""`reconciler render`: what an agent would get."""

import json
from pathlib import Path

import pytest
import yaml

from reconciler.cli.exits import Exit
from tests.cli.conftest import Run


def test_the_config_goes_to_stdout_and_its_story_to_stderr(
    run: Run, fleet_repo: Path
) -> None:
    result = run("render", fleet_repo, "-l", "role=gateway")
    assert result.code == Exit.OK
    assert yaml.safe_load(result.out)["processors"]["batch"] == {
        "timeout": "1s",
        "send_batch_size": 8192,
    }
    assert result.err.startswith("group gateways: base < gateway (hash ")


def test_a_single_file_comes_as_the_author_wrote_it(run: Run, fleet_repo: Path) -> None:
    result = run("render", fleet_repo)
    assert result.out == (fleet_repo / "base.collector.yaml").read_text()
    assert result.err.startswith("group default: base (hash ")


def test_labels_can_be_given_together_or_apart(run: Run, fleet_repo: Path) -> None:
    together = run("render", fleet_repo, "-l", "role=gateway,site=oslo")
    apart = run("render", fleet_repo, "-l", "role=gateway", "-l", "site=oslo")
    assert together == apart


@pytest.mark.parametrize("labels", ["role", "=gateway", "role=a,site"])
def test_labels_that_are_none_are_wrong_usage(
    run: Run, fleet_repo: Path, labels: str
) -> None:
    assert run("render", fleet_repo, "-l", labels).code == Exit.USAGE


def test_a_document_says_where_every_value_comes_from(
    run: Run, fleet_repo: Path
) -> None:
    result = run("render", fleet_repo, "-l", "role=gateway", "-o", "json")
    document = json.loads(result.out)
    assert document["group"] == "gateways"
    assert document["documents"] == ["base", "gateway"]
    assert len(document["hash"]) == 64
    [entry] = document["entries"].values()
    assert entry["provenance"]["/processors/batch/send_batch_size"] == "base.yaml:23:26"
    assert entry["provenance"]["/processors/batch/timeout"] == (
        "base.collector.yaml:12:14"
    )
    assert "/service/pipelines/logs/receivers/0" in entry["provenance"]
    assert yaml.safe_load(entry["body"])


def test_an_agent_that_nothing_selects_gets_nothing(run: Run, fleet_repo: Path) -> None:
    base = fleet_repo / "base.yaml"
    base.write_text(
        base.read_text().replace("selector: {}", "selector: {matchLabels: {a: b}}")
    )
    result = run("render", fleet_repo, "-l", "role=node")
    assert (result.code, result.out) == (Exit.OK, "")
    assert "no CollectorConfig selects it" in result.err


def test_a_repo_with_errors_renders_nothing(run: Run, fleet_repo: Path) -> None:
    (fleet_repo / "fleet.yaml").write_text("apiVersion: reconciler/v1\nkind: Flet\n")
    result = run("render", fleet_repo)
    assert (result.code, result.out) == (Exit.FINDINGS, "")
    assert "fleet.yaml:2:7: error" in result.err
    assert "nothing is sent" in result.err


def test_a_contradiction_renders_nothing_and_names_both_places(
    run: Run, fleet_repo: Path
) -> None:
    base = fleet_repo / "base.yaml"
    text = base.read_text().replace("priority: 10", "priority: 0")
    base.write_text(text.replace("send_batch_size: 8192", "timeout: 9s"))
    result = run("render", fleet_repo, "-l", "role=gateway")
    assert (result.code, result.out) == (Exit.FINDINGS, "")
    assert "base.collector.yaml:12:5" in result.err
    assert run("render", fleet_repo, "-l", "role=node").code == Exit.OK


def test_two_groups_for_one_agent_are_told(run: Run, fleet_repo: Path) -> None:
    groups = fleet_repo / "groups.yaml"
    text = groups.read_text()
    groups.write_text(text + "---\n" + text.replace("name: gateways", "name: others"))
    result = run("render", fleet_repo, "-l", "role=gateway")
    assert result.code == Exit.FINDINGS
    assert "E072" in result.err


def test_several_entries_are_told_apart(run: Run, fleet_repo: Path) -> None:
    more = """\
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: bridge}
spec: {selector: {}, entry: ns/bridge, config: {a: 1}}
"""
    base = fleet_repo / "base.yaml"
    base.write_text(base.read_text() + more)
    out = run("render", fleet_repo).out
    assert "# entry: ns/bridge\na: 1\n" in out


MORE = """\
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: elastic}
spec: {selector: {}, entry: elastic, files: [elastic.json]}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: conf}
spec: {selector: {}, entry: conf, files: [a.conf]}
"""


def test_entries_that_are_no_yaml_are_shown_with_their_type(
    run: Run, fleet_repo: Path
) -> None:
    base = fleet_repo / "base.yaml"
    base.write_text(base.read_text() + MORE)
    (fleet_repo / "elastic.json").write_text('{"a":  1}')
    (fleet_repo / "a.conf").write_text("a = 1\n")
    told = json.loads(run("render", fleet_repo, "-o", "json").out)["entries"]
    assert told["elastic"] == {
        "contentType": "application/json",
        "body": '{"a":  1}',
        "provenance": {"/a": "elastic.json:1:8"},
    }
    assert told["conf"] == {
        "contentType": "text/plain",
        "body": "a = 1\n",
        "provenance": {"": "a.conf:1:1"},
    }
    out = run("explain", "", fleet_repo, "--entry", "conf").out
    assert out == "conf a.conf:1:1 | 6 bytes of text\n"
    out = run("explain", "/", fleet_repo, "--entry", "conf").out
    assert out.startswith("/: 6 bytes of text\n")
    out = run("explain", "/a", fleet_repo, "--entry", "elastic").out
    assert "elastic.json:1:8" in out
