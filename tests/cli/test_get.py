"""`reconciler get`: tables for people and pipes, documents for programs."""

import json

import pytest
import yaml

from reconciler.cli.exits import Exit
from reconciler.fleet import population
from tests.cli.conftest import Run
from tests.web import fakes
from tests.web.fakes import FakeView

AGENTS = """\
NAME       GROUP     SYNC       HEALTH     SINCE  WHY
gateway-1  gateways  Synced     healthy    10m    Running
gateway-2  gateways  Failed     healthy    5s     Rejected: unknown type: “otlphtp”
node-1     nodes     Drifted    unhealthy  10m    EffectiveDiffers
node-2     nodes     Pending    healthy    10m    RenderError
node-3     nodes     Unmanaged  away       10m    away 2m, counts 6d more; NotSelected
"""

MISSING = """\
NAME       GROUP     SYNC       HEALTH     SINCE  WHY
gateway-1  gateways  Synced     healthy    10m    Running
gateway-2  gateways  Failed     healthy    5s     Rejected: unknown type: “otlphtp”
gateway-8  gateways  Missing    missing    -      the inventory names it; never heard
node-1     nodes     Drifted    unhealthy  10m    EffectiveDiffers
node-2     nodes     Pending    healthy    10m    RenderError
node-3     nodes     Unmanaged  missing    10m    away 2m, counts 6d more; NotSelected
node-9     nodes     Missing    missing    -      the inventory names it; never heard
"""

GROUPS = """\
GROUP     STATE    AGENTS  DESCRIPTION
gateways  failure  2       1/2 on it, 1 failed: unknown type
nodes     pending  1       0/3 on it
"""

CONFIGS = """\
HASH          AGENTS  SYNCED  GROUPS               DOCUMENTS
010101010101  2       1       gateways 1, nodes 1  base
020202020202  1       0       gateways 1           base
"""

REVISIONS = """\
COMMIT   SEEN  REVISION    CONTEXT         STATUS   DESCRIPTION
4f2a000  30s   accepted    fleet/gateways  failure  1/2 on it, 1 failed
9b1c000  16m   superseded  -               -        Begin
"""


@pytest.mark.parametrize(
    ("noun", "table"),
    [("agents", AGENTS), ("groups", GROUPS), ("revisions", REVISIONS)],
)
def test_tables_are_plain_in_a_pipe(
    run: Run, server: str, noun: str, table: str
) -> None:
    result = run("get", noun, "--server", server)
    assert (result.code, result.out, result.err) == (Exit.OK, table, "")


def test_missing_hosts_have_rows_whether_they_were_ever_heard_or_not(
    run: Run, server: str, view: FakeView
) -> None:
    fakes.never_heard(view)
    fakes.expects(view, 5)
    result = run("get", "agents", "--server", server)
    assert (result.code, result.out, result.err) == (Exit.OK, MISSING, "")
    chosen = run("get", "agents", "-l", "env=test", "--server", server)
    assert chosen.lines[1:] == [
        "node-9  nodes  Missing  missing  -      the inventory names it; never heard"
    ]
    assert chosen.err == ""


def test_missing_hosts_are_told_apart_from_agents_in_documents(
    run: Run, server: str, view: FakeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.cli.client.PAGE", 2)
    fakes.never_heard(view)
    text = run("get", "agents", "-o", "json", "--server", server).out
    found = json.loads(text)
    assert len(found["agents"]) == 5
    assert [host["name"] for host in found["missing"]] == ["gateway-8", "node-9"]
    assert len(population.read(text.encode(), "agents.json")) == 5


def test_configs_are_told_apart_with_who_gets_them(run: Run, server: str) -> None:
    result = run("get", "configs", "--server", server)
    assert (result.code, result.out) == (Exit.OK, CONFIGS)
    assert result.err == "2 agents have none: `get agents` says why\n"


def test_tables_fit_80_columns_on_the_left_of_why() -> None:
    for table in (AGENTS, CONFIGS, GROUPS, REVISIONS):
        header = table.splitlines()[0]
        assert header.rindex("  ") < 60


@pytest.mark.parametrize("noun", ["agents", "configs", "groups", "revisions"])
def test_documents_are_those_of_the_api(run: Run, server: str, noun: str) -> None:
    as_json = json.loads(run("get", noun, "-o", "json", "--server", server).out)
    as_yaml = yaml.safe_load(run("get", noun, "-o", "yaml", "--server", server).out)
    assert as_json == as_yaml
    assert as_json["schemaVersion"] == "1"
    assert len(as_json[noun]) == (5 if noun == "agents" else 2)


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["-l", "host.name in (node-1,node-2)"], ["node-1", "node-2"]),
        (["--group", "gateways"], ["gateway-1", "gateway-2"]),
        (["--group", "gateways", "--sync", "Failed"], ["gateway-2"]),
    ],
)
def test_agents_can_be_chosen(
    run: Run, server: str, flags: list[str], names: list[str]
) -> None:
    result = run("get", "agents", "--server", server, *flags)
    assert [line.split()[0] for line in result.lines[1:]] == names


def test_all_pages_are_read(
    run: Run, server: str, view: FakeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.cli.client.PAGE", 2)
    for number in range(6, 12):
        view.add(fakes.agent(number, f"more-{number}"))
    found = json.loads(run("get", "agents", "-o", "json", "--server", server).out)
    assert len(found["agents"]) == 11
    assert found["continue"] is None


def test_nothing_to_show_is_said_on_stderr(
    run: Run, server: str, view: FakeView
) -> None:
    chosen = run("get", "agents", "--group", "none", "--server", server)
    assert (chosen.code, chosen.err) == (Exit.OK, "no agents like that\n")
    view.agents.clear()
    view.group_statuses.clear()
    view.revision_records.clear()
    assert run("get", "agents", "--server", server).err == "no agents yet\n"
    assert "no revision" in run("get", "groups", "--server", server).err
    assert run("get", "revisions", "--server", server).err == "no revisions yet\n"


def test_the_environment_can_name_the_server(
    run: Run, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_SERVER", server)
    assert run("get", "groups").out == GROUPS
    assert run("get", "groups", "--server", "http://127.0.0.1:1").code == Exit.ERROR


def test_a_wrong_filter_is_wrong_usage(run: Run, server: str) -> None:
    for flags in (["-l", "a in"], ["--sync", "synced"]):
        result = run("get", "agents", "--server", server, *flags)
        assert result.code == Exit.USAGE
        assert "hint:  " in result.err


def test_revisions_can_be_limited(run: Run, server: str) -> None:
    assert len(run("get", "revisions", "--limit", "1", "--server", server).lines) == 2
