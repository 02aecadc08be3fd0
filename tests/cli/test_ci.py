"""What people copy into their CI: docs/ci.md and .pre-commit-hooks.yaml."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.exits import Exit
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
SNIPPETS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
HOOKS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / ".pre-commit-hooks.yaml").read_text()
)
HOOK_FIELDS = {
    "id",
    "name",
    "description",
    "entry",
    "language",
    "files",
    "types",
    "pass_filenames",
}
"""Those of the manifest of pre-commit that we have a use for."""

GITHUB, PLAN, GITLAB, PRE_COMMIT = map(yaml.safe_load, SNIPPETS)


def commands() -> list[str]:
    steps = [step.get("run", "") for step in GITHUB["jobs"]["lint"]["steps"]]
    lines = [*steps, *GITLAB["lint"]["script"]]
    return [line for line in lines if line.startswith("reconciler ")]


def hook(name: str) -> dict[str, Any]:
    return next(one for one in HOOKS if one["id"] == name)


def test_every_snippet_checks_something() -> None:
    assert len(commands()) == 4
    assert {"-o github", "-o sarif", "-o gitlab"} == {
        found for line in commands() for found in re.findall(r"-o \w+", line)
    }


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_page_runs(
    command: str, run: Run, fleet_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fleet_repo)
    _, *words = shlex.split(re.split(r" (?:>|\|\|) ", command)[0])
    assert run(*words).code == Exit.OK


def test_the_tests_and_the_plan_of_the_page_run(
    run: Run, fleet_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fleet_repo)
    (fleet_repo / "agents.json").write_text('[{"name": "a", "labels": {}}]')
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(
        ["git", "update-ref", "refs/remotes/origin/main", "HEAD"], check=True
    )
    steps = [step.get("run", "") for step in PLAN["jobs"]["plan"]["steps"]]
    lines = [line for line in steps if line.startswith("reconciler ")]
    assert [line.split()[1] for line in lines] == ["test", "plan"]
    for line in lines:
        _, *words = shlex.split(line.partition(" > ")[0])
        assert run(*words).code == Exit.OK


def test_a_report_survives_the_errors_it_tells_and_nothing_else() -> None:
    [line] = [line for line in commands() if "gitlab" in line]
    assert line.endswith(f"|| test $? -eq {Exit.FINDINGS:d}")


def test_what_is_uploaded_is_what_was_written() -> None:
    upload = GITHUB["jobs"]["lint"]["steps"][-1]["with"]["sarif_file"]
    assert any(line.endswith(f"> {upload}") for line in commands())
    report = GITLAB["lint"]["artifacts"]["reports"]["codequality"]
    assert any(f"> {report} " in line for line in commands())


def test_the_exit_codes_of_the_page_are_those_of_the_program() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert told == {Exit.OK, Exit.ERROR, Exit.FINDINGS, Exit.USAGE}


def test_the_hooks_are_what_pre_commit_takes() -> None:
    for one in HOOKS:
        assert one.keys() <= HOOK_FIELDS
        assert {"id", "name", "entry", "language", "files"} <= one.keys()
        assert one["language"] == "python"
        re.compile(one["files"])


def test_the_page_names_hooks_that_there_are() -> None:
    named = [one["id"] for repo in PRE_COMMIT["repos"] for one in repo["hooks"]]
    assert named == [one["id"] for one in HOOKS]


def test_the_hook_of_a_fleet_repo_takes_its_folder(run: Run, fleet_repo: Path) -> None:
    _, *words = shlex.split(hook("reconciler-lint")["entry"])
    assert not hook("reconciler-lint")["pass_filenames"]
    assert run(*words, fleet_repo).code == Exit.OK


def test_the_hook_of_collector_configs_takes_files(run: Run, fleet_repo: Path) -> None:
    _, *words = shlex.split(hook("reconciler-lint-collector")["entry"])
    config = fleet_repo / "base.collector.yaml"
    assert run(*words, config, config).code == Exit.OK


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("reconciler-lint", "fleet.yaml"),
        ("reconciler-lint", "roles/gateway.yml"),
        ("reconciler-lint", ".fleetignore"),
        ("reconciler-lint-collector", "otelcol.yaml"),
        ("reconciler-lint-collector", "deploy/otel-collector.yaml"),
        ("reconciler-lint-collector", "gateway/collector.prod.yml"),
    ],
)
def test_hooks_run_for_the_files_they_are_about(name: str, path: str) -> None:
    assert re.search(hook(name)["files"], path)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("reconciler-lint", "README.md"),
        ("reconciler-lint-collector", "collectors.yaml"),
        ("reconciler-lint-collector", "hotel.yaml"),
        ("reconciler-lint-collector", "otelcol.md"),
    ],
)
def test_hooks_leave_other_files_alone(name: str, path: str) -> None:
    assert not re.search(hook(name)["files"], path)
