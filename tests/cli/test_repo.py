"""Every verb that reads a folder keeps to the limits of the environment."""

from pathlib import Path

import pytest

from reconciler.cli.exits import Exit
from tests.cli.conftest import Run
from tests.support.fleet_repo import FLEET, collector

VERBS = ("lint", "test", "render")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "fleet.yaml").write_text(FLEET)
    (tmp_path / "base.collector.yaml").write_text(collector())
    return tmp_path


@pytest.mark.parametrize(
    ("limit", "value", "named"),
    [
        ("NODES", "5", "more than 5 nodes in one file"),
        ("DEPTH", "2", "more than 2 levels of nesting in one file"),
        ("FILES", "1", "it holds more than 1 files"),
        ("TOTAL_BYTES", "10", "it holds more than 10 bytes of YAML"),
    ],
)
def test_a_cap_is_told_with_the_variable_that_raises_it(
    run: Run,
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: str,
    named: str,
) -> None:
    variable = f"RECONCILER_LIMITS__{limit}"
    monkeypatch.setenv(variable, value)
    done = run("lint", repo)
    said = done.out + done.err
    assert done.code != Exit.OK
    assert named in said
    assert variable in said
    monkeypatch.setenv(variable, "1000" if limit != "DEPTH" else "50")
    assert run("lint", repo).code == Exit.OK


@pytest.mark.parametrize("verb", VERBS)
def test_a_limit_that_is_none_stops_every_verb(
    run: Run, repo: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setenv("RECONCILER_LIMITS__NODES", "many")
    done = run(verb, repo)
    assert done.code != Exit.OK
    assert "RECONCILER_LIMITS__NODES must be a whole number" in done.err
