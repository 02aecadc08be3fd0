"""Whom a fault concerns: exactly those who depend on the document that holds it."""

from collections.abc import Mapping

import pytest

from reconciler.fleet import findings
from reconciler.fleet.documents import Fleet, Kind
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked, RenderedConfig
from reconciler.state.desired import Resolver
from tests.fleet.conftest import MakeFleet
from tests.fleet.reading.test_parse import COLLECTOR, FLEET

EAST: Mapping[str, str] = {"side": "east", "host.name": "e1"}
WEST: Mapping[str, str] = {"side": "west", "host.name": "w1"}


def document(kind: str, name: str, spec: str) -> str:
    head = f"apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {spec}\n"


def for_side(side: str, more: str) -> str:
    return f"{{selector: {{matchLabels: {{side: {side}}}}}, {more}}}"


BASE = {
    "fleet.yaml": FLEET,
    "all.collector.yaml": COLLECTOR,
    "base.yaml": document(
        "CollectorConfig", "base", "{selector: {}, files: [all.collector.yaml]}"
    ),
    "east.yaml": document("AgentGroup", "east", for_side("east", "priority: 1")),
    "west.yaml": document("AgentGroup", "west", for_side("west", "priority: 1")),
}
LEVEL = "config: {service: {telemetry: {logs: {level: {$var: level}}}}}"
USES_VARIABLE = {
    "level.yaml": document("CollectorConfig", "level", for_side("west", LEVEL)),
    "any.yaml": document("Variables", "any", "{selector: {}, values: {level: info}}"),
}


def held(fleet: Fleet) -> set[str]:
    """Who keeps what they have."""
    resolver = Resolver(fleet)
    agents = {"east": EAST, "west": WEST}
    return {
        name
        for name, labels in agents.items()
        if isinstance(resolver.resolve(labels).desired, Blocked)
    }


