import json

from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.rendering import layers
from reconciler.fleet.syntax import merge
from reconciler.fleet.syntax.nodes import Table, plain, same
from tests.fleet import fleets
from tests.fleet.fleets import EVERY, Document, config

AGENTS: tuple[dict[str, str], ...] = ({}, {"role": "edge"}, EVERY)


def laid(
    fleet: Fleet, labels: dict[str, str] | None = None
) -> tuple[Table, tuple[Finding, ...]]:
    report = Report()
    configs = layers.select(fleet, labels or {})
    tree = layers.merged(configs, layers.values(fleet, labels or {}), report)
    return tree, report.findings


def tree_of(*documents: Document) -> object:
    tree, found = laid(fleets.fleet(*documents))
    assert found == ()
    return plain(tree)


def faults(*documents: Document) -> list[str]:
    _, found = laid(fleets.fleet(*documents))
    return [f"{one.rule}: {one.message}" for one in found]


BASE = config("base", config={"exporters": {"debug": {"v": 1}, "otlp": None}})


def test_what_a_document_removes_goes_before_it_sets_anything() -> None:
    again = config(
        "again",
        priority=1,
        remove=["/exporters/debug"],
        config={"exporters": {"debug": {"w": 2}}},
    )
    assert tree_of(BASE, again) == {"exporters": {"otlp": None, "debug": {"w": 2}}}


def test_what_an_equal_sets_is_not_removed() -> None:
    equal = config("equal", remove=["/exporters/*"])
    assert tree_of(BASE, equal) == {"exporters": {"debug": {"v": 1}, "otlp": None}}


def test_what_is_set_above_a_removal_stays() -> None:
    gone = config("gone", priority=1, remove=["/exporters/debug"])
    back = config("back", priority=2, config={"exporters": {"debug": {"w": 2}}})
    assert tree_of(BASE, gone, back) == {"exporters": {"otlp": None, "debug": {"w": 2}}}


LOW = config("low", config={"at": ["a", "b"]})


def high(name: str, items: list[object], priority: int = 1, **rule: object) -> Document:
    rules = [{"path": "/at", **rule}]
    return config(name, priority=priority, config={"at": items}, lists=rules)


def test_lists_are_replaced_unless_a_rule_says_otherwise() -> None:
    assert tree_of(LOW, config("x", priority=1, config={"at": ["c"]})) == {"at": ["c"]}
    assert tree_of(LOW, high("x", ["c"], merge="append")) == {"at": ["a", "b", "c"]}


def test_equals_put_their_items_in_order_of_their_names() -> None:
    one, other = high("y", ["y"], merge="append"), high("x", ["x"], merge="append")
    assert tree_of(LOW, one, other) == {"at": ["a", "b", "x", "y"]}
    anchored = high("z", ["z"], merge="insert", after="x")
    assert tree_of(LOW, other, anchored) == {"at": ["a", "b", "x", "z"]}


def test_a_rule_goes_on_where_a_lower_one_ended() -> None:
    one = high("one", ["c"], 1, merge="append")
    two = high("two", ["d"], 2, merge="insert", before="c")
    assert tree_of(LOW, one, two) == {"at": ["a", "b", "d", "c"]}


def test_removing_comes_before_adding() -> None:
    again = high("again", ["a"], merge="append")
    again["spec"]["remove"] = ["/at/0"]
    assert tree_of(LOW, again) == {"at": ["b", "a"]}


def test_an_equal_that_sets_the_list_contradicts_a_rule() -> None:
    (found,) = faults(high("added", ["c"], 0, merge="append"), LOW)
    assert found.startswith(
        "E070: `at` is set to different values at collectorconfig-added.yaml:"
    )


def test_equals_may_not_disagree_on_an_item_they_pair() -> None:
    one = high("one", [{"name": "x", "v": 1}], merge="byKey", key="name")
    other = high("other", [{"name": "x", "v": 2}], merge="byKey", key="name")
    (found,) = faults(one, other)
    assert found.startswith("E070: `at.x.v` is set to different values")
    agreed = high("other", [{"name": "x", "v": 1, "w": 2}], merge="byKey", key="name")
    assert tree_of(one, agreed) == {"at": [{"name": "x", "v": 1, "w": 2}]}


def test_a_rule_that_cannot_be_carried_out_is_told() -> None:
    (found,) = faults(LOW, high("x", ["c"], merge="insert", after="q"))
    assert found == "E076: no item `q` to insert next to in the list at `/at`"
    (found,) = faults(
        config("low", config={"at": {"b": 1}}), high("x", ["c"], merge="append")
    )
    assert found.startswith("E076: `/at` is a mapping at collectorconfig-low.yaml:")


