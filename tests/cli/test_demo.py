"""`reconciler demo`, as a stranger runs it."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.cli import demo, story
from reconciler.cli.demo import DemoFleet
from reconciler.cli.exits import Exit
from reconciler.errors import ReconcilerError
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.settings import SimulationSettings
from tests.cli.conftest import Run
from tests.support.service import until


@pytest.mark.timeout(120)
def test_the_whole_story_happens_in_time_and_leaves_nothing(tmp_path: Path) -> None:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "demo", "--agents", "10"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    assert time.monotonic() - started < 90
    assert done.stderr == ""
    proven = [line.split("✔ ")[1] for line in done.stdout.splitlines() if "✔" in line]
    assert [words.split()[0].rstrip(":,") for words in proven] == [
        *("green", "red", "all", "green", "red", "green")
    ]
    assert "unknown type 'kafka'" in done.stdout
    assert "What to try next:" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_service_too_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "reconciler", "demo", "--agents", "10"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    ) as running:
        [listeners] = until(lambda: list(tmp_path.glob("*/data/listeners.json")))
        address = until(lambda: json.loads(listeners.read_text() or "{}"))["http"]
        running.send_signal(number)
        running.communicate(timeout=30)
    assert running.returncode == Exit.INTERRUPTED
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address.split(":"))


def test_a_story_that_fails_keeps_the_evidence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(story, "PATIENCE", 0.0)
    result = run("demo", "--agents", "10")
    assert result.code == Exit.ERROR
    [folder] = tmp_path.iterdir()
    assert f"What is left of it: {folder}" in result.err
    assert "error: expected within 0 s: the first commit turns green; seen: " in (
        result.err
    )
    assert (folder / "service.log").stat().st_size
    assert (folder / "fleet-repo" / "fleet.yaml").is_file()


def test_a_few_agents_are_too_few_for_the_story(run: Run) -> None:
    assert run("demo", "--agents", "9").code == Exit.USAGE


@pytest.mark.parametrize("agents", [demo.FEWEST_AGENTS, 11, 20, 50, 100])
def test_any_size_has_agents_for_every_chapter(agents: int) -> None:
    settings = SimulationSettings("ws://127.0.0.1:1", agents=agents)
    found = {
        f"{one.labels['role']}s-{one.labels['deployment.environment.name']}"
        for one in SimulatedFleet(settings).agents
    }
    assert {story.BAD_GROUP, story.DRIFT_GROUP} <= found


def test_no_agent_that_could_drift_is_an_error() -> None:
    fleet = SimulatedFleet(SimulationSettings("ws://127.0.0.1:1", agents=10))
    with pytest.raises(ReconcilerError, match="no agent of nobodies is up"):
        DemoFleet(fleet).drift("nobodies")
