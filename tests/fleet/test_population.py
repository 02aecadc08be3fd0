import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import InvalidDocument
from reconciler.fleet import population
from reconciler.fleet.population import KnownAgent
from tests.fleet.conftest import MakeFleet

NODE = KnownAgent("node-1", {"role": "node", "zone": "3"})
BARE = KnownAgent("node-2", {})


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("agents.csv", "host,role,zone,env\nnode-1,node,3,\nnode-2,,,\n"),
        ("agents.csv", '\ufeff"host","role","zone"\r\nnode-1,node,3\r\n\r\nnode-2,,'),
        (
            "agents.yaml",
            (
                "- {name: node-1, labels: {role: node, zone: 3}}\n"
                "- {name: node-2, labels: {}}"
            ),
        ),
        (
            "agents.txt",
            (
                "agents:\n- name: node-1\n  labels: {role: node, zone: '3'}\n"
                "- {name: node-2, labels: {}, group: default}\n"
            ),
        ),
        (
            "agents.json",
            (
                '{"now": "x", "agents": [{"name": "node-1", "uid": "0", "labels": '
                '{"role": "node", "zone": "3"}}, {"name": "node-2", "labels": {}}]}'
            ),
        ),
    ],
)
def test_every_form_gives_the_same_agents(path: str, content: str) -> None:
    assert population.read(content.encode(), path) == (NODE, BARE)


def test_what_a_service_knows_of_an_agent_is_taken_along() -> None:
    document = {
        "name": "node-1",
        "labels": {"role": "node", "up": True},
        "claimed": ["role"],
        "components": {"receivers": ["otlp"]},
    }
    assert population.of_documents([document], "agents") == (
        KnownAgent(
            "node-1",
            {"role": "node", "up": "true"},
            frozenset({"role"}),
            {"receivers": frozenset({"otlp"})},
        ),
    )


BUILDS = """\
{"components": {"00aa": {"receivers": ["otlp"]}}, "agents": [
  {"name": "one", "labels": {}, "componentsHash": "00aa"},
  {"name": "two", "labels": {}, "componentsHash": "00aa"},
  {"name": "other", "labels": {}, "componentsHash": "00bb"},
  {"name": "own", "labels": {}, "componentsHash": "00aa", "components": {}}
]}
"""


@pytest.mark.parametrize("path", ["agents.json", "agents.yaml"])
def test_builds_that_a_list_holds_once_are_those_of_its_agents(path: str) -> None:
    one, two, other, own = population.read(BUILDS.encode(), path)
    assert one.components == {"receivers": frozenset({"otlp"})}
    assert two.components is one.components
    assert (other.components, own.components) == (None, {})


@pytest.mark.parametrize(
    ("path", "content", "place"),
    [
        ("a.csv", "", "a.csv:1"),
        ("a.csv", "name,role,role\n", "a.csv:1"),
        ("a.csv", "name,\nx,y\n", "a.csv:1"),
        ("a.csv", "name,role\nx,node\ny\n", "a.csv:3"),
        ("a.csv", "name,role\n,node\n", "a.csv:2"),
        ("a.csv", 'name,role\nx,"no', "a.csv:2"),
        ("a.json", '{\n "agents": [}', "a.json:2:13"),
        ("a.json", "{}", "a.json"),
        ("a.json", "[" * 100_000, "a.json"),
        ("a.json", '{"components": [], "agents": []}', "a.json"),
        ("a.json", '{"components": {"0": []}, "agents": []}', "a.json"),
        ("a.json", '[{"name": "x", "labels": {}, "componentsHash": {}}]', "a.json[0]"),
        ("a.json", '[{"name": "x", "labels": {}}, 3]', "a.json[1]"),
        ("a.yaml", "", "a.yaml"),
        ("a.yaml", "a: 1", "a.yaml:1:1"),
        ("a.yaml", "- 3", "a.yaml:1:3"),
        ("a.yaml", "- {name: x, labels: {}}\n- {labels: {}}", "a.yaml:2:3"),
        ("a.yaml", "- name: x", "a.yaml:1:3"),
        ("a.yaml", "- {name: x, labels: {a: [1]}}", "a.yaml:1:3"),
        ("a.yaml", "- {name: x, labels: {}, claimed: role}", "a.yaml:1:3"),
        ("a.yaml", "- {name: x, labels: {}, components: [otlp]}", "a.yaml:1:3"),
        ("a.yaml", "- {name: x\n", "a.yaml:1:3"),
    ],
)
def test_what_is_no_list_of_agents_is_refused_in_its_place(
    path: str, content: str, place: str
) -> None:
    with pytest.raises(InvalidDocument) as caught:
        population.read(content.encode(), path)
    assert str(caught.value.where) == place


@given(st.binary(max_size=60), st.sampled_from(["a.csv", "a.json", "a.yaml"]))
def test_nothing_else_than_a_refusal_comes_of_any_bytes(
    content: bytes, path: str
) -> None:
    try:
        found = population.read(content, path)
    except InvalidDocument:
        return
    assert all(one.name for one in found)


_labels = st.dictionaries(st.text(min_size=1), st.text(), max_size=3)


@given(st.lists(st.tuples(st.text(min_size=1), _labels), max_size=5))
def test_what_was_saved_as_json_is_read_again(agents: list[tuple[str, Any]]) -> None:
    saved = [{"name": name, "labels": labels} for name, labels in agents]
    found = population.read(json.dumps({"agents": saved}).encode(), "agents.json")
    assert [(one.name, one.labels) for one in found] == agents


FLEET = """\
apiVersion: reconciler/v1
kind: Fleet
metadata: {name: test}
---
apiVersion: reconciler/v1
kind: AgentGroup
metadata: {name: gateways}
spec: {selector: {matchLabels: {role: gateway}}}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: oslo}
spec: {selector: {matchLabels: {site: oslo}}, config: {}}
"""


def test_where_nobody_is_known_there_is_one_agent_for_every_way_to_match(
    fleet_of: MakeFleet,
) -> None:
    agents, complete = population.possible(fleet_of({"fleet.yaml": FLEET}))
    assert complete
    assert [one.name for one in agents] == [
        "no labels",
        "site=oslo",
        "role=gateway",
        "role=gateway,site=oslo",
    ]
    assert all(not one.claimed for one in agents)


def test_two_fleets_are_looked_at_through_the_selectors_of_both(
    fleet_of: MakeFleet,
) -> None:
    other = FLEET.replace("site: oslo", "site: bergen")
    fleets = fleet_of({"fleet.yaml": FLEET}), fleet_of({"fleet.yaml": other})
    agents, _ = population.possible(*fleets)
    assert {"site=oslo", "site=bergen"} < {one.name for one in agents}


def test_too_many_combinations_are_told(fleet_of: MakeFleet) -> None:
    text = FLEET + "".join(
        f"""\
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {{name: c{number}}}
spec: {{selector: {{matchLabels: {{l{number}: x}}}}, config: {{}}}}
"""
        for number in range(12)
    )
    agents, complete = population.possible(fleet_of({"fleet.yaml": text}))
    assert not complete
    assert len(agents) <= population.MOST_COMBINATIONS
