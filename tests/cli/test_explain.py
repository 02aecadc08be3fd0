"""`reconciler explain`: who set a value, whom it overrode, and who gets it."""

import json
from pathlib import Path

import pytest

from reconciler.cli import reach
from reconciler.cli.exits import Exit
from reconciler.fleet import labels
from tests.cli.conftest import Run
from tests.support.fleet_repo import FLEET, collector

DOCUMENTS = """\
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: gateway}
spec:
  selector: {matchLabels: {role: gateway}}
  priority: 10
  config:
    processors:
      batch: {timeout: {$var: longest}}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: oslo}
spec:
  selector: {matchLabels: {site: oslo}}
  priority: 20
  remove: [/processors/batch/timeout]
  config: {}
---
apiVersion: reconciler/v1
kind: Variables
metadata: {name: times}
spec:
  selector: {}
  values: {longest: 9s}
"""
AGENTS = """\
name,role,site
gateway-1,gateway,
gateway-2,gateway,
gateway-3,gateway,oslo
node-1,node,
"""
PATH = "processors.batch.timeout"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / "fleet.yaml").write_text(FLEET)
    (folder / "base.collector.yaml").write_text(collector())
    (folder / "more.yaml").write_text(DOCUMENTS)
    return folder


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    path = tmp_path / "agents.csv"
    path.write_text(AGENTS)
    return path


def test_the_newest_step_comes_first_with_the_variable_it_came_through(
    run: Run, folder: Path
) -> None:
    result = run("explain", PATH, folder, "-l", "role=gateway")
    assert result.code == Exit.OK
    assert result.out == (
        "/processors/batch/timeout: 9s\n"
        "\n"
        "ACT       DOCUMENT  PLACE                                   VALUE\n"
        "overrode  gateway   more.yaml:9:24 through more.yaml:25:21  9s\n"
        "set       base      base.collector.yaml:8:14                1s\n"
        "\n"
        "for agents that gateway selects: role=gateway\n"
        "but not that oslo selects: site=oslo\n"
    )
    assert result.err.startswith("role=gateway: base < gateway at ")


def test_known_agents_are_counted_and_named(
    run: Run, folder: Path, agents: Path
) -> None:
    words = (PATH, folder, "--agents", agents, "--agent", "gateway-1")
    result = run("explain", *words)
    assert result.lines[-1] == ("for 2 of 4 agents in everyone: gateway-1, gateway-2")


def test_a_value_that_was_taken_away_is_explained_too(
    run: Run, folder: Path, agents: Path
) -> None:
    words = (PATH, folder, "--agents", agents, "--agent", "gateway-3")
    result = run("explain", *words)
    assert result.lines[0] == "/processors/batch/timeout: nothing"
    assert result.lines[3].split() == ["removed", "oslo", "more.yaml:17:12", "-"]
    assert result.lines[-1] == "for 1 of 4 agents in everyone: gateway-3"


@pytest.mark.parametrize(
    "path", ["/processors/batch/timeout", "processors/batch/timeout", PATH]
)
def test_the_path_may_be_written_in_any_way(run: Run, folder: Path, path: str) -> None:
    assert run("explain", path, folder).lines[0] == "/processors/batch/timeout: 1s"


def test_programs_get_every_step(run: Run, folder: Path) -> None:
    result = run("explain", PATH, folder, "-l", "role=gateway", "-o", "json")
    document = json.loads(result.out)
    assert document["path"] == "/processors/batch/timeout"
    assert document["steps"][0] == {
        "document": "gateway",
        "act": "overrode",
        "file": "more.yaml",
        "line": 9,
        "column": 24,
        "value": "9s",
        "through": ["more.yaml:25:21"],
    }
    assert document["reach"] == {
        "selector": "role=gateway",
        "overriddenFor": [{"document": "oslo", "selector": "site=oslo"}],
    }


