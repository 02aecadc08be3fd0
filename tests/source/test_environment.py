import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import SetupError
from reconciler.source import environment, remote
from reconciler.source.environment import Access
from reconciler.source.source import Failed, Moved
from tests.support import git_http
from tests.support.git_http import GitHttp
from tests.support.git_repo import GitRepo

if TYPE_CHECKING:
    from tests.source.conftest import MakeSource

FILES = {"fleet.yaml": b"x"}


def config_of(variables: dict[str, str]) -> dict[str, str]:
    count = int(variables["GIT_CONFIG_COUNT"])
    return {
        variables[f"GIT_CONFIG_KEY_{n}"]: variables[f"GIT_CONFIG_VALUE_{n}"]
        for n in range(count)
    }


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("/srv/a", "file"),
        ("https://h/a", "https"),
        ("http://h/a", "http"),
        ("git@h:a", "ssh"),
    ],
)
def test_only_the_protocol_of_the_url_is_allowed(url: str, protocol: str) -> None:
    variables = environment.hardened(remote.parse(url), Access())
    assert variables["GIT_ALLOW_PROTOCOL"] == protocol


def test_the_secret_is_sent_to_its_own_url_only() -> None:
    parsed = remote.parse("https://h/a.git", token="t")
    config = config_of(environment.hardened(parsed, Access(token="t")))
    assert config["http.https://h/a.git.extraHeader"] == (
        "Authorization: Basic eC1hY2Nlc3MtdG9rZW46dA=="
    )
    assert "http.extraHeader" not in config


def test_a_token_does_not_show_in_a_representation() -> None:
    assert "t0ken" not in repr(Access(token="t0ken"))


def test_without_a_key_the_users_own_ssh_settings_hold() -> None:
    variables = environment.hardened(remote.parse("git@h:a"), Access())
    assert variables["GIT_SSH_COMMAND"] == (
        "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes"
    )


def test_variables_that_steer_git_are_strangers_and_proxies_are_not() -> None:
    inherited = ["PATH", "https_proxy", "GIT_DIR", "GIT_SSH_COMMAND", "MY_TOKEN", ""]
    strangers = ["GIT_DIR", "GIT_SSH_COMMAND", "MY_TOKEN"]
    assert environment.strangers(inherited) == strangers


def test_git_sees_nothing_of_what_the_service_was_started_with(
    repo: GitRepo,
    make_source: "MakeSource",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = tmp_path / "seen"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\nenv >>{seen}\nPATH="{os.environ["PATH"]}" exec git "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("FORGE_TOKEN", "s3cr3t-canary")
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.hooksPath=/tmp'")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    repo.commit(FILES)
    source = make_source()
    seen.unlink()  # the construction is not what is asked about
    assert isinstance(source.fetch(None, accepted=None), Moved)
    text = seen.read_text()
    assert "GIT_TERMINAL_PROMPT=0" in text
    assert f"GIT_DIR={tmp_path}/nowhere" not in text
    for name in ("FORGE_TOKEN", "GIT_CONFIG_PARAMETERS"):
        assert name not in text


@pytest.mark.parametrize("name", ["GIT_CONFIG_COUNT", "GIT_DIR", "LC_ALL", "HOME"])
def test_what_is_inherited_never_takes_away_what_we_set(
    repo: GitRepo, make_source: "MakeSource", monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "0")
    repo.commit(FILES)
    with git_http.serve(repo.path.parent, token="t") as http:
        source = make_source(http.url("fleet.git"), access=Access(token="t"))
        assert isinstance(source.fetch(None, accepted=None), Moved)


@pytest.mark.parametrize("name", ["GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"])
def test_a_variable_that_would_move_the_mirror_is_refused_at_the_start(
    make_source: "MakeSource", monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/elsewhere")
    with pytest.raises(SetupError, match=name):
        make_source()


def test_no_hook_filter_or_setting_of_user_or_machine_runs(
    repo: GitRepo,
    http: GitHttp,
    make_source: "MakeSource",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trap = tmp_path / "trapped"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[credential]\nhelper = "!touch {trap}; #"\n'
        f'[core]\nfsmonitor = "touch {trap}"\nhooksPath = {home}\n'
        '[url "http://127.0.0.1:1/"]\ninsteadOf = http://\n'
    )
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc"):
        (home / hook).write_text(f"#!/bin/sh\ntouch {trap}\n")
        (home / hook).chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    files = {".gitattributes": b"* filter=x diff=x\n", **FILES}
    repo.commit(files)
    fetched = make_source(http.url("fleet.git")).fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    assert not trap.exists()


def test_a_data_folder_inside_another_repository_never_touches_that_one(
    repo: GitRepo, make_source: "MakeSource", tmp_path: Path
) -> None:
    outer = GitRepo(tmp_path / "work" / ".git")
    repo.commit(FILES)
    source = make_source(data_dir=tmp_path / "work" / "data")
    assert isinstance(source.fetch(None, accepted=None), Moved)
    assert outer.git("for-each-ref") == ""


def test_a_repository_of_another_user_is_not_read_and_the_reason_told(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files to another user")
    repo.commit(FILES)
    os.chown(repo.path, 12345, 12345)
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Failed)
    assert fetched.message == (
        "the repository belongs to another user, so Git does not read it"
    )
