"""`reconciler lint`: of fleet repos and of files, in every format."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from reconciler.cli import output, pages, repository
from reconciler.cli.exits import Exit
from reconciler.fleet.catalogue import bundled
from tests.cli.conftest import Run

MISSPELT = """\
{0}/base.yaml:8:3: error E003: unknown field `spec.selectr`
  8 |   selectr: {{}} # every agent
        ^
  hint: did you mean `selector`?
{0}/base.yaml:8:3: error E006: `spec.selector` is missing
  8 |   selectr: {{}} # every agent
        ^
  hint: write `selector: {{}}` to select every agent
"""
GOOD = """\
receivers: {otlp: {protocols: {grpc: {endpoint: "localhost:4317"}}}}
processors: {memory_limiter: {check_interval: 1s, limit_mib: 100}}
exporters: {debug: {}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter], exporters: [debug]}
"""
BAD = GOOD.replace("[debug]", "[debug, nope]")
COMPONENTS = """\
buildinfo: {command: mine, version: 1.2.3}
receivers: [{name: otlp}]
processors: [{name: memory_limiter}]
exporters: [{name: debug}]
"""


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a good and a bad config."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


class TestFleetRepo:
    def test_a_clean_one_says_so_on_stderr(self, run: Run, fleet_repo: Path) -> None:
        result = run("lint", fleet_repo)
        assert (result.code, result.out) == (Exit.OK, "")
        assert result.err == "no faults in 4 files (1 group, 2 configs)\n"

    def test_the_example_of_the_project_is_clean(self, run: Run) -> None:
        assert run("lint", repository.example()).code == Exit.OK

    def test_each_fault_has_its_place_the_line_and_a_caret(
        self, run: Run, fleet_repo: Path
    ) -> None:
        edit(fleet_repo, "base.yaml", "selector: {}", "selectr: {}")
        result = run("lint", fleet_repo)
        assert (result.code, result.out) == (
            Exit.FINDINGS,
            MISSPELT.format(fleet_repo),
        )
        assert result.err == "2 errors in 4 files (1 group, 1 config)\n"

    def test_paths_are_relative_to_where_the_command_runs(
        self, run: Run, fleet_repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        edit(fleet_repo, "base.yaml", "selector: {}", "selectr: {}")
        monkeypatch.chdir(fleet_repo)
        assert run("lint").lines[0].startswith("base.yaml:8:3: ")
        monkeypatch.chdir(fleet_repo.parent)
        assert run("lint", "fleet/").lines[0].startswith("fleet/base.yaml:8:3: ")

    def test_configs_that_contradict_each_other_are_found_without_any_agent(
        self, run: Run, fleet_repo: Path
    ) -> None:
        edit(fleet_repo, "base.yaml", "priority: 10", "priority: 0")
        edit(fleet_repo, "base.yaml", "send_batch_size: 8192", "timeout: 9s")
        result = run("lint", fleet_repo)
        assert result.code == Exit.FINDINGS
        assert f"{fleet_repo}/base.yaml:23:9: error E070: " in result.out

    def test_a_warning_is_shown_and_stops_nothing(
        self, run: Run, fleet_repo: Path
    ) -> None:
        (fleet_repo / "link.yaml").symlink_to("fleet.yaml")
        result = run("lint", fleet_repo)
        assert result.code == Exit.OK
        assert "link.yaml: warning W009: " in result.out
        assert result.err.startswith("1 warning in ")

    def test_a_hostile_line_cannot_paint_the_terminal(
        self, run: Run, fleet_repo: Path
    ) -> None:
        (fleet_repo / "base.collector.yaml").write_text("a: \x1b[2J[red]\x07\n")
        out = run("lint", fleet_repo).out
        assert "base.collector.yaml:1:4: error E001" in out
        assert "\x1b" not in out
        assert "[red]" in out

    def test_an_empty_folder_is_a_finding_and_files_are_hinted_at(
        self, run: Run, tmp_path: Path
    ) -> None:
        result = run("lint", tmp_path)
        assert result.code == Exit.FINDINGS
        assert "error E008" in result.out
        assert "name the files: reconciler lint FILE..." in result.err

    def test_a_folder_of_collector_configs_hints_at_naming_them(
        self, run: Run, here: Path
    ) -> None:
        result = run("lint", here)
        assert result.code == Exit.FINDINGS
        assert "no document of kind Fleet" in result.out
        assert "name the files: reconciler lint FILE..." in result.err

    def test_a_test_that_fails_is_a_fault(self, run: Run, fleet_repo: Path) -> None:
        (fleet_repo / "tests.yaml").write_text(
            "apiVersion: reconciler/v1\n"
            "kind: ConfigTest\n"
            "metadata: {name: gateways}\n"
            "spec:\n"
            "  labels: {role: gateway}\n"
            "  expect: {values: {/processors/batch/timeout: 9s}}\n"
        )
        result = run("lint", fleet_repo)
        assert result.code == Exit.FINDINGS
        assert f"{fleet_repo}/tests.yaml:6:" in result.out
        assert "error E078" in result.out

    def test_known_agents_are_counted(self, run: Run, fleet_repo: Path) -> None:
        edit(fleet_repo, "base.collector.yaml", "receivers: [otlp]", "receivers: [no]")
        agents = fleet_repo.parent / "agents.csv"
        agents.write_text("name,role\na,gateway\nb,gateway\nc,node\n")
        result = run("lint", fleet_repo, "--agents", agents)
        assert result.code == Exit.FINDINGS
        assert "  hits: groups default, gateways; 3 agents" in result.lines

    def test_it_stands_alone(self, run: Run, fleet_repo: Path, here: Path) -> None:
        result = run("lint", fleet_repo, here / "good.yaml")
        assert (result.code, result.out) == (Exit.USAGE, "")
        assert "a fleet repo is one folder" in result.err

    def test_a_list_of_components_is_for_files(
        self, run: Run, fleet_repo: Path
    ) -> None:
        result = run("lint", fleet_repo, "--components", "components.yaml")
        assert result.code == Exit.USAGE
        assert "Distribution document" in result.err


@pytest.mark.usefixtures("here")
class TestFiles:
    def test_a_good_one_says_as_what_it_was_judged(self, run: Run) -> None:
        result = run("lint", "good.yaml")
        assert (result.code, result.out) == (Exit.OK, "")
        version = bundled.bundled().version
        assert result.err == (
            f"no faults in 1 file (as Collector {version}; --components for yours)\n"
        )

    def test_faults_of_several_come_in_order_of_path(
        self, run: Run, here: Path
    ) -> None:
        (here / "a.yaml").write_text("[]")
        result = run("lint", "good.yaml", "bad.yaml", "a.yaml")
        assert result.code == Exit.FINDINGS
        found = [line for line in result.lines if line[0] != " "]
        assert [line.partition(" error ")[0] for line in found] == [
            "a.yaml:1:1:",
            "bad.yaml:6:82:",
        ]
        assert result.err.startswith("2 errors in 3 files (")

    def test_stdin_is_a_file_too(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
        result = run("lint", "-")
        assert result.code == Exit.FINDINGS
        assert result.lines[0].startswith("<stdin>:6:82: error E010: ")
        assert result.lines[1].startswith("  6 |     traces: {receivers: [otlp]")

    def test_the_same_file_twice_is_one(self, run: Run) -> None:
        result = run("lint", "bad.yaml", "./bad.yaml")
        assert result.err.startswith("1 error in 1 file (")

    def test_a_collector_that_lacks_a_component_makes_it_an_error(
        self, run: Run, here: Path
    ) -> None:
        (here / "mine.yaml").write_text(COMPONENTS.replace("debug", "nop"))
        result = run("lint", "good.yaml", "--components", "mine.yaml")
        assert result.code == Exit.FINDINGS
        assert "error E017" in result.out
        assert result.err.endswith("(as mine.yaml says of its Collector)\n")

    def test_a_collector_that_has_everything_has_no_faults(
        self, run: Run, here: Path
    ) -> None:
        (here / "mine.yaml").write_text(COMPONENTS)
        result = run("lint", "good.yaml", "--components", "mine.yaml")
        assert (result.code, result.out) == (Exit.OK, "")

    def test_a_list_that_is_none_is_told(self, run: Run) -> None:
        result = run("lint", "good.yaml", "--components", "good.yaml")
        assert (result.code, result.out) == (Exit.ERROR, "")
        assert "`receivers` must be a list of components" in result.err

    @pytest.mark.parametrize("option", ["--agents", "--server"])
    def test_agents_are_for_a_fleet_repo(self, run: Run, option: str) -> None:
        result = run("lint", "good.yaml", option, "x")
        assert result.code == Exit.USAGE
        assert "name its folder" in result.err

    def test_a_comment_lapses_with_its_day(self, run: Run, here: Path) -> None:
        comment = " # reconciler: ignore E010 until {}: soon to come\n"
        for until, code in (("2999-12-31", Exit.OK), ("2020-01-01", Exit.FINDINGS)):
            silenced = BAD.removesuffix("\n") + comment.format(until)
            (here / "silenced.yaml").write_text(silenced)
            assert run("lint", "silenced.yaml").code == code

    def test_what_is_not_there_is_an_error(self, run: Run) -> None:
        result = run("lint", "good.yaml", "missing.yaml")
        assert (result.code, result.out) == (Exit.ERROR, "")
        assert result.err.startswith(
            "error: missing.yaml cannot be read: No such file or directory\n"
        )

    def test_a_document_of_a_fleet_repo_belongs_to_its_folder(
        self, run: Run, fleet_repo: Path
    ) -> None:
        result = run("lint", fleet_repo / "fleet.yaml")
        assert result.code == Exit.FINDINGS
        assert "fleet.yaml is a document of a fleet repo: name its folder" in result.err

    def test_of_an_endless_file_no_more_is_read_than_is_taken(self, run: Run) -> None:
        result = run("lint", "/dev/zero")
        assert result.code == Exit.FINDINGS
        assert "/dev/zero: error E001: the file has 16,777,217 bytes" in result.out

    def test_a_secret_is_found_and_not_shown(self, run: Run, here: Path) -> None:
        (here / "leak.yaml").write_text(
            GOOD.replace(
                "debug: {}",
                'otlp: {endpoint: "x:1", headers: {authorization: "Bearer HUNTER2x9"}}',
            ).replace("[debug]", "[otlp]")
        )
        result = run("lint", "leak.yaml")
        assert "leak.yaml:3:" in result.out
        assert "E040" in result.out
        assert result.lines[-2].strip() == "^"
        assert result.lines[-3].endswith(" headers: {authorization: ***")
        for form in ("text", "json", "sarif", "github", "gitlab"):
            assert "HUNTER2" not in run("lint", "leak.yaml", "-o", form).out


@pytest.mark.usefixtures("here")
class TestFormats:
    def test_json_is_an_array_of_findings(self, run: Run) -> None:
        result = run("lint", "bad.yaml", "-o", "json")
        assert result.code == Exit.FINDINGS
        [found] = json.loads(result.out)
        assert list(found)[:6] == [
            "rule",
            "severity",
            "message",
            "file",
            "line",
            "column",
        ]
        assert (found["file"], found["line"], found["column"]) == ("bad.yaml", 6, 82)

    def test_sarif_brings_the_pages_of_the_rules(self, run: Run) -> None:
        log = json.loads(run("lint", "bad.yaml", "-o", "sarif").out)
        [rule] = log["runs"][0]["tool"]["driver"]["rules"]
        assert rule["help"]["markdown"] == pages.of("E010").text

    def test_github_is_given_workflow_commands(self, run: Run) -> None:
        [line] = run("lint", "bad.yaml", "-o", "github").lines
        assert line.startswith("::error file=bad.yaml,line=6,col=82,title=")

    def test_gitlab_is_given_a_code_quality_report(self, run: Run) -> None:
        [issue] = json.loads(run("lint", "bad.yaml", "-o", "gitlab").out)
        assert issue["location"] == {"path": "bad.yaml", "lines": {"begin": 6}}

    @pytest.mark.parametrize("form", ["json", "sarif", "gitlab"])
    def test_a_document_is_one_without_findings_too(self, run: Run, form: str) -> None:
        result = run("lint", "good.yaml", "-o", form)
        assert result.code == Exit.OK
        assert json.loads(result.out) is not None

    def test_annotations_of_nothing_are_nothing(self, run: Run) -> None:
        assert run("lint", "good.yaml", "-o", "github").out == ""

    @pytest.mark.parametrize("form", ["table", "yaml"])
    def test_there_is_no_other(self, run: Run, form: str) -> None:
        assert run("lint", "good.yaml", "-o", form).code == Exit.USAGE


class TestExplain:
    def test_a_page_comes_as_it_is_written(self, run: Run) -> None:
        result = run("lint", "--explain", "e003")
        assert (result.code, result.err) == (Exit.OK, "")
        assert result.out == pages.of("E003").text

    def test_on_a_terminal_it_is_rendered(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        console = Console(force_terminal=True, width=60, no_color=True)
        monkeypatch.setattr(output, "stdout", lambda: console)
        with console.capture() as screen:
            assert run("lint", "--explain", "E003").code == Exit.OK
        assert "E003: an unknown field" in screen.get()
        assert "```" not in screen.get()
        assert "## Wrong" not in screen.get()

    def test_it_is_like_help_whatever_else_was_given(self, run: Run) -> None:
        result = run("lint", "missing.yaml", "--explain", "E003", "-o", "json")
        assert (result.code, result.out) == (Exit.OK, pages.of("E003").text)

    def test_a_rule_that_is_none_is_wrong_usage(self, run: Run) -> None:
        result = run("lint", "--explain", "E00")
        assert (result.code, result.out) == (Exit.USAGE, "")
        assert "there is no rule `E00`" in result.err
        assert "did you mean E0" in result.err
