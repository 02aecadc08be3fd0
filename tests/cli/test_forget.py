"""`reconciler forget agent`: one that is away, and nobody else."""

import pytest

from reconciler.cli.exits import Exit
from reconciler.ids import format_uid
from tests.cli.conftest import Run
from tests.web import fakes
from tests.web.fakes import FakeView

NODE_3 = """\
forgot node-3 (00050000-0000-0000-0000-000000000007): away for 2m, it counted in nodes \
as Unmanaged
and that it failed 020202020202: Rejected
and its last good config, 010101010101
"""


@pytest.mark.parametrize("name", ["node-3", "0005", format_uid(fakes.uid(5))])
def test_an_agent_that_is_away_is_forgotten_with_all_that_it_failed(
    run: Run, server: str, view: FakeView, name: str
) -> None:
    view.agents[fakes.uid(5)].failures = view.agents[fakes.uid(2)].failures
    result = run("forget", "agent", name, "--server", server)
    assert (result.code, result.out, result.err) == (Exit.OK, NODE_3, "")
    assert view.forgotten == [(fakes.uid(5), "127.0.0.1")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gateway-1", "gateway-1 is connected: only agents that are away"),
        ("node-1", "node-1 is polling: only agents that are away"),
        ("nobody", "no agent nobody"),
        ("gateway-8", "gateway-8 was never heard: the inventory names it"),
    ],
)
def test_nobody_else_is_forgotten(
    run: Run, server: str, view: FakeView, name: str, words: str
) -> None:
    fakes.never_heard(view)
    result = run("forget", "agent", name, "--server", server)
    assert (result.code, result.out) == (Exit.ERROR, "")
    assert result.err.startswith(f"error: {words}")
    assert "hint:  " in result.err
    assert view.forgotten == []


def test_of_two_with_one_name_the_one_that_is_meant_must_be_named(
    run: Run, server: str, view: FakeView
) -> None:
    fakes.renamed(view, 4, "node-3")
    result = run("forget", "agent", "node-3", "--server", server)
    assert result.code == Exit.ERROR
    assert "error: 2 agents are called node-3" in result.err
    assert f"{format_uid(fakes.uid(5))} (disconnected, last heard " in result.err
    assert view.forgotten == []