def test_an_equal_that_makes_a_scalar_of_what_holds_the_list_is_told_once() -> None:
    one = config(
        "one",
        config={"a": {"at": [1]}},
        lists=[{"path": "/a/at", "merge": "append"}],
    )
    assert [
        found.partition(" is set")[0]
        for found in faults(one, config("other", config={"a": 1}))
    ] == ["E070: `a`"]


VARIABLES = fleets.variables("v", values={"list": ["x"], "map": {"k": 1}, "one": 1})


def test_a_variable_may_be_a_list_with_a_rule() -> None:
    one = config(
        "one",
        priority=1,
        config={"at": {"$var": "list"}},
        lists=[{"path": "/at", "merge": "append"}],
    )
    assert tree_of(VARIABLES, LOW, one) == {"at": ["a", "b", "x"]}


def test_a_variable_is_filled_in_before_anything_is_merged() -> None:
    low = config("low", config={"a": {"$var": "map"}, "b": {"$var": "one"}})
    over = config("over", priority=1, config={"a": {"l": 2}, "b": {"$var": "map"}})
    assert tree_of(VARIABLES, low, over) == {"a": {"k": 1, "l": 2}, "b": {"k": 1}}


def test_equals_may_set_a_value_through_a_variable_and_without() -> None:
    through = config("through", config={"a": {"$var": "one"}})
    assert tree_of(VARIABLES, through, config("plain", config={"a": 1})) == {"a": 1}
    assert len(faults(VARIABLES, through, config("plain", config={"a": 2}))) == 1


def test_the_files_of_a_document_are_one_layer() -> None:
    files = fleets.files_of(
        LOW,
        VARIABLES,
        {
            **high("two", [], merge="append"),
            "spec": {
                "selector": {},
                "entry": fleets.ENTRY,
                "priority": 1,
                "files": ["a.yaml", "b.yaml"],
                "lists": [{"path": "/at", "merge": "append"}],
            },
        },
    )
    files |= {"a.yaml": "at: [c]\nv: {$var: map}\n", "b.yaml": "at: [d]\nv: {l: 1}\n"}
    tree, found = laid(fleets.fleet_of(files))
    assert found == ()
    assert plain(tree) == {"at": ["a", "b", "d"], "v": {"k": 1, "l": 1}}


def test_a_document_alone_is_not_copied() -> None:
    fleet = fleets.fleet(BASE)
    tree, _ = laid(fleet)
    assert tree is fleet.configs["base"].fragments[0].node


@given(fleets.fleets(), st.data())
def test_neither_order_nor_place_of_documents_matters(
    documents: list[Document], data: st.DataObject
) -> None:
    shuffled: dict[str, str] = {}
    paths = st.sampled_from(["a.yaml", "b/c.yaml", "z.yml"])
    root = fleets.document("Fleet", "acme")
    for one in data.draw(st.permutations([root, *documents])):
        path = data.draw(paths)
        shuffled[path] = f"{shuffled.get(path, '')}---\n{json.dumps(one)}\n"
    usual = fleets.fleet_of(fleets.files_of(*documents))
    other = fleets.fleet_of(shuffled)
    for labels in AGENTS:
        if not layers.select(usual, labels):
            continue
        (tree, found), (again, found_again) = laid(usual, labels), laid(other, labels)
        assert _kinds(found) == _kinds(found_again)
        assert same(tree, again)
        assert found or list(_keys(tree)) == list(_keys(again))


def _kinds(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return sorted((one.rule, one.message.split(" at ")[0]) for one in findings)


def _keys(table: Table) -> list[object]:
    return [
        (key, _keys(value)) if isinstance(value, Table) else key
        for key, (_, value) in table.items.items()
    ]


@given(fleets.configs("low"), fleets.configs("high"))
def test_what_the_highest_band_sets_is_what_there_is(
    low: Document, top: Document
) -> None:
    low["spec"]["priority"], top["spec"]["priority"] = 0, 1
    top["spec"]["lists"] = []
    values = fleets.variables("v", values={"v": 1, "w": [1]})
    fleet = fleets.fleet_of(fleets.files_of(low, top, values))
    tree, _ = laid(fleet, EVERY)
    layer = layers.read(fleet.configs["high"], layers.values(fleet, EVERY), Report())
    assert same(merge.overlay(tree, layer.tree), tree)


@given(fleets.fleets(), fleets.configs("gone"))
def test_a_removal_of_the_highest_priority_leaves_nothing_there(
    documents: list[Document], gone: Document
) -> None:
    gone["spec"] |= {"priority": 9, "config": {}, "lists": [], "selector": {}}
    removals = [path for path in gone["spec"]["remove"] if "0" not in path]
    gone["spec"]["remove"] = removals
    fleet = fleets.fleet_of(fleets.files_of(*documents, gone))
    tree, _ = laid(fleet, EVERY)
    patterns = [removal.path for removal in fleet.configs["gone"].remove]
    assert merge.remove(tree, patterns) is tree
