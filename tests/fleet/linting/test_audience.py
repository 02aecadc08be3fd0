from reconciler.fleet.documents import Fleet
from reconciler.fleet.linting import audience
from reconciler.fleet.linting.audience import Audience, Case
from reconciler.fleet.population import KnownAgent, Population
from reconciler.fleet.rules.exposure import Surroundings
from tests.fleet.conftest import MakeFleet
from tests.fleet.linting.test_lint import (
    COMPLETE,
    FLEET,
    config,
    group,
    labels,
    many,
    sampling,
)


def gathered(fleet: Fleet, population: Population = ()) -> Audience:
    assert not fleet.fatal
    return audience.gather(fleet, population)


def shown(cases: tuple[Case, ...]) -> list[tuple[int, dict[str, str], bool]]:
    return [(one.selected, dict(one.labels), one.is_part) for one in cases]


def two_layers(fleet_of: MakeFleet, more: str = "") -> Fleet:
    return fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("role", labels(role="a"), sampling(1), 1)
            + more
        }
    )


def test_agents_that_get_the_same_documents_are_one_case_with_the_smallest_example(
    fleet_of: MakeFleet,
) -> None:
    found = gathered(two_layers(fleet_of))
    assert shown(found.cases) == [(0b11, {"role": "a"}, False), (0b01, {}, True)]
    assert found.is_whole


def test_variables_and_distributions_tell_agents_apart_too(
    fleet_of: MakeFleet,
) -> None:
    values = (
        "---\napiVersion: reconciler/v1\nkind: Variables\nmetadata: {name: v}\n"
        "spec: {selector: {matchLabels: {size: big}}, values: {memory: 4}}\n"
    )
    found = gathered(two_layers(fleet_of, values))
    assert {one.selected for one in found.cases} == {0b001, 0b011, 0b101, 0b111}


def test_groups_alone_make_no_cases_and_are_those_that_agents_may_be_in(
    fleet_of: MakeFleet,
) -> None:
    groups = (
        group("as", labels(role="a"))
        + group("prod", labels(env="prod"), 1)
        + group("never", "{matchExpressions: [{key: env, operator: Exists}, "
        "{key: env, operator: DoesNotExist}]}", 9)
    )  # fmt: skip
    found = gathered(two_layers(fleet_of, groups))
    assert [one.groups for one in found.cases] == [
        {"prod", "as"},
        {"prod", "default"},
    ]


def test_known_agents_join_the_case_of_their_documents(fleet_of: MakeFleet) -> None:
    known = (
        KnownAgent("one", {"role": "a", "env": "x"}),
        KnownAgent("two", {"role": "b"}),
        KnownAgent("three", {}),
    )
    largest, smallest = gathered(two_layers(fleet_of), known).cases
    assert (largest.agents, smallest.agents) == (["one"], ["two", "three"])
    assert largest.labels == {"role": "a"}
    assert not smallest.is_part


def test_a_claimed_label_does_not_count_where_it_must_be_trusted(
    fleet_of: MakeFleet,
) -> None:
    trusted = "{matchLabels: {role: a}, trusted: [role]}"
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("role", trusted, sampling(1), 1)
        }
    )
    liar = KnownAgent("liar", {"role": "a"}, claimed=frozenset({"role"}))
    _, smallest = gathered(fleet, (liar,)).cases
    assert smallest.agents == ["liar"]


def test_what_rules_take_from_labels_makes_a_case_of_its_own(
    fleet_of: MakeFleet,
) -> None:
    known = (KnownAgent("pod", {"k8s.pod.name": "x"}), KnownAgent("host", {}))
    _, *smaller = gathered(two_layers(fleet_of), known).cases
    assert {one.agents[0]: one.around for one in smaller} == {
        "pod": Surroundings(container=True),
        "host": Surroundings(),
    }


def test_what_agents_say_they_have_makes_a_case_of_its_own(
    fleet_of: MakeFleet,
) -> None:
    own = {"receivers": frozenset({"nop"})}
    known = (KnownAgent("one", {}, components=own), KnownAgent("two", {}))
    _, *smaller = gathered(two_layers(fleet_of), known).cases
    assert {one.agents[0]: bool(one.components) for one in smaller} == {
        "one": True,
        "two": False,
    }


def test_nobody_is_supposed_where_agents_with_the_documents_are_known(
    fleet_of: MakeFleet,
) -> None:
    known = (KnownAgent("pod", {"k8s.pod.name": "x"}),)
    found = gathered(two_layers(fleet_of), known)
    assert [(one.selected, one.agents) for one in found.cases] == [
        (0b11, []),
        (0b01, ["pod"]),
    ]


def test_documents_that_some_known_agent_matches_are_noted(
    fleet_of: MakeFleet,
) -> None:
    fleet = two_layers(fleet_of, group("as", labels(role="a")))
    found = gathered(fleet, (KnownAgent("one", {"role": "b"}),))
    assert [one.name for one in found.documents] == ["base", "role", "as"]
    assert found.matched == 0b001


def test_no_more_than_so_many_combinations_are_looked_at(fleet_of: MakeFleet) -> None:
    layers = many([sampling(1)] * 6)
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + layers})
    found = gathered(fleet)
    assert not found.is_whole
    assert len(found.cases) <= audience.MOST_LABEL_SETS
