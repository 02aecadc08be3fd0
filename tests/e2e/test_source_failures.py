"""An error never means empty: whatever happens to a repository, agents keep running."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Pace
from tests.e2e.truth import Truth
from tests.support.fleet_repo import FLEET, FleetRepo, collector
from tests.support.service import ServiceProcess, until

FleetOf = Callable[..., SimulatedFleet]
HEAD_AGE = "reconciler_source_head_not_in_force_seconds"
FETCH_AGE = "reconciler_source_last_good_fetch_seconds"


def delete_the_branch(repo: FleetRepo) -> None:
    repo.git("symbolic-ref", "HEAD", "refs/heads/other")
    repo.git("branch", "--quiet", "-D", "main")


def empty_the_repository(repo: FleetRepo) -> None:
    repo.git("rm", "-r", "--quiet", ".")
    repo.git("commit", "--quiet", "--message", "empty")


def remove_the_remote(repo: FleetRepo) -> None:
    shutil.rmtree(repo.path / ".git")


def rewrite_history(repo: FleetRepo) -> None:
    repo.git("checkout", "--quiet", "--orphan", "other")
    repo.commit({"base.collector.yaml": collector(timeout="7s")}, "rewritten")
    repo.git("branch", "--force", "main", "HEAD")
    repo.git("checkout", "--quiet", "main")


def name_a_missing_file(repo: FleetRepo) -> None:
    repo.commit({"base.collector.yaml": None})


def link_out_of_the_repository(repo: FleetRepo) -> None:
    (repo.path / "base.collector.yaml").unlink()
    (repo.path / "base.collector.yaml").symlink_to("/etc/passwd")
    repo.commit({})


def climb_out_of_the_repository(repo: FleetRepo) -> None:
    text = FLEET.replace("base.collector.yaml", "../../etc/passwd")
    repo.commit({"fleet.yaml": text})


def commit_ten_megabytes(repo: FleetRepo) -> None:
    repo.commit({"base.collector.yaml": collector() + "#" * 10_000_000})


def commit_an_alias_bomb(repo: FleetRepo) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    repo.commit({"base.collector.yaml": "\n".join(lines)})


def repeat_a_key(repo: FleetRepo) -> None:
    repo.commit({"base.collector.yaml": collector() + "receivers: {}\n"})


def use_an_unknown_kind(repo: FleetRepo) -> None:
    repo.commit({"fleet.yaml": FLEET.replace("AgentGroup", "AgentGruop")})


def use_an_unknown_field(repo: FleetRepo) -> None:
    repo.commit({"fleet.yaml": FLEET.replace("selector: {}", "selectr: {}", 1)})


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (delete_the_branch, "source"),
        (remove_the_remote, "source"),
        (rewrite_history, "head"),
    ],
)
async def test_a_source_in_trouble_is_told_and_changes_no_agent(
    harm: Callable[[FleetRepo], None],
    words: str,
    service: ServiceProcess,
    repo: FleetRepo,
    truth: Truth,
    fleet_of: FleetOf,
) -> None:
    async with fleet_of(2) as fleet:
        await truth.says("success", "2/2 on it")
        harm(repo)
        until(lambda: f"degraded: {words}" in service.ready(), what="told")
        assert (fleet.figures.offers, fleet.figures.healthy) == (2, 2)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (empty_the_repository, "no files"),
        (name_a_missing_file, "fleet.yaml:"),
        (link_out_of_the_repository, "fleet.yaml:"),
        (climb_out_of_the_repository, "fleet.yaml:"),
        (commit_ten_megabytes, "fleet.yaml:"),
        (commit_an_alias_bomb, "base.collector.yaml:"),
        (repeat_a_key, "base.collector.yaml:"),
        (use_an_unknown_kind, "AgentGruop"),
        (use_an_unknown_field, "selectr"),
    ],
)
async def test_a_faulty_commit_is_red_with_its_place_and_changes_no_agent(
    harm: Callable[[FleetRepo], None],
    words: str,
    repo: FleetRepo,
    truth: Truth,
    fleet_of: FleetOf,
) -> None:
    async with fleet_of(2) as fleet:
        await truth.says("success", "2/2 on it")
        harm(repo)
        await truth.says("failure", words, commit=repo.git("rev-parse", "HEAD"))
        assert (fleet.figures.offers, fleet.figures.healthy) == (2, 2)


async def test_a_repository_that_is_mended_is_followed_again(
    service: ServiceProcess, repo: FleetRepo, truth: Truth, fleet_of: FleetOf
) -> None:
    # first -> (gone for a while) -> timeout: 5s
    async with fleet_of(2):
        await truth.says("success", "2/2 on it")
        away = repo.path.with_name("away")
        (repo.path / ".git").rename(away)
        until(lambda: "degraded: source" in service.ready(), what="told")
        away.rename(repo.path / ".git")
        commit = repo.commit({"base.collector.yaml": collector(timeout="5s")})
        await truth.says("success", "2/2 on it", commit=commit)
        assert service.ready().splitlines()[-1] == "ready"


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (empty_the_repository, "the repository has no files"),
        (rewrite_history, "main was rewritten"),
    ],
)
def test_a_head_that_is_not_in_force_shows_everywhere_and_for_as_long_as_it_lasts(
    harm: Callable[[FleetRepo], None],
    why: str,
    service: ServiceProcess,
    repo: FleetRepo,
) -> None:
    # first -> harm (waits, restart) -> timeout: 5s
    first = repo.git("rev-parse", "HEAD")
    until(lambda: service.ready().endswith("\nready\n"), what="in force")
    assert service.metric(HEAD_AGE) == 0
    harm(repo)
    stuck = repo.git("rev-parse", "main")
    told = f"[!] head: main@sha1:{stuck} is not in force: "
    until(lambda: told in service.ready(), what="told")
    # The source is asked every second: what it says then must not hide it.
    until(lambda: service.metric(HEAD_AGE) > 2, what="the age of the head")
    until(
        lambda: service.metric(FETCH_AGE) < service.metric(HEAD_AGE) - 1,
        what="the source still answers",
    )
    service.stop()
    service.start()
    [line] = [line for line in service.ready().splitlines() if line.startswith(told)]
    assert why in line
    assert service.metric(HEAD_AGE) > 2
    repo.git("checkout", "--quiet", "-B", "main", first)
    repo.commit({"base.collector.yaml": collector(timeout="5s")})
    until(lambda: service.ready().endswith("\nready\n"), what="in force again")
    assert service.metric(HEAD_AGE) == 0
    log = service.log.read_text()
    assert log.count("head is not in force ") == 2  # by each process once
    assert f"main@sha1:{first}" in log
    assert log.count("head is in force again") == 1


def test_a_source_that_does_not_answer_has_a_growing_age(
    service: ServiceProcess, repo: FleetRepo
) -> None:
    until(lambda: service.ready().endswith("\nready\n"), what="in force")
    remove_the_remote(repo)
    until(lambda: service.metric(FETCH_AGE) > 3, what="the age of the last good fetch")
    assert "degraded: source" in service.ready()
    assert service.metric(HEAD_AGE) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service that follows a plain folder."""
    path = tmp_path / "folder"
    path.mkdir()
    (path / "fleet.yaml").write_text(FLEET)
    (path / "base.collector.yaml").write_text(collector())
    with ServiceProcess(str(path), tmp_path / "data") as running:
        yield running


async def test_a_plain_folder_is_followed_as_it_is_saved(
    folder: ServiceProcess,
) -> None:
    truth = Truth(folder)
    url = folder.websocket_url
    pace = Pace(apply=0.05)
    async with SimulatedFleet(SimulationSettings(url, agents=2, pace=pace)) as fleet:
        await truth.says("success", "2/2 on it")
        config = Path(folder.source) / "base.collector.yaml"
        config.write_text(collector(timeout="8s"))
        await fleet.until(lambda now: now.offers == 4)
        await truth.says("success", "2/2 on it")
