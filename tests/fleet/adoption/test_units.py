from typing import Any

from reconciler.fleet.adoption import units
from reconciler.fleet.adoption.explanation import Explainer
from reconciler.fleet.adoption.units import Placed
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.trees import node_of, table_of

HOSTS = tuple(
    {"role": role, "env": env} for role in "abc" for env in "de" for _ in "123"
)


def explained(*configs: dict[str, Any]) -> dict[tuple[str, ...], Placed]:
    places = units.observe([table_of(one) for one in configs])
    placed = units.explain(places, Explainer(HOSTS, ("role", "env")))
    return {one.path: one for one in placed}


def test_configs_are_laid_side_by_side_in_components_and_pipelines() -> None:
    one = table_of(
        {
            "receivers": {"otlp": {"a": 1}},
            "service": {
                "extensions": ["x"],
                "pipelines": {"traces": {"receivers": ["otlp"]}},
                "telemetry": {"logs": {"level": "info"}},
            },
        }
    )
    other = table_of({"receivers": {"nop": None}, "service": {"extensions": []}})
    found = units.observe([one, other])
    assert list(found) == [
        ("receivers", "otlp"),
        ("receivers", "nop"),
        ("service", "extensions"),
        ("service", "pipelines", "traces"),
        ("service", "telemetry", "logs"),
    ]
    values = [value and plain(value) for value in found["receivers", "otlp"]]
    assert values == [{"a": 1}, None]


def test_a_section_that_is_empty_somewhere_is_a_part_of_its_own_there() -> None:
    found = units.observe(
        [table_of({"processors": None}), table_of({"processors": {"batch": {}}})]
    )
    assert [one and plain(one) is None for one in found["processors",]] == [True, None]
    assert list(found) == [("processors",), ("processors", "batch")]


def test_a_part_of_which_two_settings_depend_on_two_labels_is_taken_apart() -> None:
    found = explained(
        *(
            {"exporters": {"otlp": {**_SAME, "x": host["role"], "y": host["env"]}}}
            for host in HOSTS
        )
    )
    by = {path[2:]: one.explanation.keys for path, one in found.items()}
    assert by[("x",)] == ("role",)
    assert by[("y",)] == ("env",)
    assert by[("p",)] == ()


def test_parts_that_share_only_a_little_are_kept_whole() -> None:
    found = explained(
        *(
            {"exporters": {"otlp": {"p": 1, **{k: host["role"] + k for k in "uvwxyz"}}}}
            for host in HOSTS
        )
    )
    assert list(found) == [("exporters", "otlp")]
    assert found["exporters", "otlp"].explanation.keys == ("role",)


def test_what_most_have_alike_is_shared_though_one_is_odd() -> None:
    values = [node_of({**_SAME, "x": n}) for n in range(9)]
    odd = node_of({"p": 9, "q": 9, "r": 9})
    assert units.is_shared((*values, odd, None))
    assert not units.is_shared((*values[:1], odd))
    assert not units.is_shared((*values, node_of("text")))


_SAME = {"p": 1, "q": 2, "r": [3], "s": {"t": 4}}
