"""How the demo speaks, on a terminal and elsewhere."""

import io

import pytest
from rich.console import Console

from reconciler.cli.narrator import Narrator, Picture
from reconciler.cli.process import CommitStatus

STATUS = CommitStatus("4f2a" + "0" * 36, "fleet/nodes", "failure", "1 failed: [oops]")
PICTURE = Picture(STATUS.commit, [STATUS], "3 agents, 1 unhealthy")


def heard(*, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream,
        force_terminal=terminal,
        width=60,
        color_system=None,
        legacy_windows=False,
    )
    with Narrator(console) as narrator:
        narrator.chapter("1. It begins")
        narrator.show([STATUS], PICTURE)
        narrator.tell("a thing happened")
        narrator.proven("as expected")
        narrator.quote("said\nin two lines")
    return stream.getvalue()


@pytest.fixture(autouse=True)
def real_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def test_in_a_pipe_every_news_is_a_plain_line() -> None:
    assert heard(terminal=False).splitlines() == [
        "",
        "1. It begins",
        "  0.0s  4f2a000 fleet/nodes: failure: 1 failed: [oops]",
        "  0.0s  a thing happened",
        "  0.0s  ✔ as expected",
        "        said",
        "        in two lines",
    ]


def test_on_a_terminal_the_picture_stays_below_the_story() -> None:
    said = heard(terminal=True)
    last = said.rpartition("in two lines")[2]
    assert "4f2a000  3 agents, 1 unhealthy  0s" in last
    assert "● fleet/nodes  failure" in last
    assert "[oops]" in last


def test_a_long_description_is_cut_and_not_the_names() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=40, color_system=None)
    long = CommitStatus("4f2a", "fleet/gateways-production", "failure", "x" * 100)
    with Narrator(console) as narrator:
        narrator.show([], Picture("4f2a", [long], "3 agents"))
    assert "fleet/gateways-production failure" in stream.getvalue().replace("  ", " ")
    assert "…" in stream.getvalue()
