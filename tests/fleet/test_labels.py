from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.fleet import labels, semver
from reconciler.fleet.labels import Operator, Requirement, Selector, parse_selector

KEYS = ("role", "env", "canary")
VALUES = ("a", "b", "c", "1.2.0")
OTHERS = ("d", "v1.2.0", "0.9.0", "1.2.1-rc.1", "1.3.0", "7.0.0")
RANGES = tuple(map(semver.parse, ("^1.2", ">=1.2.0 <1.3.0", "<1.2.0", ">1.2.0", "~7")))


def agents() -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(KEYS), st.sampled_from([*VALUES, *OTHERS]))


def requirements() -> st.SearchStrategy[Requirement]:
    some = st.frozensets(st.sampled_from(VALUES), min_size=1)
    key = st.sampled_from(KEYS)
    ranges = st.lists(st.sampled_from(RANGES), min_size=1, max_size=2).map(tuple)
    semver_in = st.just(Operator.SEMVER_IN)
    return (
        st.builds(
            Requirement, key, st.sampled_from([Operator.IN, Operator.NOT_IN]), some
        )
        | st.builds(
            Requirement,
            key,
            st.sampled_from([Operator.EXISTS, Operator.DOES_NOT_EXIST]),
        )
        | st.builds(Requirement, key, semver_in, ranges=ranges)
    )


def selectors() -> st.SearchStrategy[Selector]:
    return st.lists(requirements(), max_size=4).map(lambda some: Selector(tuple(some)))


@pytest.mark.parametrize(
    ("version", "matches"),
    [
        ("0.149.0", True),
        ("v0.149.0", True),
        ("0.150.0-rc.1", False),
        ("2.7.1", True),
        ("0.148.0", False),
        ("0.149", False),
        ("latest", False),
        ("", False),
        (None, False),
    ],
)
def test_a_version_matches_when_one_of_the_ranges_holds_it(
    version: str | None, *, matches: bool
) -> None:
    ranges = (semver.parse("~0.149"), semver.parse("^2"))
    requirement = Requirement("v", Operator.SEMVER_IN, ranges=ranges)
    assert requirement.holds(version) is matches
    assert requirement.matches({} if version is None else {"v": version}) is matches


@given(selectors(), agents(), st.frozensets(st.sampled_from(KEYS)))
def test_what_an_agent_claims_counts_for_nothing_where_trust_is_asked(
    selector: Selector, agent: dict[str, str], trusted: frozenset[str]
) -> None:
    asks = Selector(selector.requirements, trusted)
    vouched = {key: value for key, value in agent.items() if key not in trusted}
    assert asks.matches(agent) == selector.matches(agent)
    assert asks.matches(agent, frozenset(agent)) == selector.matches(vouched)


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


def of_teams(count: int) -> list[Selector]:
    return [
        *(
            Selector((Requirement("team", Operator.IN, frozenset((f"t{n}",))),))
            for n in range(count)
        ),
        *(
            Selector((Requirement("role", Operator.IN, frozenset((f"r{n}",))),))
            for n in range(4)
        ),
        Selector((Requirement("canary", Operator.NOT_IN, frozenset(("true",))),)),
    ]


def test_a_cover_has_every_value_and_as_many_rows_as_asked_for() -> None:
    choices = labels.Choices(of_teams(30))
    cover = list(choices.covering(64))
    assert choices.combinations == 32 * 6 * 3
    assert len(cover) == 64
    assert {one["team"] for one in cover} == {f"t{n}" for n in range(30)}
    assert {one["role"] for one in cover} == {f"r{n}" for n in range(4)}


def test_a_cover_grows_with_the_values_of_one_key() -> None:
    cover = list(labels.Choices(of_teams(30)).covering(5))
    assert len(cover) == 30
    assert len({one["team"] for one in cover}) == 30


def test_values_of_two_keys_meet_in_many_ways_in_a_cover() -> None:
    cover = list(labels.Choices(of_teams(30)).covering(240))
    assert len({(one["team"], one["role"]) for one in cover}) > 90


def test_a_cover_leaves_out_what_meets_less_than_another_value_does() -> None:
    cover = list(labels.Choices(of_teams(3)).covering(20))
    assert all({"team", "role"} <= one.keys() for one in cover)
    assert {one.get("canary") for one in cover} == {None}


@given(several=st.lists(selectors(), max_size=4))
def test_a_cover_is_always_the_same_and_selects_whoever_can_be_selected(
    several: list[Selector],
) -> None:
    cover = list(labels.Choices(several).covering(40))
    assert cover == list(labels.Choices(several).covering(40))
    for selector in several:
        if len(selector.keys) == 1 and labels.witness(selector) is not None:
            assert any(selector.matches(one) for one in cover)
