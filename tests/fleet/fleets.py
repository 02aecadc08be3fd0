"""Fleet repos for the tests of this room: from plain documents, or drawn."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st

from reconciler.fleet.documents import Fleet
from reconciler.fleet.reading import parse
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision

Document: TypeAlias = dict[str, Any]

ENTRY = "ns/one"
"""A named entry: no rules of the Collector stand in the way of odd trees."""
EVERY = {"role": "edge", "env": "prod"}
"""Labels that every selector of the drawn fleets picks."""


def document(kind: str, name: str, **spec: Any) -> Document:
    """A document; `spec` by its fields, `selector: {}` unless it names another."""
    return {
        "apiVersion": "reconciler/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"selector": {}} | spec if kind != "Fleet" else spec,
    }


def config(name: str, **spec: Any) -> Document:
    """A `CollectorConfig` of a named entry."""
    return document("CollectorConfig", name, entry=ENTRY, **({"config": {}} | spec))


def variables(name: str, **spec: Any) -> Document:
    """A `Variables`."""
    return document("Variables", name, **spec)


def files_of(*documents: Document) -> dict[str, str]:
    """Every document in a file of its own, named like it."""
    return {
        f"{one['kind'].lower()}-{one['metadata']['name']}.yaml": json.dumps(one)
        for one in (document("Fleet", "acme"), *documents)
    }


def fleet_of(files: Mapping[str, str]) -> Fleet:
    """The fleet of files given as path to text."""
    sources = {
        path: SourceFile(path, blob_id(text.encode()), text.encode())
        for path, text in files.items()
    }
    return parse.parse(Snapshot(Revision("main", CommitSha("a" * 40)), sources))


def fleet(*documents: Document) -> Fleet:
    """The fleet of these documents, without a fault."""
    found = fleet_of(files_of(*documents))
    assert found.findings == ()
    return found


_KEYS = st.sampled_from("abc")
_NAMED = st.fixed_dictionaries(
    {"name": st.sampled_from(["x", "y"])},
    optional={"v": st.integers(0, 1), "w": st.integers(0, 1)},
)
_LISTS = st.lists(st.integers(0, 3), max_size=3) | st.lists(
    _NAMED, max_size=2, unique_by=lambda item: item["name"]
)
_USES = st.sampled_from(
    [{"$var": "v"}, {"$var": "w"}, {"$join": ["<", {"$var": "v"}, ">"]}]
)
_LEAVES = st.sampled_from([None, 1, 2, "x"]) | _LISTS | _USES
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6
)
_PATHS = st.lists(st.sampled_from([*"abc", "*", "0"]), min_size=1, max_size=3).map(
    lambda keys: "".join(f"/{key}" for key in keys)
)


@st.composite
def configs(draw: st.DrawFn, name: str) -> Document:
    """A config that sets, removes and adds to lists, of one of two priorities."""
    tree = draw(st.dictionaries(_KEYS, _VALUES, max_size=3))
    found = draw(st.permutations(list(_lists(tree, ""))))
    rules = [draw(_rule(path)) for path in found[: draw(st.integers(0, len(found)))]]
    return config(
        name,
        config=tree,
        priority=draw(st.integers(0, 1)),
        selector=draw(_SELECTORS),
        lists=rules,
        remove=draw(st.lists(_PATHS, max_size=2)),
        allowEmpty=True,
    )


_SELECTORS = st.sampled_from(
    [
        {},
        {"matchLabels": {"role": "edge"}},
        {"matchExpressions": [{"key": "role", "operator": "NotIn", "values": ["x"]}]},
        {"matchExpressions": [{"key": "env", "operator": "Exists"}]},
    ]
)


def _lists(tree: Any, path: str) -> Sequence[str]:
    if isinstance(tree, list):
        return [path]
    if not isinstance(tree, dict) or "$var" in tree or "$join" in tree:
        return []
    return [
        one for key, value in tree.items() for one in _lists(value, f"{path}/{key}")
    ]


def _rule(path: str) -> st.SearchStrategy[Document]:
    return st.sampled_from(
        [
            {"path": path, "merge": "append"},
            {"path": path, "merge": "prepend"},
            {"path": path, "merge": "union"},
            {"path": path, "merge": "insert", "after": 1},
            {"path": path, "merge": "insert", "before": 1},
            {"path": path, "merge": "byKey", "key": "name"},
        ]
    )


@st.composite
def fleets(draw: st.DrawFn) -> list[Document]:
    """Up to four configs, and the variables that they may use."""
    count = draw(st.integers(1, 4))
    found = [draw(configs(f"config-{number}")) for number in range(count)]
    values = st.sampled_from([1, "one", [1, 2], {"a": 1}])
    return found + [
        variables(
            f"values-{number}",
            values={"v": draw(values), "w": draw(values)},
            priority=draw(st.integers(0, 1)),
            selector=draw(_SELECTORS),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
