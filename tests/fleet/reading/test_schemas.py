"""Schemas against the parser: both accept and refuse the same."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.fleet.documents import Kind
from reconciler.fleet.reading import parse, schemas
from reconciler.fleet.reading.schema_parts import Schema
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision

ROOT = Path(__file__).parents[3]
EVERY = Draft202012Validator(schemas.every())
OF = {kind: Draft202012Validator(schemas.of(kind)) for kind in Kind}

SELECTOR: Final = {
    "matchLabels": {"role": "gateway"},
    "matchExpressions": [
        {"key": "env", "operator": "In", "values": ["a", "b"]},
        {"key": "canary", "operator": "DoesNotExist"},
        {"key": "version", "operator": "SemverIn", "values": [">=1.2 <2"]},
    ],
    "trusted": ["role"],
}
POLICY: Final = {
    "suspend": False,
    "requireAgents": True,
    "drift": "report",
    "soak": "1m30s",
    "answerTimeout": "30s",
    "applyTimeout": "5m",
    "forgetAfter": "720h",
}
SPECS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.FLEET: {
        "statuses": {"context": "fleet/eu"},
        "defaults": POLICY,
        "guard": {"share": "33.5%", "from": 20},
        "scopes": [{"folder": "teams/pay", "paths": ["/exporters/*"]}],
        "unselected": "release",
        "unmanaged": "fail",
        "missing": "require",
    },
    Kind.AGENT_GROUP: {"selector": SELECTOR, "priority": 3, **POLICY},
    Kind.COLLECTOR_CONFIG: {
        "selector": SELECTOR,
        "priority": -1,
        "config": {"service": {"extensions": ["zpages"], "telemetry": {"logs": {}}}},
        "entry": "ns/one",
        "contentType": "application/yaml",
        "allowEmpty": False,
        "lists": [
            {"path": "/service/extensions", "merge": "insert", "before": "zpages"}
        ],
        "remove": ["/processors/batch"],
        "scope": ["/service", "/processors"],
    },
    Kind.VARIABLES: {"selector": {}, "priority": 1, "values": {"a_1": [1, None]}},
    Kind.INVENTORY: {
        "entries": [
            {
                "match": {
                    "attributes": {"host.name": "a"},
                    "certificate": ["a.example"],
                    "enrolment": "eu",
                },
                "labels": {"role": "edge"},
            }
        ]
    },
    Kind.DISTRIBUTION: {
        "selector": {},
        "priority": 0,
        "components": "components.yaml",
    },
    Kind.CONFIG_TEST: {
        "labels": {"role": "edge"},
        "entry": "",
        "expect": {
            "group": "default",
            "documents": [],
            "values": {"/a": 1},
            "absent": ["/b"],
            "findings": ["E070"],
        },
    },
}
METADATA: Final = {
    "name": "a-name.1",
    "description": "why",
    "owner": "them",
    "annotations": {"x": 1},
}
ABOUT_SHAPE: Final = frozenset({"E003", "E004", "E005", "E006"})


def document(kind: Kind) -> dict[str, Any]:
    return {
        "apiVersion": "reconciler/v1",
        "kind": kind.value,
        "metadata": copy.deepcopy(METADATA),
        "spec": copy.deepcopy(SPECS[kind]),
    }


def parses(changed: dict[str, Any]) -> bool:
    """Whether the parser finds nothing wrong with the shape of a document."""
    documents = [changed]
    if changed["kind"] != Kind.FLEET:
        documents.append({**document(Kind.FLEET), "spec": {}})
    files = {
        "docs.yaml": json.dumps(documents[0]),
        "fleet.yaml": json.dumps(documents[1]) if len(documents) > 1 else "",
        "components.yaml": "receivers: []\n",
    }
    snapshot = Snapshot(
        Revision("main", CommitSha("a" * 40)),
        {
            path: SourceFile(path, blob_id(text.encode()), text.encode())
            for path, text in files.items()
        },
    )
    return not ABOUT_SHAPE & {one.rule for one in parse.parse(snapshot).findings}


def accepts(changed: dict[str, Any]) -> bool:
    """Whether the schema does; both forms of it must agree."""
    alone = OF[Kind(changed["kind"])].is_valid(changed)
    assert EVERY.is_valid(changed) == alone
    return alone


@pytest.mark.parametrize("schema", [schemas.every(), *map(schemas.of, Kind)])
def test_every_schema_is_a_schema(schema: Schema) -> None:
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", Kind)
def test_a_document_with_every_field_is_accepted_by_both(kind: Kind) -> None:
    assert parses(document(kind))
    assert accepts(document(kind))


def _documents() -> Iterator[tuple[str, Any]]:
    for path in sorted(ROOT.glob("examples/**/*.yaml")):
        if not path.name.endswith(".collector.yaml"):
            for one in yaml.safe_load_all(path.read_text()):
                yield str(path.relative_to(ROOT)), one
    for path in sorted(ROOT.glob("docs/rules/E0*.md")):
        _, _, right = path.read_text().partition("## Right")
        for block in right.split("```yaml\n")[1:]:
            for part in block.partition("```")[0].split("# file: ")[1:]:
                for one in yaml.safe_load_all(part.partition("\n")[2]):
                    if isinstance(one, dict) and "reconciler/" in str(
                        one.get("apiVersion")
                    ):
                        yield path.name, one


@pytest.mark.parametrize(("source", "one"), list(_documents()))
def test_documents_of_the_examples_and_the_rules_are_accepted(
    source: str, one: Any
) -> None:
    assert [error.message for error in EVERY.iter_errors(one)] == [], source


def _mappings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inside:
        if isinstance(below, dict | list) and key not in {"config", "annotations"}:
            yield from _mappings(below, (*path, key))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("kind", "path"),
    [(kind, path) for kind in Kind for path in _mappings(document(kind))],
)
def test_an_unknown_field_is_refused_wherever_the_parser_refuses_it(
    kind: Kind, path: tuple[Any, ...]
) -> None:
    changed = document(kind)
    _at(changed, path)["unknown"] = "x"
    assert accepts(changed) == parses(changed)
    takes_any = {"matchLabels", "attributes", "labels"}.intersection(path[-1:])
    assert accepts(changed) == (bool(takes_any) or path == ("spec", "values"))


VALUES: Final[tuple[Any, ...]] = (
    *(None, True, 0, 1, -1, 1.5, "", "x", "10s", "1h30m", "25h", "0", "50%", "101%"),
    *(
        "/a",
        "/a/~1",
        "/a~2",
        "default",
        "plan",
        "A",
        "a b",
        "In",
        "Exists",
        "append",
        "byKey",
    ),
    *(
        "insert",
        "correct",
        "hold",
        "warn",
        "tolerate",
        "../x",
        "a/b/",
        [],
        ["x"],
        ["/a"],
        [1],
        [{}],
    ),
    *({}, {"a": "b"}, {"a": 1}, {"/a": 1}, {"a b": "c"}),
)
"""Values that some field takes and others do not."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inside:
        if path[:1] not in {("apiVersion",), ("kind",)} and key != "annotations":
            yield (*path, key)
            if isinstance(below, dict | list) and key not in {"config", "values"}:
                yield from _places(below, (*path, key))


