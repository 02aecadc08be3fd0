"""`reconciler plan`: what a change of a real Git repository would do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.exits import Exit
from tests.cli.conftest import Run
from tests.support.fleet_repo import FLEET, FleetRepo, collector
from tests.toy_fleet import oversized

GATEWAY = """\
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: gateway}
spec:
  selector: {matchLabels: {role: gateway}}
  priority: 10
  config:
    processors:
      batch: {timeout: 5s}
"""
AGENTS = "name,role\ngateway-1,gateway\ngateway-2,gateway\nnode-1,node\n"


FATES = ("matched", "unblocked", "tooLarge", "blocked", "unmatched", "stuck")


@pytest.fixture
def repo(tmp_path: Path) -> FleetRepo:
    made = FleetRepo(tmp_path / "fleet")
    made.commit(
        {
            "fleet.yaml": FLEET,
            "gateway.yaml": GATEWAY,
            "base.collector.yaml": collector(),
        }
    )
    return made


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    path = tmp_path / "agents.csv"
    path.write_text(AGENTS)
    return path


def edit(repo: FleetRepo, name: str, old: str, new: str) -> None:
    path = repo.path / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_files_as_they_were_committed_change_nothing(
    run: Run, repo: FleetRepo, agents: Path
) -> None:
    result = run("plan", repo.path, "--agents", agents, "--exit-code")
    assert (result.code, result.err) == (Exit.OK, "")
    assert result.out == "nothing changes for any agent\n"


def test_a_change_is_told_with_whom_it_touches_and_who_set_it(
    run: Run, repo: FleetRepo, agents: Path
) -> None:
    edit(repo, "gateway.yaml", "timeout: 5s", "timeout: 9s")
    result = run("plan", repo.path, "--agents", agents)
    assert result.code == Exit.OK
    assert result.lines[0] == "2 of 3 agents restart with another config"
    assert result.lines[2:5] == [
        "~ 2 agents (gateway-1, gateway-2): another config",
        result.lines[3],
        "    ~ /processors/batch/timeout: 5s -> 9s  gateway.yaml:9:24",
    ]
    assert "group everyone: base < gateway (" in result.lines[3]
    assert "guard: changes 67% of 3 agents: passes" in result.lines


def test_what_goes_is_told_with_who_removes_it_or_who_had_set_it(
    run: Run, repo: FleetRepo, agents: Path
) -> None:
    edit(repo, "gateway.yaml", "  config:", "  remove: [/exporters/debug]\n  config:")
    edit(repo, "gateway.yaml", "{timeout: 5s}", "{}")
    base = "exporters:\n  nop: {}\n"
    edit(repo, "base.collector.yaml", "exporters:\n", base)
    edit(repo, "base.collector.yaml", "exporters: [debug]", "exporters: [nop]")
    words = ("plan", repo.path, "--agents", agents)
    lines = run(*words).lines
    assert "    - /exporters/debug: {}  removed at gateway.yaml:7:12" in lines
    told = json.loads(run(*words, "-o", "json").out)
    gone = [
        one["removedAt"]
        for change in told["changes"]
        for one in change["differences"]
        if one["path"] == "/exporters/debug"
    ]
    assert gone == [{"file": "gateway.yaml", "line": 7, "column": 12}]


def test_differences_are_an_exit_code_only_where_it_is_asked_for(
    run: Run, repo: FleetRepo
) -> None:
    edit(repo, "gateway.yaml", "timeout: 5s", "timeout: 9s")
    assert run("plan", repo.path).code == Exit.OK
    assert run("plan", repo.path, "--exit-code").code == Exit.DIFFERENCES


def test_without_agents_the_configs_are_counted_and_that_is_said(
    run: Run, repo: FleetRepo
) -> None:
    edit(repo, "gateway.yaml", "timeout: 5s", "timeout: 9s")
    result = run("plan", repo.path)
    assert result.lines[0] == "1 of the configs that the selectors allow would change"
    assert "~ agents with role=gateway: another config" in result.lines
    assert "no agents are known" in result.out


def test_two_revisions_are_compared_whatever_the_files_are_now(
    run: Run, repo: FleetRepo, agents: Path
) -> None:
    repo.commit({"gateway.yaml": GATEWAY.replace("5s", "6s")})
    repo.commit({"gateway.yaml": GATEWAY.replace("5s", "7s")})
    (repo.path / "gateway.yaml").unlink()
    words = ("--against", "HEAD~1", "--revision", "main", "--agents", agents)
    assert "6s -> 7s" in run("plan", repo.path, *words).out


def test_a_fleet_repo_may_be_a_folder_of_a_bigger_repository(
    run: Run, tmp_path: Path
) -> None:
    repo = FleetRepo(tmp_path / "all")
    files = {"eu/fleet.yaml": FLEET, "eu/base.collector.yaml": collector()}
    repo.commit(files)
    edit(repo, "eu/base.collector.yaml", "1s", "2s")
    result = run("plan", repo.path / "eu")
    assert "/processors/batch/timeout: 1s -> 2s  base.collector.yaml:8:14" in result.out


def test_agents_of_a_running_service_can_be_asked_for(
    run: Run, repo: FleetRepo, server: str
) -> None:
    edit(repo, "base.collector.yaml", "127.0.0.1:0", "127.0.0.1:1")
    result = run("plan", repo.path, "--server", server)
    assert "5 of 5 agents restart" in result.lines[0]
    assert "risk: it touches every agent" in result.lines


def test_a_change_that_would_be_refused_says_why(run: Run, repo: FleetRepo) -> None:
    edit(repo, "gateway.yaml", "kind: CollectorConfig", "kind: CollectorConfg")
    result = run("plan", repo.path)
    assert result.code == Exit.FINDINGS
    assert "would be refused" in result.lines[0]
    assert "gateway.yaml:2:7: error E005" in result.err


def test_broken_documents_hold_back_and_are_a_risk(
    run: Run, repo: FleetRepo, agents: Path
) -> None:
    edit(repo, "gateway.yaml", "priority: 10", "priority: high")
    result = run("plan", repo.path, "--agents", agents)
    assert "! 2 agents (gateway-1, gateway-2): held back, nothing changes there" in (
        result.lines
    )
    assert "    gateway.yaml:6:13: error E004" in result.out
    assert "risk: 1 new lint error: gateway.yaml:6:13 E004" in result.lines


def test_nothing_can_be_compared_with_a_revision_that_never_was_in_force(
    run: Run, tmp_path: Path
) -> None:
    repo = FleetRepo(tmp_path / "fleet")
    repo.commit({"fleet.yaml": "apiVersion: reconciler/v1\nkind: Flet\n"})
    result = run("plan", repo.path)
    assert result.code == Exit.ERROR
    assert "HEAD cannot be in force" in result.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--against", "nowhere"], Exit.ERROR, "has no revision 'nowhere'"),
        (["--agents", "none.csv"], Exit.ERROR, "none.csv cannot be read"),
        (["--agents", "a", "--server", "http://b"], Exit.USAGE, "give one of the two"),
        (["--server", "http://127.0.0.1:1"], Exit.ERROR, "no answer from"),
        (["-o", "table"], Exit.USAGE, "table"),
    ],
)
def test_what_cannot_be_planned_is_told(
    run: Run, repo: FleetRepo, words: list[str], code: Exit, said: str
) -> None:
    result = run("plan", repo.path, *words)
    assert result.code == code
    assert said in result.err


def test_programs_get_everything(run: Run, repo: FleetRepo, agents: Path) -> None:
    edit(repo, "gateway.yaml", "timeout: 5s", "timeout: 9s")
    told = json.loads(run("plan", repo.path, "--agents", agents, "-o", "json").out)
    assert told["counts"] == {
        **dict.fromkeys(FATES, 0),
        "changed": 2,
        "restarts": 2,
    }
    assert told["guard"] == {
        "touched": 2,
        "total": 3,
        "share": 0.6667,
        "limit": 0.5,
        "from": 10,
        "exceeded": False,
    }
    [change] = told["changes"]
    assert change["agents"] == ["gateway-1", "gateway-2"]
    assert change["before"]["hash"] != change["after"]["hash"]
    assert change["differences"] == [
        {
            "entry": "",
            "path": "/processors/batch/timeout",
            "before": "5s",
            "after": "9s",
            "file": "gateway.yaml",
            "line": 9,
            "column": 24,
            "removedAt": None,
        }
    ]


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_text_that_changes_is_told_by_its_size_and_never_shown(
    run: Run, repo: FleetRepo, agents: Path, form: str
) -> None:
    document = GATEWAY.partition("  priority")[0].replace("name: gateway", "name: conf")
    entry = "  entry: forwarder\n  files: [forwarder.conf]\n"
    repo.commit({"conf.yaml": document + entry, "forwarder.conf": "key = hunter2\n"})
    (repo.path / "forwarder.conf").write_text("key = hunter22\n")
    out = run("plan", repo.path, "--agents", agents, "-o", form).out
    assert "hunter2" not in out
    assert "14 bytes of text" in out
    assert "15 bytes of text" in out
    assert "forwarder.conf" in out


def test_a_config_that_no_message_holds_is_told_in_every_form(
    run: Run, repo: FleetRepo, agents: Path
) -> None:
    large = oversized("large", "{matchLabels: {role: gateway}}")
    (repo.path / "large.yaml").write_text(large)
    words = ("plan", repo.path, "--agents", agents)
    text = run(*words).out
    assert "0 of 3 agents restart" in text
    assert "2 agents (gateway-1, gateway-2): too large to be sent" in text
    assert "a message to an agent holds 4,194,304: it cannot be sent" in text
    assert "1 new lint error: large.yaml:" in text
    assert "E052" in text
    markdown = run(*words, "-o", "markdown").out
    assert "| `!` tooLarge | 2 agents (gateway-1, gateway-2) |" in markdown
    assert "a message to an agent holds 4,194,304" in markdown
    told = json.loads(run(*words, "-o", "json").out)
    assert told["counts"]["tooLarge"] == 2
    [change] = told["changes"]
    assert change["fate"] == "tooLarge"
    assert (
        change["after"]["messageBytes"] > 4_194_304 > change["before"]["messageBytes"]
    )
    assert len(change["risks"]) == 1


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_no_form_shows_a_secret(
    run: Run, repo: FleetRepo, agents: Path, form: str
) -> None:
    secret = "otlphttp: {endpoint: http://h:1, headers: {x-team: HUNTER2}}"
    config = collector("otlphttp").replace("otlphttp: {}", secret)
    repo.commit({"base.collector.yaml": config})
    edit(repo, "base.collector.yaml", "HUNTER2", "HUNTER3")
    result = run("plan", repo.path, "--agents", agents, "-o", form)
    assert "/exporters/otlphttp/headers/x-team" in result.out
    assert "HUNTER" not in result.out
    assert "(hidden)" in result.out


def test_without_git_it_says_what_to_install(repo: FleetRepo) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "plan", str(repo.path)],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.ERROR
    assert done.stderr.splitlines()[0] == "error: Git is not installed"
    assert "Traceback" not in done.stderr
