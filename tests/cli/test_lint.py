"""`reconciler lint`: faults as compilers print them."""

import json
from pathlib import Path

import pytest

from reconciler.cli import repository
from reconciler.cli.exits import Exit
from tests.cli.conftest import Run

MISSPELT = """\
base.yaml:8:3: error E003: unknown field `spec.selectr`
  8 |   selectr: {} # every agent
        ^
  hint: did you mean `selector`?
base.yaml:8:3: error E006: `spec.selector` is missing
  8 |   selectr: {} # every agent
        ^
  hint: write `selector: {}` to select every agent
"""


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_clean_repo_says_so_on_stderr(run: Run, fleet_repo: Path) -> None:
    result = run("lint", fleet_repo)
    assert (result.code, result.out) == (Exit.OK, "")
    assert result.err == "no faults in 4 files (1 group, 2 configs)\n"


def test_the_example_of_the_project_is_clean(run: Run) -> None:
    assert run("lint", repository.example()).code == Exit.OK


def test_each_fault_has_its_place_the_line_and_a_caret(
    run: Run, fleet_repo: Path
) -> None:
    edit(fleet_repo, "base.yaml", "selector: {}", "selectr: {}")
    result = run("lint", fleet_repo)
    assert (result.code, result.out) == (Exit.FINDINGS, MISSPELT)
    assert result.err == "2 errors in 4 files (1 group, 1 config)\n"


def test_configs_that_contradict_each_other_are_found_without_any_agent(
    run: Run, fleet_repo: Path
) -> None:
    edit(fleet_repo, "base.yaml", "priority: 10", "priority: 0")
    edit(fleet_repo, "base.yaml", "send_batch_size: 8192", "timeout: 9s")
    result = run("lint", fleet_repo)
    assert result.code == Exit.FINDINGS
    assert result.lines[0].startswith("base.yaml:23:9: error E070: ")


def test_a_warning_is_shown_and_stops_nothing(run: Run, fleet_repo: Path) -> None:
    (fleet_repo / "link.yaml").symlink_to("fleet.yaml")
    result = run("lint", fleet_repo)
    assert result.code == Exit.OK
    assert "link.yaml: warning W009: " in result.out
    assert result.err.startswith("1 warning in ")


def test_a_caret_finds_its_column_after_wide_characters(
    run: Run, fleet_repo: Path
) -> None:
    (fleet_repo / "base.collector.yaml").write_text("日本: [1, 1, }\n")
    lines = run("lint", fleet_repo).lines
    assert lines[1] == "  1 | 日本: [1, 1, }"
    assert lines[2] == " " * (6 + 14 - 1) + "^"


def test_a_hostile_line_cannot_paint_the_terminal(run: Run, fleet_repo: Path) -> None:
    (fleet_repo / "base.collector.yaml").write_text("a: \x1b[2J[red]\x07\n")
    out = run("lint", fleet_repo).out
    assert "base.collector.yaml:1:4: error E001" in out
    assert "\x1b" not in out
    assert "[red]" in out


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_documents_count_what_they_hold(run: Run, fleet_repo: Path, form: str) -> None:
    edit(fleet_repo, "base.yaml", "selector: {}", "selectr: {}")
    result = run("lint", fleet_repo, "-o", form)
    assert result.code == Exit.FINDINGS
    if form == "json":
        document = json.loads(result.out)
        assert document["counts"] == {"error": 2, "warning": 0, "info": 0}
        assert document["findings"][0] == {
            "rule": "E003",
            "severity": "error",
            "message": "unknown field `spec.selectr`",
            "path": "base.yaml",
            "line": 8,
            "column": 3,
            "hint": "did you mean `selector`?",
        }


def test_an_empty_folder_is_a_finding(run: Run, tmp_path: Path) -> None:
    result = run("lint", tmp_path)
    assert result.code == Exit.FINDINGS
    assert "error E008" in result.out


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_an_error(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    result = run("lint", tmp_path / name)
    assert (result.code, result.out) == (Exit.ERROR, "")
    assert result.err.startswith(f"error: {tmp_path / name} is not a folder\n")
