"""`reconciler describe agent`: one agent, all of it."""

import json

import pytest

from reconciler.cli.exits import Exit
from tests.cli.conftest import Run
from tests.web import fakes
from tests.web.fakes import FakeView

GATEWAY_2 = """\
Name:             gateway-2
Instance UID:     00020000-0000-0000-0000-000000000007
Group:            gateways
Sync:             Failed (Rejected) for 5s
                  unknown type: “otlphtp”
Presence:         connected over websocket, last heard 3s ago
Health:           healthy for 13m
                  StatusOK
Desired config:   020202020202 from base
Reported config:  020202020202 FAILED
                  unknown type: “otlphtp”
Last offer:       020202020202 6s ago: rollout of generation 2, attempt 1, acknowledged
Last good config: 010101010101
Quarantined:      020202020202 5s ago: Rejected: unknown type: “otlphtp”
Drift:            not compared yet
Build:            does not say what it has
Capabilities:     REPORTS_STATUS
                  ACCEPTS_REMOTE_CONFIG
Identifying:      service.name=otelcol
                  service.version=0.140.0
Other labels:     host.name=gateway-2
                  role=gateway
Effective config: not reported
"""


NEXT_WEEK = "2026-09-28T14:11:20.000Z"


def test_a_failed_agent_is_described_with_its_own_words(run: Run, server: str) -> None:
    result = run("describe", "agent", "gateway-2", "--server", server)
    assert (result.code, result.out, result.err) == (Exit.OK, GATEWAY_2, "")


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("gateway-1", ["Effective config:", "  exporters:", "Quarantined:      none"]),
        (
            "node-1",
            [
                "Presence:         polling over http, last heard 3s ago",
                "Health:           unhealthy for 20s",
                "                  out of memory",
                "Drift:            /exporters/otlp/endpoint: a -> b\ufffd[31m",
            ],
        ),
        (
            "node-2",
            [
                "Desired config:   held back by",
                f"{' ' * 18}layers/a.yaml:3:5: error E010: two documents set one value",
            ],
        ),
        (
            "node-3",
            [
                "Desired config:   none: no CollectorConfig selects it",
                "Reported config:  does not say",
                "Health:           does not say",
                "Last offer:       none",
                "Presence:         disconnected over websocket, last heard 3s ago",
                f"{' ' * 18}away for 2m, counts until {NEXT_WEEK}: 6d more",
            ],
        ),
    ],
)
def test_each_state_is_explained(
    run: Run, server: str, name: str, lines: list[str]
) -> None:
    said = run("describe", "agent", name, "--server", server).lines
    assert [line for line in lines if line not in said] == []


def test_secrets_of_the_effective_config_stay_hidden(run: Run, server: str) -> None:
    for form in ("table", "json", "yaml"):
        flags = ["-o", form, "--server", server]
        assert "hunter2" not in run("describe", "agent", "gateway-1", *flags).out


def test_before_a_revision_nothing_is_desired(
    run: Run, server: str, view: FakeView
) -> None:
    view.resolutions.clear()
    out = run("describe", "agent", "node-1", "--server", server).out
    assert "Desired config:   unknown: no revision is in force" in out


def test_a_document_is_that_of_the_api(run: Run, server: str) -> None:
    result = run("describe", "agent", "0002", "-o", "json", "--server", server)
    assert json.loads(result.out)["agent"]["name"] == "gateway-2"


def test_an_unknown_agent_is_an_error_with_the_way_to_a_list(
    run: Run, server: str
) -> None:
    result = run("describe", "agent", "nobody", "--server", server)
    assert (result.code, result.out) == (Exit.ERROR, "")
    assert result.err.startswith("error: no agent nobody\n")
    assert "reconciler get agents" in result.err


def test_a_hostile_name_cannot_paint_the_terminal(
    run: Run, server: str, view: FakeView
) -> None:
    fakes.renamed(view, 2, "\x1b[2J[red]x[/red]\nName: forged")
    out = run("describe", "agent", "0002", "--server", server).out
    assert "\x1b" not in out
    assert out.startswith("Name:             �[2J[red]x[/red] Name: forged\n")
