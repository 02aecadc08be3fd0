"""Tables, ages and where words go."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from reconciler.cli import output
from reconciler.cli.output import Form
from reconciler.state.agent import Sync
from reconciler.state.records import RevisionState


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal of 40 columns without colours."""
    monkeypatch.setenv("TERM", "xterm")
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=40, no_color=True)
    monkeypatch.setattr(output, "stdout", lambda: console)
    return screen


ROWS = [("gateway-1", "Synced", "Running"), ("n", "Failed", "x" * 60)]


def test_in_a_pipe_every_cell_is_whole(capfd: pytest.CaptureFixture[str]) -> None:
    output.table(("NAME", "SYNC", "WHY"), ROWS)
    assert capfd.readouterr().out.splitlines() == [
        "NAME       SYNC    WHY",
        "gateway-1  Synced  Running",
        "n          Failed  " + "x" * 60,
    ]


def test_on_a_terminal_the_last_cell_is_cut_to_the_line(terminal: io.StringIO) -> None:
    output.table(("NAME", "SYNC", "WHY"), ROWS)
    last = terminal.getvalue().splitlines()[-1]
    assert last.replace("\x1b[1m", "").replace("\x1b[0m", "") == (
        "n          Failed  " + "x" * 20 + "…"
    )


def test_a_table_without_rows_has_its_headers(
    capfd: pytest.CaptureFixture[str],
) -> None:
    output.table(("NAME", "WHY"), [])
    assert capfd.readouterr().out == "NAME  WHY\n"


def test_wide_characters_keep_columns_straight(
    capfd: pytest.CaptureFixture[str],
) -> None:
    output.table(("NAME", "WHY"), [("日本", "a"), ("ab", "b")])
    assert capfd.readouterr().out.splitlines() == ["NAME  WHY", "日本  a", "ab    b"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (-5, "0s"),
        (119, "119s"),
        (120, "2m"),
        (7199, "119m"),
        (7200, "2h"),
        (172_800, "2d"),
    ],
)
def test_ages_are_those_of_kubectl(seconds: int, said: str) -> None:
    since = datetime(2026, 1, 10, tzinfo=UTC)
    now = since + timedelta(seconds=seconds)
    assert output.age(since.isoformat(), now.isoformat()) == said


def test_an_age_that_is_not_known_is_a_dash() -> None:
    assert output.age(None, "2026-01-10T00:00:00Z") == "-"


TEXT = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.sampled_from("\n\t")
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)


@given(document=st.dictionaries(TEXT, JSON))
def test_documents_are_read_back_as_they_were(document: dict[str, object]) -> None:
    stream = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", stream)
        output.data(document, Form.JSON)
        assert json.loads(stream.getvalue()) == document
        stream.truncate(stream.seek(0))
        output.data(document, Form.YAML)
    assert yaml.safe_load(stream.getvalue()) == document


def test_talk_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    output.talk("[hello]")
    assert capfd.readouterr() == ("", "[hello]\n")


def test_every_state_of_an_agent_and_end_of_a_revision_has_a_colour() -> None:
    plain = {RevisionState.ACCEPTED}
    assert {*Sync, *RevisionState} - output.STYLES.keys() == plain
