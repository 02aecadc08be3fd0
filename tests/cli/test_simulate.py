"""`reconciler simulate`: flags become a fleet, figures go to stdout."""

import asyncio
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli import simulate
from reconciler.cli.exits import Exit
from reconciler.simulator.figures import Figures
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import SimulationSettings
from tests.cli.conftest import Run
from tests.support.service import ServiceProcess, until

NOBODY = "ws://127.0.0.1:1"


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[SimulationSettings]:
    """What would be simulated."""
    taken: list[SimulationSettings] = []

    async def run_nothing(settings: SimulationSettings) -> Figures:
        taken.append(settings)
        return SimulatedFleet(settings).figures

    monkeypatch.setattr(simulate, "_run", run_nothing)
    return taken


def test_without_flags_50_agents_go_to_the_default_port(
    run: Run, simulated: list[SimulationSettings]
) -> None:
    assert run("simulate").code == Exit.OK
    assert simulated == [SimulationSettings("ws://127.0.0.1:4320/v1/opamp")]


def test_flags_become_the_fleet(run: Run, simulated: list[SimulationSettings]) -> None:
    flags = ["--server", NOBODY, "--agents", "7", "--http-share", "0.5", "--seed", "3"]
    flags += ["--mix", "slow=0.2", "--heartbeat", "1m", "--rate", "10"]
    flags += ["--label", "role=edge", "--label", "site=oslo|bergen"]
    run("simulate", *flags)
    assert simulated == [
        SimulationSettings(
            NOBODY,
            agents=7,
            http_share=0.5,
            seed=3,
            mix={Personality.SLOW: 0.2, Personality.GOOD: 0.8},
            heartbeat=60.0,
            connects_per_second=10.0,
            labels={"role": ("edge",), "site": ("oslo", "bergen")},
        )
    ]


@pytest.mark.parametrize(
    "flags",
    [
        ["--heartbeat", "soon"],
        ["--mix", "lazy=1"],
        ["--mix", "slow=2"],
        ["--label", "role"],
        ["--http-share", "2"],
        ["--server", "gopher://a"],
    ],
)
def test_wrong_flags_are_wrong_usage(
    run: Run, simulated: list[SimulationSettings], flags: list[str]
) -> None:
    assert run("simulate", *flags).code == Exit.USAGE
    assert all(one.server == "gopher://a" for one in simulated)


def test_a_service_that_breaks_the_specification_fails_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_badly(settings: SimulationSettings) -> Figures:
        figures = SimulatedFleet(settings).figures
        return replace(figures, violations={"two configs in one answer": 2})

    monkeypatch.setattr(simulate, "_run", run_badly)
    result = run("simulate")
    assert result.code == Exit.ERROR
    assert "broke a rule 2 times: two configs in one answer" in result.err


async def test_in_a_pipe_it_prints_lines_until_it_is_stopped(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "LINE_SECONDS", 0.01)
    fleet, stop = SimulatedFleet(SimulationSettings(NOBODY, agents=3)), asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, stop.set)
    await simulate._print_lines(fleet, stop)
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) >= 2
    assert lines[0].startswith("connected 0/3, healthy ")


def test_a_picture_has_every_figure() -> None:
    now = SimulatedFleet(SimulationSettings(NOBODY, agents=3)).figures
    table = simulate._table(now, now, 1.0)
    [names] = [list(column.cells) for column in table.columns[:1]]
    assert names[:2] == ["connected", "healthy"]
    assert names[-4:] == ["messages", "lost", "refused", "unreachable"]


def test_ctrl_c_lets_the_agents_say_goodbye(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    with ServiceProcess(str(tmp_path / "fleet"), tmp_path / "data") as service:
        command = [sys.executable, "-m", "reconciler", "simulate", "--agents", "3"]
        with subprocess.Popen(
            [*command, "--server", service.websocket_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            until(lambda: len(service.get("/api/v1/agents")["agents"]) == 3)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=30)
        agents = service.get("/api/v1/agents")["agents"]
    assert running.returncode == Exit.OK
    assert out.startswith("connected 3/3, ")
    assert err == "saying goodbye\n"
    assert {one["presence"] for one in agents} == {"disconnected"}
