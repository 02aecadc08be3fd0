from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.fleet import labels
from reconciler.fleet.labels import Operator, Requirement, Selector, parse_selector

KEYS = ("role", "env", "canary")
VALUES = ("a", "b", "c")


def agents() -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(KEYS), st.sampled_from([*VALUES, "d"]))


def requirements() -> st.SearchStrategy[Requirement]:
    some = st.frozensets(st.sampled_from(VALUES), min_size=1)
    key = st.sampled_from(KEYS)
    return st.builds(
        Requirement, key, st.sampled_from([Operator.IN, Operator.NOT_IN]), some
    ) | st.builds(
        Requirement, key, st.sampled_from([Operator.EXISTS, Operator.DOES_NOT_EXIST])
    )


def selectors() -> st.SearchStrategy[Selector]:
    return st.lists(requirements(), max_size=4).map(lambda some: Selector(tuple(some)))


@pytest.mark.parametrize(
    ("operator", "agent", "matches"),
    [
        (Operator.IN, {"env": "prod"}, True),
        (Operator.IN, {"env": "stage"}, False),
        (Operator.IN, {}, False),
        (Operator.NOT_IN, {"env": "prod"}, False),
        (Operator.NOT_IN, {"env": "stage"}, True),
        (Operator.NOT_IN, {}, True),
        (Operator.EXISTS, {"env": ""}, True),
        (Operator.EXISTS, {}, False),
        (Operator.DOES_NOT_EXIST, {"env": ""}, False),
        (Operator.DOES_NOT_EXIST, {}, True),
    ],
)
def test_operators_are_those_of_kubernetes(
    operator: Operator, agent: Mapping[str, str], *, matches: bool
) -> None:
    values = frozenset({"prod"}) if "In" in operator else frozenset[str]()
    assert Requirement("env", operator, values).matches(agent) is matches


@given(agents())
def test_an_empty_selector_matches_everyone(agent: dict[str, str]) -> None:
    assert Selector().matches(agent)


@given(selectors(), selectors(), agents())
def test_requirements_of_two_selectors_joined_are_both(
    one: Selector, other: Selector, agent: dict[str, str]
) -> None:
    joined = Selector(one.requirements + other.requirements)
    assert joined.matches(agent) == (one.matches(agent) and other.matches(agent))


@given(selectors(), agents(), st.text(max_size=3))
def test_labels_a_selector_does_not_consult_change_nothing(
    selector: Selector, agent: dict[str, str], value: str
) -> None:
    assert selector.matches(agent) == selector.matches(agent | {"host.name": value})
    assert "host.name" not in selector.keys


@given(selectors(), selectors(), agents())
def test_a_witness_is_selected_by_all_and_exists_when_anyone_is(
    one: Selector, other: Selector, agent: dict[str, str]
) -> None:
    witness = labels.witness(one, other)
    if witness is not None:
        assert one.matches(witness)
        assert other.matches(witness)
    else:
        assert not (one.matches(agent) and other.matches(agent))


@given(st.lists(selectors(), max_size=3), agents())
def test_combinations_stand_for_every_agent(
    several: list[Selector], agent: dict[str, str]
) -> None:
    def hits(one: Mapping[str, str]) -> list[bool]:
        return [selector.matches(one) for selector in several]

    assert hits(agent) in [hits(one) for one in labels.combinations(several)]


IN, NOT_IN = Operator.IN, Operator.NOT_IN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("  ", ()),
        ("role=gateway", (Requirement("role", IN, frozenset({"gateway"})),)),
        ("role==gateway", (Requirement("role", IN, frozenset({"gateway"})),)),
        ("role = gateway", (Requirement("role", IN, frozenset({"gateway"})),)),
        ("role!=gateway", (Requirement("role", NOT_IN, frozenset({"gateway"})),)),
        ("role=", (Requirement("role", IN, frozenset({""})),)),
        (
            "env in (prod, stage)",
            (Requirement("env", IN, frozenset({"prod", "stage"})),),
        ),
        ("env notin (prod)", (Requirement("env", NOT_IN, frozenset({"prod"})),)),
        ("canary", (Requirement("canary", Operator.EXISTS),)),
        ("!canary", (Requirement("canary", Operator.DOES_NOT_EXIST),)),
        ("in", (Requirement("in", Operator.EXISTS),)),
        (
            "deployment.environment.name=prod",
            (Requirement("deployment.environment.name", IN, frozenset({"prod"})),),
        ),
        (
            "a/b=1.2-3_4:5",
            (Requirement("a/b", IN, frozenset({"1.2-3_4:5"})),),
        ),
    ],
)
def test_selector_text_is_read_as_kubectl_reads_it(
    text: str, expected: tuple[Requirement, ...]
) -> None:
    assert parse_selector(text) == Selector(expected)


def test_commas_join_requirements() -> None:
    selector = parse_selector("role=gateway,env in (prod,stage),!canary , host")
    assert [one.key for one in selector.requirements] == [
        "role",
        "env",
        "canary",
        "host",
    ]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("role=gateway,", ""),
        (",", ","),
        ("=x", "=x"),
        ("a b", "a b"),
        ("a in prod", "a in prod"),
        ("a in ()", "a in ()"),
        ("a in (b", "a in (b"),
        ("a=b=c", "a=b=c"),
        ("ok,!", "!"),
        ("a>1", "a>1"),
    ],
)
def test_what_is_no_selector_is_a_usage_error_that_points_at_the_fault(
    text: str, rest: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_selector(text)
    assert caught.value.message.endswith(f"cannot read `{rest}`")
    assert caught.value.hint
