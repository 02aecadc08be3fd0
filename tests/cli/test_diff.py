"""`reconciler diff`: what an agent runs against what it should run."""

import json
from dataclasses import replace

import pytest

from reconciler.cli.exits import Exit
from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.state.desired import Resolution
from reconciler.state.observed import EffectiveConfig
from tests import toy_fleet
from tests.cli.conftest import Run
from tests.web import fakes
from tests.web.fakes import GATEWAYS, FakeView

OURS = toy_fleet.rendered(toy_fleet.fleet("c1", toy_fleet.config("all", "a")))
BODY = OURS.entries[""].body.decode()


def report(view: FakeView, *replacements: tuple[str, str]) -> None:
    """Agent 1 should run OURS, and reports it with these changes."""
    text = BODY
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    one = fakes.uid(1)
    view.agents[one].effective = EffectiveConfig(
        {"": ConfigEntry(text.encode(), "text/yaml")}
    )
    view.resolutions[one] = Resolution(GATEWAYS, OURS)


def test_every_difference_has_the_line_that_set_our_value(
    run: Run, server: str, view: FakeView
) -> None:
    report(view, ("nop: {}", "nop: {}\n  other: {}"), ("- debug/a", "- debug/b"))
    result = run("diff", "gateway-1", "--server", server)
    assert result.code == Exit.OK
    rows = [line.split() for line in result.lines]
    assert rows == [
        ["VERDICT", "PLACE", "SHOULD", "RUN", "RUNS", "SET", "AT"],
        ["extra", "/receivers/other", "-", "{}", "-"],
        [
            "changed",
            "/service/pipelines/traces/exporters",
            "[debug/a]",
            "[debug/b]",
            "fleet.yaml:17:47",
        ],
    ]


def test_differences_are_an_exit_code_only_where_it_is_asked_for(
    run: Run, server: str, view: FakeView
) -> None:
    words = ("diff", "gateway-1", "--exit-code", "--server", server)
    report(view)
    result = run(*words)
    assert (result.code, result.out) == (Exit.OK, "gateway-1 runs what it should run\n")
    report(view, ("- debug/a", "- debug/b"))
    assert run(*words).code == Exit.DIFFERENCES
    assert run("diff", "gateway-1", "--server", server).code == Exit.OK


def test_programs_get_both_configs(run: Run, server: str, view: FakeView) -> None:
    report(view, ("- debug/a", "- debug/b"))
    words = ("diff", "gateway-1", "-o", "json", "--exit-code", "--server", server)
    result = run(*words)
    assert result.code == Exit.DIFFERENCES
    document = json.loads(result.out)
    assert document["desired"]["documents"] == ["all"]
    assert "debug/b" in document["effective"]["entries"][0]["text"]
    assert document["differs"] is True


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("node-2", "nothing says what node-2 should run: RenderError"),
        ("gateway-2", "gateway-2 does not report what it runs"),
        ("nobody", "no agent nobody"),
    ],
)
def test_what_cannot_be_told_is_never_taken_for_no_difference(
    run: Run, server: str, name: str, said: str
) -> None:
    result = run("diff", name, "--exit-code", "--server", server)
    assert (result.code, result.out) == (Exit.ERROR, "")
    assert said in result.err
    words = ("diff", name, "-o", "json", "--exit-code", "--server", server)
    assert run(*words).code == Exit.ERROR


def test_what_cannot_be_read_is_never_taken_for_no_difference(
    run: Run, server: str, view: FakeView
) -> None:
    report(view, ("receivers:", "receivers: ["))
    words = ("diff", "gateway-1", "--exit-code", "--server", server)
    result = run(*words)
    assert (result.code, result.out) == (Exit.ERROR, "")
    assert "the effective config cannot be read: line " in result.err
    assert run(*words, "-o", "json").code == Exit.ERROR


SEVERAL = replace(
    OURS, entries={"a": OURS.entries[""], "b": OURS.entries[""]}, nodes={}
)


def test_a_difference_says_its_entry_and_is_certain_whatever_another_holds(
    run: Run, server: str, view: FakeView
) -> None:
    report(view)
    one = fakes.uid(1)
    view.resolutions[one] = Resolution(GATEWAYS, SEVERAL)
    broken = ConfigEntry(b"a: [", "yaml")
    view.agents[one].effective = EffectiveConfig({"b": broken})
    result = run("diff", "gateway-1", "--exit-code", "--server", server)
    assert result.code == Exit.DIFFERENCES
    assert "missing  entry `a`" in " ".join(result.out.split(" "))
    assert "not all could be compared: entry `b` of the effective" in result.err


def test_what_the_collector_fills_in_is_counted(
    run: Run, server: str, view: FakeView
) -> None:
    body = BODY.replace("debug/a: {}", 'debug/a: {verbosity: "${env:V}"}')
    given = {"": ConfigEntry(body.encode(), "text/yaml")}
    config = replace(OURS, entries=given, nodes={})
    report(view, ("debug/a: {}", "debug/a: {verbosity: basic}"))
    view.resolutions[fakes.uid(1)] = Resolution(GATEWAYS, config)
    result = run("diff", "gateway-1", "--server", server)
    assert result.out == "gateway-1 runs what it should run\n"
    assert result.err.startswith("1 values cannot be verified")
