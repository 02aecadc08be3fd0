"""`reconciler serve`: its flags are the settings."""

import pytest

from reconciler import service, settings
from reconciler.cli.exits import Exit
from reconciler.errors import SetupError
from reconciler.settings import Settings
from tests.cli.conftest import Run


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that the service was started with."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RECONCILER_{name.upper()}", raising=False)
    taken: list[Settings] = []
    monkeypatch.setattr(service, "serve", taken.append)
    return taken


def test_the_help_explains_every_setting_with_its_default(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    out = run("serve", "--help").out
    for name, field in Settings.model_fields.items():
        assert f"{settings.flag_of(name)} " in out
        if f"{name}_file" not in Settings.model_fields:
            assert str(field.description) in out
    assert "Default: 15s." in out
    assert "Default: 127.0.0.1:4320." in out
    assert "Default: off." in out


@pytest.mark.parametrize("secret", ["git-token", "forge-token"])
def test_a_secret_is_never_a_flag(run: Run, secret: str) -> None:
    result = run("serve", "--source", ".", f"--{secret}", "x")
    assert result.code == Exit.USAGE


def test_with_nothing_but_a_source_it_serves(run: Run, served: list[Settings]) -> None:
    assert run("serve", "--source", ".").code == Exit.OK
    assert served == [settings.load({"source": "."})]


def test_flags_become_settings(run: Run, served: list[Settings]) -> None:
    flags = ["--listen", "127.0.0.1:0", "--poll-interval", "1m", "--allow-rewrites"]
    run("serve", "--source", "git@forge.example:acme/fleet", *flags)
    assert served[0].listen == ("127.0.0.1", 0)
    assert served[0].poll_interval == 60
    assert served[0].allow_rewrites


def test_the_environment_counts_unless_a_flag_says_else(
    run: Run, served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_SOURCE", "/srv/fleet")
    monkeypatch.setenv("RECONCILER_LOG_LEVEL", "debug")
    run("serve", "--log-level", "error")
    assert (served[0].source, served[0].log_level) == ("/srv/fleet", "error")


def test_wrong_settings_are_told_and_nothing_is_served(
    run: Run, served: list[Settings]
) -> None:
    result = run("serve", "--listen", "nowhere", "--log-level", "loud")
    assert (result.code, result.out, served) == (Exit.ERROR, "", [])
    assert result.err.startswith("error: these settings are wrong:\n  --source: ")
    assert "\n  --listen: not HOST:PORT" in result.err
    assert "\n  --log-level: " in result.err
    assert "hint:  `reconciler serve --help` explains each\n" in result.err


def test_a_service_that_cannot_start_is_an_error_in_words(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Settings) -> None:
        raise SetupError("the address is taken", hint="choose another")

    monkeypatch.setattr(service, "serve", refuse)
    result = run("serve", "--source", ".")
    assert result.code == Exit.ERROR
    assert result.err == "error: the address is taken\nhint:  choose another\n"
