import json

import pytest

from reconciler.errors import Where
from reconciler.fleet.documents import CollectorConfig, FolderScope
from reconciler.fleet.reading import scopes
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked, RenderedConfig
from reconciler.fleet.syntax import pointers
from tests.fleet import fleets
from tests.fleet.fleets import Document


def config_of(files: dict[str, str]) -> CollectorConfig:
    fleet = fleets.fleet_of(fleets.files_of() | files)
    return fleet.configs["pii"]


def outside(*paths: str, **spec: object) -> list[str]:
    """What a document touches outside these paths."""
    fleet = fleets.fleet_of(
        fleets.files_of(fleets.config("pii", scope=list(paths), **spec))
    )
    assert {found.rule for found in fleet.findings} <= {"E075"}
    assert bool(fleet.broken) == bool(fleet.findings)
    messages = [found.message for found in fleet.findings]
    assert all(one.endswith(" is outside the scope of `pii`") for one in messages)
    return [one.split("`")[1] for one in messages]


PROCESSORS = {
    "processors": {"redaction": {"allow": [], "block": ["a"]}},
    "service": {"pipelines": {"traces": {"processors": ["redaction"]}}},
}


def test_a_document_may_touch_what_its_paths_cover() -> None:
    paths = ("/processors/redaction", "/service/pipelines/*/processors")
    assert outside(*paths, config=PROCESSORS) == []
    assert outside("/processors", "/service", config=PROCESSORS) == []


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"processors": {"batch": None}}, ["/processors/batch"]),
        ({"processors": {"redaction": {"a": 1}, "b": {"c": 1, "d": {}}}}, None),
        ({"processors": None}, ["/processors"]),
        ({"processors": {}}, ["/processors"]),
        ({"service": {"pipelines": {"traces": {}}}}, ["/service/pipelines/traces"]),
        ({"service": {"extensions": []}}, ["/service/extensions"]),
        ({"service": {"$var": "x"}}, ["/service"]),
        ({}, []),
    ],
)
def test_every_leaf_outside_is_told(config: Document, found: list[str] | None) -> None:
    paths = ("/processors/redaction", "/service/pipelines/*/processors")
    expected = ["/processors/b/c", "/processors/b/d"] if found is None else found
    assert outside(*paths, config=config) == expected


def test_a_list_is_one_value() -> None:
    assert outside("/a/0", config={"a": ["x"]}) == ["/a"]


def test_a_scope_of_no_paths_allows_nothing() -> None:
    assert outside(config={"a": 1}) == ["/a"]
    assert outside(config={}) == []


@pytest.mark.parametrize(
    ("path", "scope", "covered"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b/c", "/a/b", True),
        ("/a", "/a/b", False),
        ("/a/*", "/a/b", False),
        ("/a/*", "/a/*", True),
        ("/a/b", "/a/*", True),
        ("/*/b", "/a", False),
    ],
)
def test_removals_and_list_rules_stay_inside(
    path: str, scope: str, *, covered: bool
) -> None:
    expected = [] if covered else [path]
    assert outside(scope, remove=[path]) == expected
    rule = {"path": path, "merge": "append"}
    assert outside(scope, lists=[rule]) == expected


def test_a_fault_stands_at_the_leaf_and_says_what_is_allowed() -> None:
    files = fleets.files_of() | {
        "pii.yaml": (
            "apiVersion: reconciler/v1\n"
            "kind: CollectorConfig\n"
            "metadata: {name: pii}\n"
            "spec:\n"
            "  selector: {}\n"
            "  scope: [/processors/redaction]\n"
            "  files: [pii.collector.yaml]\n"
        ),
        "pii.collector.yaml": "processors:\n  redaction:\n  batch: {timeout: 1s}\n",
    }
    fleet = fleets.fleet_of(files)
    (found,) = fleet.findings
    assert found.where == Where("pii.collector.yaml", 3, 20)
    assert found.hint == "it may touch /processors/redaction"
    (broken,) = fleet.broken
    assert broken.name == "pii"


def test_what_is_told_of_one_document_is_capped() -> None:
    many = {f"key-{number}": number for number in range(500)}
    assert len(outside("/a", config=many)) == scopes.MOST_FINDINGS


RULE = FolderScope(
    "teams/pay", (pointers.pattern("/processors"),), Where("fleet.yaml", 9, 5)
)

