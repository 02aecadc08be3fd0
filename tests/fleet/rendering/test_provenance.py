from collections.abc import Iterator
from typing import Any

from hypothesis import given

from reconciler.errors import Where
from reconciler.fleet.documents import Fleet
from reconciler.fleet.rendering import provenance, render
from reconciler.fleet.rendering.provenance import Act, Step
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table, plain
from reconciler.fleet.syntax.pointers import Path
from tests.fleet import fleets
from tests.fleet.fleets import ENTRY, EVERY, Document, config


def steps(fleet: Fleet, path: str, **labels: str) -> tuple[Step, ...]:
    return provenance.trace(fleet, labels, pointers.parse(path), entry=ENTRY)


def told(path: str, *documents: Document) -> list[tuple[str, str, Any]]:
    """Document, act and value of every step."""
    return [
        (one.document, str(one.act), None if one.value is None else plain(one.value))
        for one in steps(fleets.fleet(*documents), path)
    ]


LOW = config("low", config={"a": {"b": 1, "c": 1}, "l": ["x", "y"]})


def test_a_value_that_nobody_sets_has_no_history() -> None:
    assert told("/q", LOW) == []
    assert told("/a/b/c", LOW) == []
    assert provenance.trace(fleets.fleet(LOW), {}, ("a",), entry="other") == ()


def test_a_value_tells_who_set_it_and_who_overrode_it() -> None:
    mid = config("mid", priority=1, config={"a": {"b": 2}})
    top = config("top", priority=2, config={"a": {"c": 3}})
    assert told("/a/b", LOW, mid, top) == [
        ("low", "set", 1),
        ("mid", "overrode", 2),
    ]
    assert told("/a/c", LOW, mid, top) == [("low", "set", 1), ("top", "overrode", 3)]


def test_every_step_has_its_place() -> None:
    files = fleets.files_of() | {
        "low.yaml": (
            "apiVersion: reconciler/v1\nkind: CollectorConfig\nmetadata: {name: low}\n"
            f"spec:\n  selector: {{}}\n  entry: {ENTRY}\n"
            "  files: [low.collector.yaml]\n"
        ),
        "low.collector.yaml": "a:\n  b: 1\n",
        "top.yaml": (
            "apiVersion: reconciler/v1\nkind: CollectorConfig\nmetadata: {name: top}\n"
            f"spec:\n  selector: {{}}\n  entry: {ENTRY}\n  priority: 1\n"
            "  remove: [/x,\n    /a/b]\n  config: {}\n"
        ),
    }
    found = steps(fleets.fleet_of(files), "/a/b")
    assert [(one.act, one.where) for one in found] == [
        (Act.SET, Where("low.collector.yaml", 2, 6)),
        (Act.REMOVED, Where("top.yaml", 9, 5)),
    ]
    assert found[0].value == Scalar(1, Where("low.collector.yaml", 2, 6))


def test_a_removed_value_is_gone_until_somebody_sets_it_again() -> None:
    gone = config("gone", priority=1, remove=["/a/*"])
    back = config("back", priority=2, config={"a": {"b": 9}})
    assert told("/a/b", LOW, gone) == [("low", "set", 1), ("gone", "removed", None)]
    assert told("/a/b", LOW, gone, back)[2:] == [("back", "set", 9)]


def test_who_overrides_the_whole_takes_the_part_away() -> None:
    top = config("top", priority=1, config={"a": None})
    assert told("/a/b", LOW, top) == [("low", "set", 1), ("top", "overrode", None)]
    (_, last) = steps(fleets.fleet(LOW, top), "/a/b")
    assert last.where.path == "collectorconfig-top.yaml"


def test_a_mapping_tells_everyone_who_had_a_hand_in_it() -> None:
    mid = config("mid", priority=1, config={"a": {"d": 2}})
    gone = config("gone", priority=2, remove=["/a/b"])
    other = config("other", priority=3, config={"z": 1})
    assert told("/a", LOW, mid, gone, other) == [
        ("low", "set", {"b": 1, "c": 1}),
        ("mid", "merged", {"b": 1, "c": 1, "d": 2}),
        ("gone", "removed", {"c": 1, "d": 2}),
    ]
    places = [one.where.path for one in steps(fleets.fleet(LOW, mid, gone), "/a")]
    assert places == [
        "collectorconfig-low.yaml",
        "collectorconfig-mid.yaml",
        "collectorconfig-gone.yaml",
    ]


def test_who_adds_to_a_list_inside_a_mapping_is_told_once() -> None:
    low = config("low", config={"a": {"l": [1], "b": 1}})
    added = config(
        "added",
        priority=1,
        config={"a": {"l": [2]}},
        lists=[{"path": "/a/l", "merge": "append"}],
    )
    assert told("/a", low, added) == [
        ("low", "set", {"l": [1], "b": 1}),
        ("added", "merged", {"l": [1, 2], "b": 1}),
    ]


def test_the_root_is_a_mapping_too() -> None:
    top = config("top", priority=1, config={"z": 1})
    assert [act for _, act, _ in told("", LOW, top)] == ["set", "merged"]


ADDED = config(
    "added",
    priority=1,
    config={"l": ["p", "q"]},
    lists=[{"path": "/l", "merge": "prepend"}],
)


def test_a_list_tells_who_added_to_it() -> None:
    assert told("/l", LOW, ADDED) == [
        ("low", "set", ["x", "y"]),
        ("added", "merged", ["p", "q", "x", "y"]),
    ]
    _, last = steps(fleets.fleet(LOW, ADDED), "/l")
    assert last.where.path == "collectorconfig-added.yaml"


