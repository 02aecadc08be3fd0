"""A plan for programs."""

import orjson

from reconciler.cli.plans import document
from reconciler.fleet.population import KnownAgent
from reconciler.state import forecast
from tests.toy_fleet import config, fleet, group

AGENTS = (KnownAgent("one", {}), KnownAgent("two\u202e", {"role": "gateway"}))
GATEWAYS = "{matchLabels: {role: gateway}}"
BEFORE = fleet("c1", config("everyone", "a"))


def test_what_holds_agents_back_comes_with_its_place() -> None:
    broken = config("gw", "b", GATEWAYS, priority="high")
    after = fleet("c2", config("everyone", "a"), broken)
    told = document.of(forecast.forecast(BEFORE, after, AGENTS))
    assert told["counts"]["blocked"] == 1
    [change] = told["changes"]
    [why] = change["heldBackBy"]
    assert (why["rule"], why["file"]) == ("E004", "fleet.yaml")
    assert why["line"] > 1
    assert change["after"] is None
    assert change["agents"] == ["two\ufffd"]


def test_moves_and_revisions_are_told() -> None:
    after = fleet("c2", config("everyone", "a"), group("gateways", GATEWAYS))
    told = document.of(forecast.forecast(BEFORE, after, AGENTS))
    assert told["moves"] == [
        {"from": "default", "to": "gateways", "agents": ["two\ufffd"]}
    ]
    assert told["before"]["revision"] == f"main@sha1:{'c1'.ljust(40, '0')}"


def test_a_refused_revision_says_why_and_everything_is_json() -> None:
    refused = forecast.forecast(BEFORE, fleet("c3", "kind: Fleet\n"), AGENTS)
    told = document.of(refused)
    assert told["refusedFor"]
    assert told["guard"] is None
    assert orjson.loads(orjson.dumps(told))["changes"] == []