BROKEN: dict[str, tuple[dict[str, str], str]] = {
    "a fragment file that is no YAML": (
        {
            "w.yaml": document(
                "CollectorConfig", "w", for_side("west", "files: [x.yaml]")
            ),
            "x.yaml": "receivers: [\n",
        },
        "E001",
    ),
    "a fragment file with a key given twice": (
        {
            "w.yaml": document(
                "CollectorConfig", "w", for_side("west", "files: [x.yaml]")
            ),
            "x.yaml": "receivers: {}\nreceivers: {}\n",
        },
        "E002",
    ),
    "a fragment file that is missing": (
        {
            "w.yaml": document(
                "CollectorConfig", "w", for_side("west", "files: [x.yaml]")
            )
        },
        "E007",
    ),
    "an unknown field": (
        {"w.yaml": document("CollectorConfig", "w", for_side("west", "cnfig: {}"))},
        "E003",
    ),
    "a name taken twice": (
        {
            "w.yaml": document("CollectorConfig", "w", for_side("west", "config: {}")),
            "x.yaml": document("CollectorConfig", "w", for_side("west", "config: {}")),
        },
        "E005",
    ),
    "a selector of which one part is sound": (
        {
            "w.yaml": document(
                "CollectorConfig",
                "w",
                "{selector: {matchLabels: {side: west, canary: true}}, config: {}}",
            )
        },
        "E006",
    ),
    "a document without a name": (
        {
            "w.yaml": "apiVersion: reconciler/v1\nkind: CollectorConfig\nspec: "
            + for_side("west", "config: {}")
        },
        "E004",
    ),
    "a group with a wrong value": (
        {"west.yaml": document("AgentGroup", "west", for_side("west", "soak: long"))},
        "E004",
    ),
    "variables with a wrong name": (
        {
            **USES_VARIABLE,
            "v.yaml": document("Variables", "v", for_side("west", "values: {1a: x}")),
            "w.yaml": document("Variables", "w", for_side("west", "vals: {}")),
        },
        "E004",
    ),
    "an entry of an inventory": (
        {
            "i.yaml": document(
                "Inventory",
                "i",
                "{entries: [{match: {attributes: {side: west}}, labels: {a: 1}}, "
                "{match: {attributes: {side: east}}, labels: {a: x}}]}",
            )
        },
        "E004",
    ),
    "two entries of inventories that disagree": (
        {
            "i.yaml": document(
                "Inventory",
                "i",
                "{entries: [{match: {attributes: {side: west}}, labels: {a: x}}, "
                "{match: {attributes: {host.name: w1}}, labels: {a: y}}]}",
            )
        },
        "",
    ),
    "an inventory that shares its name": (
        {
            f"{name}.yaml": document(
                "Inventory",
                "i",
                "{entries: [{match: {attributes: {side: west}}, labels: {a: x}}]}",
            )
            for name in ("i", "j")
        },
        "E005",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_document_holds_those_who_depend_on_it(
    fleet_of: MakeFleet, case: str
) -> None:
    files, rule = BROKEN[case]
    fleet = fleet_of(BASE | files)
    assert fleet.fatal == ()
    assert held(fleet) == {"west"}
    if rule:
        assert rule in {one.rule for one in findings.errors(fleet.findings)}


@pytest.mark.parametrize(
    "files",
    [
        {"t.yaml": document("ConfigTest", "t", "{labels: {}, expect: {x: 1}}")},
        {"t.yaml": document("ConfigTest", "t", "{labels: {a: 1}}")},
        {"d.yaml": document("Distribution", "d", "{selector: {}, components: gone}")},
        {"d.yaml": document("Distribution", "d", "{components: gone}")},
        {"d.yaml": document("Distribution", "d", "{selector: {}, x: 1}")},
        {"w.yaml": document("CollectorConfig", "w", for_side("north", "x: 1"))},
    ],
)
def test_what_no_agent_depends_on_holds_nobody_and_is_an_error_all_the_same(
    fleet_of: MakeFleet, files: dict[str, str]
) -> None:
    fleet = fleet_of(BASE | files)
    assert findings.errors(fleet.findings)
    assert fleet.fatal == ()
    assert held(fleet) == set()
    assert fleet.tests == ()
    assert fleet.distributions == ()


@pytest.mark.parametrize(
    "files",
    [
        {"w.yaml": document("CollectorConfig", "w", "{config: {}}")},
        {"w.yaml": document("AgentGroup", "w", "{selector: {matchlabels: {}}}")},
        {"w.yaml": document("Variables", "w", "{selector: all, values: {}}")},
        {"i.yaml": document("Inventory", "i", "{entries: [{match: {}, labels: {}}]}")},
        {"i.yaml": document("Inventory", "i", "{}")},
        {"w.yaml": document("CollectorConfg", "w", "{selector: {}, config: {}}")},
        {"w.yaml": document("AgentGroup", "w", "{selector: {}") + "["},
        {"w.yaml": document("Fleet", "second", "{}")},
        {"fleet.yaml": FLEET + "spec: {x: 1}\n"},
    ],
)
def test_a_fault_that_may_concern_anybody_is_fatal(
    fleet_of: MakeFleet, files: dict[str, str]
) -> None:
    fleet = fleet_of(BASE | files)
    assert findings.errors(fleet.fatal)
    assert set(fleet.fatal) <= set(fleet.findings)


@pytest.mark.parametrize(
    ("values", "who"),
    [
        ("{other: 1, 1a: x}", set()),
        ("{level: warn, 1a: x}", {"west"}),
        ("[]", {"west"}),
    ],
)
def test_broken_variables_hold_those_who_use_one_of_them(
    fleet_of: MakeFleet, values: str, who: set[str]
) -> None:
    broken = document("Variables", "v", f"{{selector: {{}}, values: {values}}}")
    fleet = fleet_of(BASE | USES_VARIABLE | {"v.yaml": broken})
    assert held(fleet) == who


def test_a_broken_document_is_told_with_whom_it_selects(fleet_of: MakeFleet) -> None:
    files, _ = BROKEN["an unknown field"]
    (broken,) = fleet_of(BASE | files).broken
    assert (broken.kind, broken.name) == (Kind.COLLECTOR_CONFIG, "w")
    assert str(broken.where) == "w.yaml:1:1"
    assert broken.selector.matches(WEST)
    assert [one.rule for one in broken.why] == ["E004", "E003"]


def test_no_two_documents_of_one_name_are_used(fleet_of: MakeFleet) -> None:
    files, _ = BROKEN["a name taken twice"]
    assert set(fleet_of(BASE | files).configs) == {"base"}


SCOPED = {
    "fleet.yaml": FLEET
    + "spec: {scopes: [{folder: teams/west, paths: [/processors/redaction]}]}\n"
}


def test_a_document_outside_its_scope_holds_those_it_selects(
    fleet_of: MakeFleet,
) -> None:
    good = for_side("west", "config: {processors: {redaction: {}}}")
    bad = for_side("west", "config: {exporters: {nop: {}}}")
    path = "teams/west/w.yaml"
    fleet = fleet_of(BASE | SCOPED | {path: document("CollectorConfig", "w", good)})
    assert not findings.errors(fleet.findings)
    fleet = fleet_of(BASE | SCOPED | {path: document("CollectorConfig", "w", bad)})
    assert {one.rule for one in findings.errors(fleet.findings)} == {"E075"}
    assert held(fleet) == {"west"}
    elsewhere = {"teams/east/w.yaml": document("CollectorConfig", "w", bad)}
    assert not findings.errors(fleet_of(BASE | SCOPED | elsewhere).findings)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("AgentGroup", for_side("west", "priority: 5")),
        ("Variables", for_side("west", "values: {level: warn}")),
        (
            "Inventory",
            "{entries: [{match: {attributes: {side: west}}, labels: {a: x}}]}",
        ),
    ],
)
def test_a_folder_with_a_rule_holds_no_kind_that_reaches_beyond_paths(
    fleet_of: MakeFleet, kind: str, spec: str
) -> None:
    files = {"teams/west/x.yaml": document(kind, "x", spec)}
    fleet = fleet_of(BASE | USES_VARIABLE | SCOPED | files)
    (found,) = findings.errors(fleet.findings)
    assert found.rule == "E075"
    assert found.message.startswith(f"files of `teams/west` may hold no {kind}")
    assert held(fleet) == {"west"}


def test_a_folder_with_a_rule_may_hold_tests(fleet_of: MakeFleet) -> None:
    spec = "{labels: {}, expect: {documents: [base]}}"
    files = {"teams/west/t.yaml": document("ConfigTest", "t", spec)}
    fleet = fleet_of(BASE | SCOPED | files)
    assert not findings.errors(fleet.findings)
    assert [one.name for one in fleet.tests] == ["t"]


def test_a_fault_that_a_comment_silences_holds_nobody(fleet_of: MakeFleet) -> None:
    ignored = "# reconciler: ignore E003 until 2099-01-01: of a later Collector"
    fragment = f"{COLLECTOR}futures: {{}} {ignored}\n"
    fleet = fleet_of(BASE | {"all.collector.yaml": fragment})
    assert not findings.errors(fleet.findings)
    assert isinstance(render.render(fleet, EAST), RenderedConfig)
    assert fleet.ignores.at
