from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.adoption import guards
from reconciler.fleet.adoption.guards import Guards

HOSTS = [
    {"role": "gateway", "env": "dev"},
    {"role": "gateway", "env": "prod"},
    {"role": "node", "env": "dev"},
    {"role": "node", "env": "prod"},
    {"role": "edge", "env": "prod"},
]
"""An edge was never seen in development."""


def picked(made: Guards, *group: tuple[str, str]) -> set[tuple[str, str]]:
    """Role and environment of the agents that a layer of a group picks."""
    keys, values = tuple(k for k, _ in group), tuple(v for _, v in group)
    selectors = made.selectors(keys, values)
    agents = [
        {"role": role, "env": env}
        for role in ("gateway", "node", "edge", "new")
        for env in ("dev", "prod", "new")
    ]
    for agent in agents:
        assert sum(one.matches(agent) for one in selectors) <= 1
    return {
        (agent["role"], agent["env"])
        for agent in agents
        if any(one.matches(agent) for one in selectors)
    }


def test_only_combinations_that_some_host_has_are_let_in() -> None:
    made = Guards(HOSTS, {"role", "env"})
    every = {(host["role"], host["env"]) for host in HOSTS}
    assert picked(made) == every
    assert picked(made, ("role", "edge")) == {("edge", "prod")}
    assert picked(made, ("env", "dev")) == {("gateway", "dev"), ("node", "dev")}
    assert len(made.selectors((), ())) == 2
    assert len(made.selectors(("role",), ("edge",))) == 1


def test_a_label_that_nobody_needs_is_not_asked_for() -> None:
    made = Guards(HOSTS, {"role"})
    assert picked(made, ("role", "edge")) == {
        ("edge", "dev"),
        ("edge", "prod"),
        ("edge", "new"),
    }
    assert made.keys == {"role"}


def test_a_label_that_some_host_lacks_is_asked_of_nobody() -> None:
    made = Guards([*HOSTS, {"role": "node"}], {"role", "env"})
    assert made.keys == {"role"}


def test_of_many_values_it_is_only_asked_that_there_is_one() -> None:
    made = Guards([{"site": str(number)} for number in range(30)], {"site"})
    (selector,) = made.selectors((), ())
    assert selector.matches({"site": "new"})
    assert not selector.matches({})


def test_of_too_many_combinations_all_are_let_in() -> None:
    hosts = [{"role": str(n), "env": str(n)} for n in range(9)]
    (selector,) = Guards(hosts, {"role", "env"}).selectors((), ())
    assert selector.matches({"role": "1", "env": "2"})
    assert not selector.matches({"role": "1", "env": "9"})


@given(st.sets(st.tuples(*[st.sampled_from("abc")] * 3)))
def test_products_hold_each_combination_once_and_no_other(
    seen: set[tuple[str | None, ...]],
) -> None:
    found = [
        (x, y, z)
        for one, two, three in guards.products(seen)
        for x in one
        for y in two
        for z in three
    ]
    assert set(found) == seen
    assert len(found) == len(seen)
