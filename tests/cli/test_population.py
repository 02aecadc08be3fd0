"""`--agents FILE` and `--server URL`."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli import population
from reconciler.errors import InvalidDocument, ReconcilerError, UsageError
from reconciler.fleet import population as saved
from reconciler.fleet.population import KnownAgent
from tests.cli.conftest import Run
from tests.web import fakes
from tests.web.fakes import FakeView


def test_nobody_is_known_without_a_file_or_a_service() -> None:
    assert population.read(None, None) == ()


def test_what_a_service_lists_can_be_saved_and_says_the_same(
    run: Run, server: str, tmp_path: Path
) -> None:
    asked = population.read(None, server)
    for form in ("json", "yaml"):
        path = tmp_path / f"agents.{form}"
        path.write_text(run("get", "agents", "-o", form, "--server", server).out)
        assert population.read(path, None) == asked


def test_what_the_inventory_says_is_vouched_for_and_the_rest_is_claimed(
    server: str, view: FakeView
) -> None:
    one = fakes.uid(1)
    view.resolutions[one] = replace(view.resolutions[one], inventory={"env": "prod"})
    agent = population.named(population.read(None, server), "gateway-1")
    assert (agent.labels["role"], agent.labels["env"]) == ("gateway", "prod")
    assert "role" in agent.claimed
    assert "env" not in agent.claimed


def test_all_pages_of_a_service_are_read(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.cli.client.PAGE", 2)
    assert len(population.read(None, server)) == 5


def test_a_file_and_a_service_at_once_are_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        population.read(tmp_path, "http://127.0.0.1:1")


@pytest.mark.parametrize("name", ["none.csv", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReconcilerError, match="cannot be read"):
        population.read(tmp_path / name, None)


def test_a_file_that_is_no_list_of_agents_is_told_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "agents.csv"
    path.write_text("name,role\nx\n")
    with pytest.raises(InvalidDocument) as caught:
        population.read(path, None)
    assert str(caught.value.where) == "agents.csv:2"


def test_one_agent_is_named_as_it_is_listed() -> None:
    one, other = (KnownAgent(name, {}) for name in ("a", "b"))
    assert population.named((one, other), "b") == other
    for known, name in (((one, other), "c"), ((one, one), "a"), ((), "a")):
        with pytest.raises(UsageError) as caught:
            population.named(known, name)
        assert caught.value.hint


def test_a_saved_population_is_stable(run: Run, server: str) -> None:
    first, second = (
        run("get", "agents", "-o", "json", "--server", server).out for _ in range(2)
    )
    assert first == second
    assert len(saved.read(first.encode(), "agents.json")) == 5
