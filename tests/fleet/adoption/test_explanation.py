from typing import Any

from reconciler.fleet.adoption import explanation
from reconciler.fleet.adoption.explanation import Explainer, Explanation
from reconciler.fleet.adoption.labelling import Values
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.trees import node_of

LAYERS: dict[Values, int] = {(): 1, ("a",): 2, ("a", "dev"): 3}
ROLES = ("a", "b", "c")
ENVS = ("dev", "prod")
GRID = tuple(
    {"role": role, "env": env} for role in ROLES for env in ENVS for _ in "123"
)
"""Three hosts of every role in every environment."""


def explain(*values: Any, keys: tuple[str, ...] = ("role", "env")) -> Explanation:
    """The best explanation of a value for every host of the grid; `...` for none."""
    observed = tuple(None if one is ... else node_of(one) for one in values)
    return Explainer(GRID, keys).best(observed)


def settled(found: Explanation) -> dict[tuple[str | None, ...], Any]:
    return {group: plain(node) for group, node in found.settled.items()}


def test_a_value_that_all_have_is_in_the_base() -> None:
    found = explain(*(1 for _ in GRID))
    assert (found.keys, found.exceptions) == ((), 0)
    assert settled(found) == {(): 1}


def test_a_value_that_a_label_decides_is_in_its_layers_and_not_in_the_base() -> None:
    found = explain(*(host["role"] for host in GRID))
    assert found.keys == ("role",)
    assert settled(found) == {("a",): "a", ("b",): "b", ("c",): "c"}


def test_what_most_groups_share_is_in_the_base_and_overridden_by_the_others() -> None:
    found = explain(*(2 if host["role"] == "c" else 1 for host in GRID))
    assert settled(found) == {(): 1, ("c",): 2}


def test_what_a_group_lacks_is_never_in_the_base() -> None:
    found = explain(*(... if host["role"] == "c" else 1 for host in GRID))
    assert settled(found) == {("a",): 1, ("b",): 1}


def test_two_labels_decide_only_where_one_does_not() -> None:
    special = {"role": "a", "env": "prod"}
    found = explain(*(2 if host == special else 1 for host in GRID))
    assert set(found.keys) == {"role", "env"}
    assert found.exceptions == 0
    assert settled(found)[()] == 1
    assert 2 in settled(found).values()


def test_one_odd_host_is_an_exception_of_what_holds_for_all() -> None:
    found = explain(*(2 if number == 7 else 1 for number, _ in enumerate(GRID)))
    assert (found.keys, found.exceptions) == ((), 1)
    assert settled(found) == {(): 1}


def test_one_host_may_lack_what_the_rest_has_but_a_third_of_them_may_not() -> None:
    one = explain(
        *(... if number == 7 else 1 for number, _ in enumerate(GRID)), keys=()
    )
    third = explain(
        *(... if number % 3 else 1 for number, _ in enumerate(GRID)), keys=()
    )
    assert settled(one) == {(): 1}
    assert settled(third) == {}


def test_between_labels_that_explain_alike_the_one_of_the_higher_rank_is_taken() -> (
    None
):
    hosts = [
        {"role": v, "team": v, "env": e} for v in "ab" for e in ENVS for _ in "123"
    ]
    explainer = Explainer(hosts, ("role", "team", "env"))
    by_both = tuple(node_of(host["role"]) for host in hosts)
    by_env = tuple(node_of(host["env"]) for host in hosts)
    assert explainer.best(by_both).keys == ("role",)
    explainer.rank([by_env, by_env, by_both])
    assert explainer.keys == ("env", "role", "team")


def test_inside_a_role_one_environment_may_lie_below_another_if_that_saves_much() -> (
    None
):
    large = {str(number): number for number in range(9)}
    values = [
        {"role": host["role"], "env": host["env"], **large}
        if host["role"] == "a"
        else ...
        for host in GRID
    ]
    found = explain(*values)
    assert settled(found) == {
        ("a",): {"role": "a", "env": "dev", **large},
        ("a", "prod"): {"role": "a", "env": "prod", **large},
    }


def test_the_base_never_speaks_for_one_group_alone() -> None:
    large = {str(number): number for number in range(9)}
    found = explain(*({"role": host["role"], **large} for host in GRID))
    assert () not in settled(found)


def test_hosts_without_a_label_are_a_group_of_their_own() -> None:
    hosts = [{"role": "a"}, {"role": "a"}, {}, {}]
    found = Explainer(hosts, ("role",)).best(tuple(map(node_of, (1, 1, 2, 2))))
    assert settled(found) == {("a",): 1, (None,): 2}


def test_below_a_group_is_what_the_nearest_lower_layer_settled() -> None:
    assert explanation.below(LAYERS, ("a", "dev")) == 2
    assert explanation.below(LAYERS, ("b", "dev")) == 1
    assert explanation.below(LAYERS, ()) is None