PII = (
    "apiVersion: reconciler/v1\nkind: CollectorConfig\nmetadata: {name: pii}\n"
    "spec: {selector: {}, entry: x, "
)


def folders(files: dict[str, str], *rules: FolderScope) -> list[str]:
    return [
        f"{found.where.path}: {found.message}"
        for found in scopes.check_folders(config_of(files), rules or (RULE,))
    ]


def test_a_folder_is_held_to_the_paths_of_its_rule() -> None:
    inside = PII + "config: {processors: {a: 1}, exporters: {b: 2}}}"
    assert folders({"teams/pay/pii.yaml": inside}) == [
        (
            "teams/pay/pii.yaml: files of `teams/pay` may not touch `/exporters/b`; "
            "the rule stands at fleet.yaml:9:5"
        )
    ]
    assert folders({"teams/payments/pii.yaml": inside}) == []
    assert folders({"pii.yaml": inside}) == []
    assert len(folders({"teams/pay/deeper/pii.yaml": inside})) == 1


def test_text_touches_everything_that_a_rule_for_its_folder_could_name() -> None:
    files = {
        "teams/pay/pii.yaml": PII + "files: [pii.conf]}",
        "teams/pay/pii.conf": "a = 1",
    }
    assert folders(files) == [
        (
            "teams/pay/pii.conf: files of `teams/pay` may not touch `/`; "
            "the rule stands at fleet.yaml:9:5"
        )
    ]


def test_a_document_elsewhere_cannot_lend_its_name_to_a_file_of_the_folder() -> None:
    files = {
        "pii.yaml": PII + "files: [own.yaml, teams/pay/pii.collector.yaml]}",
        "own.yaml": "exporters: {b: 2}\n",
        "teams/pay/pii.collector.yaml": "exporters: {c: 3}\nprocessors: {a: 1}\n",
    }
    (found,) = folders(files)
    assert found.startswith("teams/pay/pii.collector.yaml: ")
    assert "`/exporters/c`" in found


def test_removals_and_list_rules_of_a_folder_are_held_to_it_too() -> None:
    text = PII + (
        "config: {}, remove: [/exporters/a, /processors/b], "
        "lists: [{path: /service/extensions, merge: append}]}"
    )
    found = folders({"teams/pay/pii.yaml": text})
    assert [one.split("`")[3] for one in found] == [
        "/exporters/a",
        "/service/extensions",
    ]
    assert folders({"pii.yaml": text}) == []


def test_of_folders_inside_each_other_every_rule_holds() -> None:
    outer = FolderScope("teams", (pointers.pattern("/exporters"),), Where("fleet.yaml"))
    files = {"teams/pay/pii.yaml": PII + "config: {processors: {a: 1}}}"}
    assert len(folders(files, RULE, outer)) == 1
    assert len(folders(files, outer)) == 1
    assert folders(files, RULE) == []


def test_a_folder_with_a_rule_holds_no_kind_that_reaches_further() -> None:
    root = fleets.document(
        "Fleet", "acme", scopes=[{"folder": "teams/pay", "paths": ["/processors"]}]
    )
    group = fleets.document("AgentGroup", "all")
    files = {
        "fleet.yaml": json.dumps(root),
        "teams/pay/group.yaml": json.dumps(group),
        "teams/payments/group.yaml": json.dumps(group | {"metadata": {"name": "b"}}),
    }
    (found,) = fleets.fleet_of(files).findings
    assert (found.rule, found.where.path) == ("E075", "teams/pay/group.yaml")
    assert found.message.startswith("files of `teams/pay` may hold no AgentGroup")


def test_a_document_out_of_scope_is_broken_for_those_it_selects() -> None:
    root = fleets.document(
        "Fleet", "acme", scopes=[{"folder": "teams/pay", "paths": ["/processors"]}]
    )
    selector = {"matchLabels": {"team": "pay"}}
    bad = fleets.config("pii", selector=selector, config={"exporters": {"a": 1}})
    good = fleets.config("base", config={"processors": {"a": 1}})
    files = {
        "fleet.yaml": json.dumps(root),
        "teams/pay/pii.yaml": json.dumps(bad),
        "base.yaml": json.dumps(good),
    }
    fleet = fleets.fleet_of(files)
    assert isinstance(render.render(fleet, {}), RenderedConfig)
    blocked = render.render(fleet, {"team": "pay"})
    assert isinstance(blocked, Blocked)
    assert [found.rule for found in blocked.findings] == ["E075"]