def test_an_item_is_the_one_that_ends_up_at_its_index() -> None:
    assert told("/l/0", LOW, ADDED) == [("added", "set", "p")]
    assert told("/l/3", LOW, ADDED) == [("low", "set", "y")]
    assert told("/l/4", LOW, ADDED) == []
    replaced = config("replaced", priority=2, config={"l": ["y"]})
    assert told("/l/0", LOW, ADDED, replaced) == [("replaced", "set", "y")]


def test_an_item_that_was_paired_by_its_key_tells_both() -> None:
    low = config("low", config={"l": [{"name": "x", "v": 1}, {"name": "y"}]})
    top = config(
        "top",
        priority=1,
        config={"l": [{"name": "z"}, {"name": "x", "v": 2}]},
        lists=[{"path": "/l", "merge": "byKey", "key": "name"}],
    )
    first = config(
        "first",
        priority=2,
        config={"l": [{"name": "w"}]},
        lists=[{"path": "/l", "merge": "prepend"}],
    )
    assert told("/l/1/v", low, top, first) == [
        ("low", "set", 1),
        ("top", "overrode", 2),
    ]
    assert told("/l/1", low, top, first) == [
        ("low", "set", {"name": "x", "v": 1}),
        ("top", "merged", {"name": "x", "v": 2}),
    ]


def test_an_index_that_nothing_ends_up_at_is_followed_as_it_is() -> None:
    gone = config("gone", priority=1, remove=["/l"])
    assert told("/l/1", LOW, gone) == [("low", "set", "y"), ("gone", "removed", None)]


def test_equals_that_agree_are_both_told() -> None:
    equal = config("equal", config={"a": {"b": 1}})
    assert told("/a/b", LOW, equal) == [("equal", "set", 1), ("low", "overrode", 1)]


VALUES = fleets.variables("values", values={"v": "x", "m": {"k": [1]}})


def test_a_value_tells_the_variables_it_came_through() -> None:
    user = config(
        "user",
        config={"a": {"$var": "m"}, "b": {"$join": ["<", {"$var": "v"}, ">"]}, "c": 1},
    )
    fleet = fleets.fleet(VALUES, user)
    place = fleet.variables[0].values
    tree = fleet.configs["user"].tree
    (through,) = steps(fleet, "/a/k/0")
    assert through.where == tree.items["a"][1].where
    assert through.through == (place["m"][1].where,)
    assert through.value is not None
    assert through.value.where.path == "variables-values.yaml"
    (joined,) = steps(fleet, "/b")
    assert joined.through == (place["v"][1].where,)
    assert joined.value == Scalar("<x>", tree.items["b"][1].where)
    (plainly,) = steps(fleet, "/c")
    assert plainly.through == ()


def test_a_variable_that_is_not_set_is_shown_as_it_is_written() -> None:
    user = config("user", config={"a": {"$var": "nobody"}})
    assert told("/a", user) == [("user", "set", {"$var": "nobody"})]


def test_labels_and_who_vouches_for_them_count() -> None:
    edge = config(
        "edge",
        priority=1,
        selector={"matchLabels": {"role": "edge"}, "trusted": ["role"]},
        config={"a": {"b": 2}},
    )
    fleet = fleets.fleet(LOW, edge)
    assert len(steps(fleet, "/a/b", role="edge")) == 2
    unproven = provenance.trace(
        fleet,
        {"role": "edge"},
        ("a", "b"),
        entry=ENTRY,
        claimed=frozenset({"role"}),
    )
    assert len(unproven) == 1


def test_blame_names_who_set_each_leaf() -> None:
    top = config("top", priority=1, config={"a": {"c": {}}, "m": {"$var": "m"}})
    found = provenance.blame(fleets.fleet(LOW, VALUES, top, ADDED), {}, entry=ENTRY)
    assert {pointers.text(path): one.document for path, one in found.items()} == {
        "/a/b": "low",
        "/a/c": "top",
        "/l/0": "added",
        "/l/1": "added",
        "/l/2": "low",
        "/l/3": "low",
        "/m/k/0": "top",
    }
    assert found["m", "k", "0"].through
    assert provenance.blame(fleets.fleet(LOW), {}) == {}


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    match node:
        case Table(items) if items:
            for key, (_, value) in items.items():
                yield from leaves(value, (*path, key))
        case Sequence(items) if items:
            for index, item in enumerate(items):
                yield from leaves(item, (*path, str(index)))
        case _:
            yield path, node


@given(fleets.fleets())
def test_the_last_step_is_what_is_rendered_and_blame_agrees(
    documents: list[Document],
) -> None:
    fleet = fleets.fleet_of(fleets.files_of(*documents))
    outcome = render.render(fleet, EVERY)
    if not isinstance(outcome, RenderedConfig):
        return
    blamed = provenance.blame(fleet, EVERY, entry=ENTRY)
    tree = outcome.nodes[ENTRY]
    rendered = dict(leaves(tree)) if plain(tree) else {}
    assert blamed.keys() == rendered.keys()
    for path, leaf in rendered.items():
        assert blamed[path].value == leaf
        traced = provenance.trace(fleet, EVERY, path, entry=ENTRY)
        assert traced[0].act is Act.SET
        assert traced[-1].value == leaf
        if isinstance(leaf, Scalar):
            assert traced[-1].document == blamed[path].document
            assert traced[-1].where == blamed[path].where


@given(fleets.fleets())
def test_even_what_is_blocked_can_be_explained(documents: list[Document]) -> None:
    fleet = fleets.fleet_of(fleets.files_of(*documents))
    labels = EVERY
    for path in provenance.blame(fleet, labels, entry=ENTRY):
        assert provenance.trace(fleet, labels, path, entry=ENTRY)
