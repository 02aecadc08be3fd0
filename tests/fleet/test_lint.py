import time

from reconciler.fleet import lint, render
from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Severity
from reconciler.fleet.render import Blocked
from tests.fleet.conftest import MakeFleet

FLEET = "apiVersion: reconciler/v1\nkind: Fleet\nmetadata: {name: acme}\n"
COMPLETE = (
    "receivers: {nop: }, exporters: {nop: }, "
    "service: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}"
)


def config(name: str, selector: str, body: str, priority: int = 0) -> str:
    return (
        "---\napiVersion: reconciler/v1\nkind: CollectorConfig\n"
        f"metadata: {{name: {name}}}\nspec:\n  selector: {selector}\n"
        f"  priority: {priority}\n  config: {{{body}}}\n"
    )


def group(name: str, selector: str, priority: int = 0) -> str:
    return (
        "---\napiVersion: reconciler/v1\nkind: AgentGroup\n"
        f"metadata: {{name: {name}}}\nspec:\n  selector: {selector}\n"
        f"  priority: {priority}\n"
    )


def labels(**values: str) -> str:
    pairs = ", ".join(f"{key}: {value}" for key, value in values.items())
    return f"{{matchLabels: {{{pairs}}}}}"


def lines(fleet: Fleet) -> list[str]:
    assert fleet.findings == ()
    return [f"{one.severity} {one.rule} {one.message}" for one in lint.check(fleet)]


def test_a_fleet_without_documents_is_clean(fleet_of: MakeFleet) -> None:
    assert lines(fleet_of({"fleet.yaml": FLEET})) == []


def test_a_base_with_layers_that_fit_is_clean(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("a", labels(role="a"), "exporters: {nop: {v: 1}}", 1)
            + config("b", labels(role="b"), "exporters: {nop: {v: 2}}", 1)
            + group("as", labels(role="a"))
            + group("bs", labels(role="b"))
        }
    )
    assert lines(fleet) == []


def test_a_conflict_is_found_where_one_agent_could_match_both(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("role", labels(role="a"), "exporters: {nop: {v: 1}}", 1)
            + config("env", labels(env="b"), "exporters: {nop: {v: 2}}", 1)
        }
    )
    (line,) = lines(fleet)
    assert line.startswith("error E070 `exporters.nop.v` is set to different values")


def test_configs_of_different_entries_do_not_conflict(fleet_of: MakeFleet) -> None:
    other = config("crd", "{}", "receivers: 1").replace("spec:", "spec:\n  entry: ns/x")
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + other})
    assert lines(fleet) == []


def test_a_tie_of_groups_is_found_unless_a_third_settles_it(
    fleet_of: MakeFleet,
) -> None:
    tied = FLEET + group("roles", labels(role="a")) + group("envs", labels(env="b"))
    (line,) = lines(fleet_of({"fleet.yaml": tied}))
    assert line.startswith("error E072 groups `envs` and `roles` both take the agent")
    settled = tied + group("both", labels(role="a", env="b"), 1)
    assert lines(fleet_of({"fleet.yaml": settled})) == []


def test_a_broken_reference_is_found_for_the_agents_that_would_get_it(
    fleet_of: MakeFleet,
) -> None:
    broken = "service: {pipelines: {traces: {exporters: [debug]}}}"
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", COMPLETE)
            + config("prod", labels(role="a", env="prod"), broken, 1)
        }
    )
    assert lines(fleet) == [
        (
            "error E010 `service.pipelines.traces.exporters` names `debug`, "
            "which is not defined (for agents with env=prod, role=a)"
        )
    ]


def test_a_fault_is_told_once_and_not_for_every_combination(
    fleet_of: MakeFleet,
) -> None:
    broken = COMPLETE.replace("exporters: [nop]", "exporters: [debug]")
    layers = "".join(
        config(f"l{index}", labels(env=f"e{index}"), "extensions: {x: }", 1)
        for index in range(20)
    )
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", broken) + layers})
    assert len(lines(fleet)) == 1


def test_what_only_a_smaller_set_of_documents_breaks_is_a_warning(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", "{}", "receivers: {nop: }, exporters: {nop: }")
            + config(
                "role",
                labels(role="a"),
                "service: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}",
                1,
            )
        }
    )
    assert lines(fleet) == [
        "warning E011 the config has no pipelines (for agents with no labels)"
    ]


def test_a_fleet_that_lints_clean_always_renders(fleet_of: MakeFleet) -> None:
    fleet = fleet_of(
        {
            "fleet.yaml": FLEET
            + config("base", labels(role="a"), COMPLETE)
            + config(
                "some",
                "{matchExpressions: [{key: env, operator: NotIn, values: [x, y]}, "
                "{key: role, operator: In, values: [a]}]}",
                "exporters: {nop: {v: 1}}",
                1,
            )
        }
    )
    assert lint.check(fleet) == ()
    for role in (None, "a", "b"):
        for env in (None, "x", "z"):
            pairs = {"role": role, "env": env}
            agent = {key: value for key, value in pairs.items() if value is not None}
            assert not isinstance(render.render(fleet, agent), Blocked)


def test_more_combinations_than_can_be_looked_at_are_admitted(
    fleet_of: MakeFleet,
) -> None:
    layers = "".join(
        config(
            f"l{key}-{value}", labels(**{f"k{key}": f"v{value}"}), "extensions: {x: }"
        )
        for key in range(6)
        for value in range(6)
    )
    started = time.process_time()
    fleet = fleet_of({"fleet.yaml": FLEET + config("base", "{}", COMPLETE) + layers})
    found = lint.check(fleet)
    assert time.process_time() - started < 5
    assert [(one.rule, one.severity) for one in found] == [("I073", Severity.INFO)]


def test_it_adds_to_what_parsing_found_and_does_not_repeat_it(
    fleet_of: MakeFleet,
) -> None:
    fleet = fleet_of({"fleet.yaml": FLEET + "spec: {x: 1}\n"})
    assert [found.rule for found in fleet.findings] == ["E003"]
    assert lint.check(fleet) == ()