CASES: Final = [
    (kind, path)
    for kind in Kind
    for path in _places(document(kind))
    if path[0] not in {"apiVersion", "kind"}
]


@given(st.sampled_from(CASES), st.sampled_from((*VALUES, "delete")))
def test_a_changed_field_is_refused_by_both_or_by_none(
    case: tuple[Kind, tuple[Any, ...]], value: Any
) -> None:
    kind, path = case
    changed = document(kind)
    if value == "delete":
        del _at(changed, path[:-1])[path[-1]]
    else:
        _at(changed, path[:-1])[path[-1]] = value
    if parses(changed):
        assert accepts(changed)
    elif not _is_beyond_a_schema(path, value):
        assert not accepts(changed)


def _is_beyond_a_schema(path: tuple[Any, ...], value: Any) -> bool:
    """What takes a calculation, another field, or the Collector's own rules."""
    is_range = path[-2:] == (2, "values")
    needs_each_other = {"trusted", "matchLabels"}.intersection(path)
    is_short = path[-1] == "forgetAfter" and value == "10s"
    is_long = value == "25h"
    return (
        is_short
        or is_long
        or path[-1] == "config"
        or bool(needs_each_other)
        or is_range
    )


def test_the_kind_decides_which_schema_counts() -> None:
    wrong = {**document(Kind.VARIABLES), "kind": "AgentGroup"}
    assert not EVERY.is_valid(wrong)
    assert not EVERY.is_valid({**document(Kind.VARIABLES), "kind": "Other"})
    assert not EVERY.is_valid({**document(Kind.VARIABLES), "apiVersion": "v1"})


def _properties(schema: Any) -> Iterator[Any]:
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and "description" in schema:
            yield from schema["properties"].items()
        for below in schema.values():
            yield from _properties(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from _properties(below)


def test_every_field_is_described() -> None:
    bare = {
        name
        for name, one in _properties(schemas.every())
        if "description" not in one and "const" not in one
    }
    assert bare == set()