def test_without_a_path_every_value_has_its_place_in_the_margin(
    run: Run, folder: Path
) -> None:
    result = run("explain", folder, "-l", "role=gateway")
    assert "gateway more.yaml:9:24 through more.yaml:25:21 |     timeout: 9s" in (
        result.lines
    )
    assert any(
        line.startswith("base base.collector.yaml:14:19")
        and line.endswith("|         - otlp")
        for line in result.lines
    )
    values = json.loads(run("explain", folder, "-o", "json").out)["values"]
    assert values["/processors/batch/timeout"]["document"] == "base"
    assert values["/service/pipelines/traces/receivers/0"]["value"] == "otlp"


def test_secrets_are_hidden(run: Run, folder: Path) -> None:
    base = folder / "base.collector.yaml"
    secret = "otlphttp: {endpoint: http://h:1, headers: {x-team: HUNTER2}}"
    base.write_text(collector("otlphttp").replace("otlphttp: {}", secret))
    for words in ((), ("exporters",), ("exporters.otlphttp.headers.x-team",)):
        for form in ("text", "json"):
            result = run("explain", *words, folder, "-o", form)
            assert "(hidden)" in result.out
            assert "HUNTER" not in result.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["processors.batch.timout"], "did you mean /processors/batch/timeout"),
        (["qqqq"], "all values are shown"),
        ([f"{PATH}.$var", "-l", "role=gateway"], "has nothing at"),
        ([PATH, "--entry", "other"], "no CollectorConfig selects no labels"),
        ([PATH, "-l", "role"], "`role` is no label"),
        ([PATH, "--agent", "x"], "--agents FILE or --server URL"),
        ([PATH, "-l", "a=b", "--agent", "x"], "give one of the two"),
    ],
)
def test_what_cannot_be_explained_is_wrong_usage(
    run: Run, folder: Path, words: list[str], said: str
) -> None:
    result = run("explain", words[0], folder, *words[1:])
    assert (result.code, result.out) == (Exit.USAGE, "")
    assert said in result.err


def test_what_can_mean_two_values_is_asked_back(run: Run, folder: Path) -> None:
    base = folder / "base.collector.yaml"
    extensions = "extensions: {zpages: {}, zpages/a: {endpoint: 'a:1'}}\n"
    base.write_text(base.read_text() + extensions)
    zpages = "zpages: {a: {endpoint: 'b:1'}}, zpages/a"
    base.write_text(base.read_text().replace("zpages: {}, zpages/a", zpages))
    result = run("explain", "extensions.zpages/a", folder)
    assert result.code == Exit.USAGE
    assert "can mean /extensions/zpages/a or /extensions/zpages~1a" in result.err


def test_a_repo_that_would_be_refused_is_not_explained(run: Run, folder: Path) -> None:
    (folder / "fleet.yaml").write_text("apiVersion: reconciler/v1\nkind: Flet\n")
    result = run("explain", PATH, folder)
    assert result.code == Exit.FINDINGS
    assert "fleet.yaml:2:7: error" in result.err


def test_an_agent_that_is_held_back_is_said_to_be(run: Run, folder: Path) -> None:
    more = DOCUMENTS.replace("priority: 20", "priority: 10").replace(
        "  config: {}", "  config: {processors: {batch: {timeout: 3s}}}"
    )
    (folder / "more.yaml").write_text(
        more.replace("  remove: [/processors/batch/timeout]\n", "")
    )
    result = run("explain", PATH, folder, "-l", "role=gateway,site=oslo")
    assert "held back" in result.err
    assert "E070" in result.err
    assert run("explain", folder, "-l", "role=gateway,site=oslo").code == Exit.FINDINGS


@pytest.mark.parametrize(
    "text",
    ["a=b", "a in (b,c)", "a!=b", "a notin (b,c)", "a", "!a", "a=b,!c", ""],
)
def test_selectors_are_written_as_they_can_be_read(text: str) -> None:
    selector = labels.parse_selector(text)
    assert reach.selector_text(selector) == (text or "every agent")
