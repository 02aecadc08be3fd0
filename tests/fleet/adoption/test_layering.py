from typing import Any

import pytest

from reconciler.fleet.adoption import labelling, layering, units
from reconciler.fleet.adoption.explanation import Explainer
from reconciler.fleet.adoption.layering import Inputs, Layer
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.trees import table_of

ROLES = ("gateway", "node")
ENVS = ("dev", "prod", "stage")
HOSTS = [
    {"host.name": f"{role}-{env}-{number}", "role": role, "env": env}
    for role in ROLES
    for env in ENVS
    for number in range(4)
]


def lay(*configs: dict[str, Any], needed: frozenset[str] = frozenset()) -> list[Layer]:
    trees = [table_of(config) for config in configs]
    explainer = Explainer(HOSTS, labelling.telling(HOSTS))
    placed = units.explain(units.observe(trees), explainer)
    inputs = Inputs(trees, HOSTS, labelling.identities(HOSTS))
    return list(layering.lay(inputs, placed, needed))


def config(host: dict[str, str]) -> dict[str, Any]:
    """By role a receiver; in production a longer time-out."""
    return {
        "receivers": {host["role"]: {"a": 1}},
        "processors": {
            "batch": {"timeout": "9s" if host["env"] == "prod" else "1s", "size": 7}
        },
    }


def picks(layer: Layer, labels: dict[str, str]) -> bool:
    return any(one.matches(labels) for one in layer.selectors)


def named(layers: list[Layer]) -> dict[tuple[str | None, ...], Any]:
    return {layer.values: plain(layer.change.tree) for layer in layers}


def test_base_labels_and_exceptions_lie_over_each_other_in_this_order() -> None:
    configs = [config(host) for host in HOSTS]
    configs[5]["processors"]["batch"]["size"] = 8
    layers = lay(*configs)
    assert [layer.priority for layer in layers] == [0, 10, 10, 20, 90]
    assert [layer.keys for layer in layers] == [(), ("role",), ("role",), ("env",), ()]
    assert [layer.is_exception for layer in layers] == [False] * 4 + [True]
    assert plain(layers[-1].change.tree) == {"processors": {"batch": {"size": 8}}}
    assert layers[-1].members == (5,)


def test_a_layer_says_only_what_differs_from_the_base() -> None:
    found = named(lay(*map(config, HOSTS)))
    assert found == {
        (): {"processors": {"batch": {"timeout": "1s", "size": 7}}},
        ("gateway",): {"receivers": {"gateway": {"a": 1}}},
        ("node",): {"receivers": {"node": {"a": 1}}},
        ("prod",): {"processors": {"batch": {"timeout": "9s"}}},
    }


def test_an_agent_without_a_needed_label_gets_no_part_at_all() -> None:
    layers = lay(*map(config, HOSTS))
    for labels in ({}, {"env": "prod"}, {"role": "other", "env": "prod"}):
        assert not any(picks(layer, labels) for layer in layers)
    # Layers of the environment only change what the base has.
    new = {"role": "node", "env": "new"}
    assert [layer.values for layer in layers if picks(layer, new)] == [
        (),
        ("node",),
    ]


def test_labels_of_variables_are_needed_as_well() -> None:
    layers = lay(*map(config, HOSTS), needed=frozenset({"env"}))
    new = {"role": "node", "env": "new"}
    assert not any(picks(layer, new) for layer in layers)


def test_hosts_with_the_same_exception_share_it() -> None:
    configs = [config(host) for host in HOSTS]
    for number in (2, 13, 22):
        configs[number]["extensions"] = {"zpages": {}}
    last = lay(*configs)[-1]
    assert last.members == (2, 13, 22)
    assert [n for n, host in enumerate(HOSTS) if picks(last, host)] == [
        2,
        13,
        22,
    ]


def test_a_host_that_is_all_different_is_written_anew_and_not_patched() -> None:
    configs = [config(host) for host in HOSTS]
    configs[0] = {"exporters": {"other": {"x": 1}}}
    last = lay(*configs)[-1]
    assert last.change.remove == (("processors",), ("receivers",))
    assert plain(last.change.tree) == configs[0]


def test_a_part_that_two_labels_decide_has_layers_of_both() -> None:
    configs = [config(host) for host in HOSTS]
    for number, host in enumerate(HOSTS):
        pair = f"{host['role']}/{host['env']}"
        configs[number]["exporters"] = {"otlp": {"a": [pair], "b": pair, "c": pair}}
    pairs = [layer for layer in lay(*configs) if len(layer.keys) == 2]
    assert len(pairs) == len(ROLES) * len(ENVS)
    assert {layer.keys for layer in pairs} == {("role", "env")}
    assert {layer.priority for layer in pairs} == {30}


@pytest.mark.parametrize("values", [3, 30])
def test_selectors_name_the_values_of_a_label_while_they_are_few(values: int) -> None:
    hosts = [{"host.name": str(n), "role": f"r{n % values}"} for n in range(values * 2)]
    trees = [table_of({"receivers": {host["role"]: {}, "all": {}}}) for host in hosts]
    explainer = Explainer(hosts, ("role",))
    placed = units.explain(units.observe(trees), explainer)
    inputs = Inputs(trees, hosts, labelling.identities(hosts))
    base, *_ = layering.lay(inputs, placed, frozenset())
    assert picks(base, {"role": "other"}) is (values == 30)
    assert not picks(base, {})
