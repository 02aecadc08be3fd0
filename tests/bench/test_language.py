import pytest

from bench import language, repo
from bench.language import Untrue
from bench.repo import Size

SMALL = Size(teams=12, variables=12, tests=6)


def test_a_sound_repo_passes_the_check_that_comes_before_any_figure() -> None:
    language.check(repo.snapshot(SMALL))


def test_a_repo_with_an_error_is_not_measured() -> None:
    broken = repo.replaced(
        repo.snapshot(SMALL), "base/base.collector.yaml", "[otlp]", "[otpl]"
    )
    with pytest.raises(Untrue, match="errors"):
        language.check(broken)


def test_a_lint_that_finds_nothing_is_not_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reconciler.fleet.linting.lint.check", lambda *_, **__: ())
    with pytest.raises(Untrue, match="planted"):
        language.check(repo.snapshot(SMALL))


def test_agents_of_one_number_have_all_labels_and_the_same_every_time() -> None:
    assert repo.labels(7, 5) == repo.labels(7, 5)
    assert tuple(repo.labels(7, 5)) == repo.KEYS
