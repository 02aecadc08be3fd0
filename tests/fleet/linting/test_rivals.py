from reconciler.fleet.linting import rivals
from tests.fleet.conftest import MakeFleet
from tests.fleet.linting.test_lint import (
    COMPLETE,
    FLEET,
    config,
    group,
    labels,
    sampling,
)


def test_groups_that_share_no_agent_or_no_priority_do_not_tie(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + group("a", labels(role="a"))
            + group("b", labels(role="b"))
            + group("c", labels(env="c"), 1)
        }
    )
    assert list(rivals.groups(fleet)) == []


def test_groups_that_one_agent_may_match_tie(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + group("a", labels(role="a"))
            + group("b", labels(env="b"))
        }
    )
    (tie,) = rivals.groups(fleet)
    assert tie.rule == "E072"


def test_configs_that_set_one_value_differently_are_found_with_both_places(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("a", labels(role="a"), sampling(1))
            + config("b", labels(env="b"), sampling(2))
            + config("c", labels(env="c"), sampling(1))
        }
    )
    (conflict,) = rivals.configs(fleet)
    assert (conflict.rule, conflict.where.line) == ("E070", 19)


def test_configs_that_agree_or_never_meet_are_not(fleet_of: MakeFleet) -> None:
    other = config("e", "{}", sampling(9)).replace("spec:", "spec:\n  entry: ns/x")
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("a", labels(role="a"), sampling(1))
            + config("b", labels(env="b"), sampling(1))
            + config("c", labels(role="c", env="c"), sampling(2))
            + config("d", "{}", sampling(3), 1)
            + other
        }
    )
    assert list(rivals.configs(fleet)) == []


def test_a_list_with_a_rule_is_no_conflict(fleet_of: MakeFleet) -> None:
    base = config("base", "{}", COMPLETE, -1)
    added = "".join(
        config(
            name,
            "{}",
            f"processors: {{batch/{name}: }}, "
            f"service: {{pipelines: {{traces: {{processors: [batch/{name}]}}}}}}",
        ).replace(
            "  priority",
            "  lists: [{path: /service/pipelines/*/processors, merge: append}]\n"
            "  priority",
        )
        for name in "ab"
    )
    fleet = fleet_of({"fleet.yaml": FLEET + base + added})
    assert fleet.findings == ()
    assert list(rivals.configs(fleet)) == []
