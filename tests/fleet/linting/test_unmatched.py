from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Reach
from reconciler.fleet.linting import audience, unmatched
from reconciler.fleet.memory import Memory
from reconciler.fleet.population import KnownAgent, Population
from tests.fleet.conftest import MakeFleet
from tests.fleet.linting.test_lint import (
    COMPLETE,
    FLEET,
    config,
    document,
    group,
    labels,
    sampling,
)

NOBODY = "{matchLabels: {a: x}, matchExpressions: [{key: a, operator: DoesNotExist}]}"
SIZES = "  values: {memory: 4}\n"


def told(fleet: Fleet, population: Population = ()) -> list[str]:
    known = audience.gather(fleet, population)
    found = list(unmatched.check(fleet, known, population, memory=Memory()))
    assert {one.rule for one in found} <= {unmatched.UNMATCHED}
    return [f"{one.where.line} {one.message}" for one in found]


def agents(*roles: str) -> Population:
    return tuple(KnownAgent(f"gw-{role}", {"role": role}) for role in roles)


def test_a_selector_that_contradicts_itself_needs_no_agents_to_be_told(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", NOBODY, COMPLETE)
            + group("nobody", NOBODY)
            + document("Variables", "sizes", NOBODY, "  values: {}\n")
        }
    )
    assert [line.partition(" ")[2] for line in told(fleet)] == [
        "the selector of CollectorConfig `base` contradicts itself",
        "the selector of Variables `sizes` contradicts itself",
        "the selector of AgentGroup `nobody` contradicts itself",
    ]


def test_without_agents_nobody_can_say_that_a_document_matches_none(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of({"fleet.yaml": FLEET + config("a", labels(role="a"), COMPLETE)})
    assert told(fleet) == []


def test_a_document_that_no_known_agent_matches_is_told_at_its_place(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("layer", labels(role="c"), sampling(1), 1)
            + group("cs", labels(role="c"))
            + group("as", labels(role="a"))
        }
    )
    assert told(fleet, agents("a", "b")) == [
        "13 CollectorConfig `layer` matches none of the 2 known agents",
        "21 AgentGroup `cs` matches none of the 2 known agents",
    ]
    assert told(fleet, agents("a"))[0].endswith("none of the one known agent")


def test_agents_that_no_config_is_for_are_named_and_counted(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("layer", labels(role="a"), COMPLETE)
            + group("bs", labels(role="b"))
        }
    )
    population = agents("a", "b", "c", "d", "e")
    known = audience.gather(fleet, population)
    (found,) = unmatched.check(fleet, known, population, memory=Memory())
    assert found.message == (
        "no config is for 4 of the 5 known agents: `gw-b`, `gw-c`, `gw-d` and 1 more"
    )
    assert found.reach == Reach(("bs", "default"), 4)


def test_agents_are_not_called_left_out_while_a_document_is_broken(
    fleet_of: MakeFleet,
) -> None:
    broken = config("layer", labels(role="a"), COMPLETE).replace("  config", "  konfig")
    fleet = fleet_of({"fleet.yaml": FLEET + broken})
    assert fleet.broken
    assert told(fleet, agents("a")) == []


def test_a_variable_that_no_config_uses_is_told(fleet_of: MakeFleet) -> None:
    unused = document("Variables", "sizes", "{}", SIZES)
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + unused})
    assert told(fleet) == ["18 no config uses the variable `memory`"]


def test_a_variable_that_is_used_is_not(fleet_of: MakeFleet) -> None:
    used = COMPLETE.replace("debug: }", "debug: {sampling_initial: {$var: memory}}}")
    values = document("Variables", "sizes", "{}", SIZES)
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", used) + values})
    assert fleet.findings == ()
    assert told(fleet) == []
