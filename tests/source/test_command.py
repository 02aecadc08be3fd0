import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.errors import SetupError
from reconciler.source import command
from reconciler.source.child import Budget
from reconciler.source.command import HardenedGit
from reconciler.source.failures import CommandFailed


def test_git_sees_only_variables_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Stranger")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "stranger@example.invalid")
    runner = HardenedGit(tmp_path)
    runner.update_environment(GIT_COMMITTER_NAME="Named")
    runner.update_environment(GIT_COMMITTER_EMAIL="named@example.invalid")
    budget = Budget(20, threading.Event())
    with command.run(runner, budget, 1_000, "var", "GIT_COMMITTER_IDENT") as child:
        assert child.head().startswith(b"Named <named@")
    runner.update_environment(GIT_CONFIG_COUNT="1")
    runner.update_environment(GIT_CONFIG_KEY_0="user.useConfigOnly")
    runner.update_environment(GIT_CONFIG_VALUE_0="true")
    with (
        pytest.raises(CommandFailed),
        command.run(runner, budget, 1_000, "var", "GIT_AUTHOR_IDENT") as child,
    ):
        child.head()


def test_a_git_that_is_too_old_to_be_hardened_is_refused() -> None:
    old: Any = SimpleNamespace(version_info=(2, 20, 1))
    with pytest.raises(SetupError, match=r"Git 2\.20\.1 is too old") as caught:
        command.check_version(old)
    assert "2.32" in str(caught.value.hint)
