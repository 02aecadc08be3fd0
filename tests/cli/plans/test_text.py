"""A plan in a terminal."""

from dataclasses import replace

import pytest

from reconciler.cli.plans import text
from reconciler.fleet.population import KnownAgent
from reconciler.state import forecast
from reconciler.state.forecast import Forecast
from tests.toy_fleet import config, fleet, group

BEFORE = fleet("c1", config("everyone", "a"))
AFTER = fleet("c2", config("everyone", "b"), group("all"))


@pytest.fixture
def told() -> Forecast:
    return forecast.forecast(BEFORE, AFTER, (KnownAgent("one\x1b[31m", {}),))


def test_the_headline_comes_first_and_the_notes_last(
    told: Forecast, capsys: pytest.CaptureFixture[str]
) -> None:
    text.say(told)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 of 1 agents restart with another config"
    assert lines[2].startswith("~ 1 agent (one")
    assert lines[3].startswith("  group all: everyone (")
    assert "    risk: removes the exporter debug/a" in lines
    assert any(line.startswith("> 1 agent") for line in lines)
    assert lines[-1].startswith("guard: changes 100% of 1 agents")


def test_names_cannot_speak_to_the_terminal(
    told: Forecast, capsys: pytest.CaptureFixture[str]
) -> None:
    text.say(told)
    assert "\x1b[31m" not in capsys.readouterr().out


def test_many_differences_are_cut_and_counted(
    told: Forecast, capsys: pytest.CaptureFixture[str]
) -> None:
    [change] = told.changes
    many = replace(change, differences=change.differences[:1] * (text.MOST + 5))
    text.say(replace(told, changes=(many,)))
    assert "    and 5 more; `-o json` has all" in capsys.readouterr().out.splitlines()
