"""The entry point: help, exit codes, errors in words."""

import subprocess
import sys

import pytest
import typer

import reconciler
from reconciler.cli import main
from reconciler.cli.exits import Exit
from reconciler.errors import ReconcilerError, SetupError, UsageError, Where
from tests.cli.conftest import Run

VERBS = [verb for verbs in main.PANELS.values() for verb in verbs]


def test_no_verb_and_help_show_every_verb(run: Run) -> None:
    for words in ([], ["--help"], ["-h"]):
        result = run(*words)
        assert result.code == Exit.OK
        assert [verb for verb in VERBS if f" {verb} " not in result.out] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(run: Run, verb: str) -> None:
    result = run(verb, "--help")
    assert result.code == Exit.OK
    assert f"Usage: reconciler {verb}" in result.out
    assert result.err == ""


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version").out == f"reconciler {reconciler.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["srve"], "Did you mean 'serve'?", "`reconciler --help`"),
        (["--frce"], "No such option: --frce", "`reconciler --help`"),
        (["get"], "Missing command.", "`reconciler get --help`"),
        (["get", "agnts"], "Did you mean 'agents'?", "`reconciler get --help`"),
        (["get", "agents", "-o", "xml"], "'xml'", "`reconciler get agents --help`"),
        (["describe", "agent"], "Missing argument", "`reconciler describe agent"),
        (["simulate", "--agents", "0"], "'--agents'", "`reconciler simulate --help`"),
        (["render", "-l", "role"], "`role` is no label", "write -l key=value"),
    ],
)
def test_wrong_usage_is_64_with_the_way_to_the_help(
    run: Run, words: list[str], said: str, hint: str
) -> None:
    result = run(*words)
    assert result.code == 64
    assert result.out == ""
    assert result.err.startswith("error: ")
    assert said in result.err
    assert hint in result.err


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (SetupError("no disk", hint="buy one"), Exit.ERROR),
        (ReconcilerError("no luck", where=Where("a.yaml", 3)), Exit.ERROR),
        (UsageError("no sense"), Exit.USAGE),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (typer.Exit(3), Exit.FINDINGS),
    ],
)
def test_whatever_a_verb_raises_becomes_words_and_a_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, wrong: BaseException, code: Exit
) -> None:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def burst() -> None:
        raise wrong

    monkeypatch.setattr("reconciler.cli.lint.app", app)
    result = run("lint")
    assert result.code == code
    assert "Traceback" not in result.err
    if isinstance(wrong, ReconcilerError):
        assert result.err.startswith(f"error: {wrong}\n")
        assert ("hint:  buy one" in result.err) == bool(wrong.hint)


def test_a_bug_shows_its_trace(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def burst() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("reconciler.cli.lint.app", app)
    with pytest.raises(ZeroDivisionError):
        run("lint")


def test_words_in_brackets_are_not_read_as_markup(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typer.Typer()

    @app.command()
    def burst() -> None:
        raise SetupError("[bold]not bold[/bold] [/]")

    monkeypatch.setattr("reconciler.cli.lint.app", app)
    assert run("lint").err == "error: [bold]not bold[/bold] [/]\n"


def test_python_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"reconciler {reconciler.__version__}\n"


def test_the_help_imports_no_heavy_library() -> None:
    heavy = ["pydantic", "sqlalchemy", "git", "google.protobuf", "uvicorn", "httpx2"]
    code = (
        "import sys; from reconciler.cli import main; main.main(['--help']); "
        f"print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


def test_a_reader_that_goes_away_is_no_trace() -> None:
    code = "from reconciler.cli import main; main.main(['--help']); "
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "{sys.executable}" -c "{code}" | true'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
