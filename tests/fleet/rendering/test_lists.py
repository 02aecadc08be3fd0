import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.documents import ListMerge, ListRule
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.rendering import lists
from reconciler.fleet.rendering.lists import Contribution
from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.nodes import Sequence, Table, plain
from tests.fleet.trees import node_of, read

HERE = Where("rules.yaml", 7, 3)


def rule(
    merge: ListMerge,
    path: str = "/at",
    *,
    anchor: object = None,
    before: bool = False,
    key: str = "",
) -> ListRule:
    node = None if anchor is None else node_of(anchor)
    return ListRule(
        pointers.pattern(path), merge, HERE, anchor=node, before=before, key=key
    )


def contribution(one: ListRule, items: str) -> Contribution:
    where, node = read(f"at: {items}", "high.yaml").items["at"]
    assert isinstance(node, Sequence)
    return Contribution(one, one.path.keys, where, node)


def lay(tree: Table, *contributions: Contribution) -> Table:
    report = Report()
    found = lists.lay(tree, contributions, report)
    assert report.findings == ()
    return found


def laid(one: ListRule, low: str, items: str) -> object:
    return plain(lay(read(low, "low.yaml"), contribution(one, items)))["at"]


def fault(one: ListRule, low: str, items: str) -> Finding:
    report, tree = Report(), read(low, "low.yaml")
    assert lists.lay(tree, (contribution(one, items),), report) is tree
    (found,) = report.findings
    assert found.rule == "E076"
    return found


APPEND, PREPEND = rule(ListMerge.APPEND), rule(ListMerge.PREPEND)
UNION, BY_NAME = rule(ListMerge.UNION), rule(ListMerge.BY_KEY, key="name")


@pytest.mark.parametrize(
    ("one", "items", "expected"),
    [
        (APPEND, "[b, c]", ["a", "b", "b", "c"]),
        (PREPEND, "[b, c]", ["b", "c", "a", "b"]),
        (UNION, "[b, c, c]", ["a", "b", "c"]),
        (rule(ListMerge.INSERT, anchor="a"), "[x, y]", ["a", "x", "y", "b"]),
        (
            rule(ListMerge.INSERT, anchor="b", before=True),
            "[x, y]",
            ["a", "x", "y", "b"],
        ),
    ],
)
def test_items_are_put_to_a_list(
    one: ListRule, items: str, expected: list[str]
) -> None:
    assert laid(one, "at: [a, b]", items) == expected


def test_mappings_are_paired_by_their_key_and_merged_deep() -> None:
    low = "at: [{name: a, x: {p: 1, q: 1}}, {name: b}, odd, {x: 1}]"
    items = "[{name: c}, {name: a, x: {q: 2}, y: [3]}]"
    assert laid(BY_NAME, low, items) == [
        {"name": "a", "x": {"p": 1, "q": 2}, "y": [3]},
        {"name": "b"},
        "odd",
        {"x": 1},
        {"name": "c"},
    ]


def test_keys_of_different_types_are_no_pair() -> None:
    assert laid(BY_NAME, "at: [{name: 1}]", "[{name: '1'}]") == [
        {"name": 1},
        {"name": "1"},
    ]


@pytest.mark.parametrize("low", ["{}", "{at: null}", "{at: []}"])
@pytest.mark.parametrize("one", [APPEND, PREPEND, UNION, BY_NAME])
def test_where_no_list_lies_the_items_are_the_list(one: ListRule, low: str) -> None:
    assert laid(one, low, "[{name: a}]") == [{"name": "a"}]


@pytest.mark.parametrize("one", [APPEND, PREPEND, UNION, BY_NAME])
def test_an_empty_list_changes_nothing(one: ListRule) -> None:
    low = read("at: [a, b]")
    assert lay(low, contribution(one, "[]")) is low


def test_every_item_keeps_its_place() -> None:
    tree = lay(read("at: [a]", "low.yaml"), contribution(APPEND, "[b]"))
    key, node = tree.items["at"]
    assert isinstance(node, Sequence)
    assert [item.where.path for item in node.items] == ["low.yaml", "high.yaml"]
    assert (key.path, node.where.path) == ("low.yaml", "low.yaml")


def test_an_anchor_that_is_missing_is_told_at_the_rule() -> None:
    one = rule(ListMerge.INSERT, anchor="batch")
    for low in ("at: [a]", "at: []", "{}"):
        found = fault(one, low, "[x]")
        assert found.where == HERE
        assert found.message == (
            "no item `batch` to insert next to in the list at `/at`"
        )


@pytest.mark.parametrize(
    ("low", "what"),
    [("at: {}", "a mapping"), ("at: secret", "text"), ("at: 1", "a number")],
)
def test_what_is_no_list_takes_no_items_and_is_not_shown(low: str, what: str) -> None:
    found = fault(APPEND, low, "[x]")
    assert found.message == f"`/at` is {what} at low.yaml:1:5, and takes no items"
    assert found.where == Where("high.yaml", 1, 1)


@pytest.mark.parametrize("item", ["x", "{v: 1}", "{name: null}", "{name: [a]}"])
def test_an_item_without_the_key_is_told_at_its_place(item: str) -> None:
    found = fault(BY_NAME, "at: [{name: a}]", f"[{{name: b}}, {item}]")
    assert found.message == "an item without `name`, by which this list is merged"
    assert found.where == Where("high.yaml", 1, 17)


def test_a_document_is_split_into_what_it_sets_and_what_it_adds() -> None:
    tree = read(
        "service: {extensions: [a], pipelines: {x: {processors: [b]}, "
        "y: {processors: [c], receivers: [d]}, z: {}}}\n"
    )
    rules = (
        rule(ListMerge.APPEND, "/service/pipelines/*/processors"),
        rule(ListMerge.PREPEND, "/service/extensions"),
    )
    report = Report()
    rest, found = lists.split(tree, rules, report)
    assert report.findings == ()
    assert plain(rest) == {
        "service": {"pipelines": {"x": {}, "y": {"receivers": ["d"]}, "z": {}}}
    }
    assert [(pointers.text(one.path), plain(one.list)) for one in found] == [
        ("/service/extensions", ["a"]),
        ("/service/pipelines/x/processors", ["b"]),
        ("/service/pipelines/y/processors", ["c"]),
    ]


def test_a_document_without_rules_stays_as_it_is() -> None:
    tree = read("a: [1]")
    assert lists.split(tree, (), Report()) == (tree, ())


@pytest.mark.parametrize("tree", ["{}", "b: []", "at: {}", "at: x", "at: null"])
def test_a_rule_that_finds_no_list_is_told(tree: str) -> None:
    report = Report()
    lists.split(read(tree), (APPEND,), report)
    (found,) = report.findings
    assert (found.rule, found.where) == ("E076", HERE)
    assert found.message == "this document has no list at `/at`"


def test_a_list_has_one_rule() -> None:
    report = Report()
    rules = (rule(ListMerge.APPEND, "/*"), rule(ListMerge.PREPEND, "/at"))
    lists.split(read("at: [1]"), rules, report)
    (found,) = report.findings
    assert found.message == "the list at `/at` has a rule already, at rules.yaml:7:3"


def test_many_lists_are_laid_in_one_go() -> None:
    low = read("{a: {x: [1], y: {}}, b: {x: [1]}, c: 1}")
    rules = (rule(ListMerge.APPEND, "/*/x"), rule(ListMerge.APPEND, "/*/y/z"))
    high = "{a: {x: [2], y: {z: [3]}}, b: {x: []}, c: {x: [4]}}"
    _, found = lists.split(read(high), rules, Report())
    tree = lay(low, *found)
    assert plain(tree) == {
        "a": {"x": [1, 2], "y": {"z": [3]}},
        "b": {"x": [1]},
        "c": 1,
    }
    assert tree.items["b"][1] is low.items["b"][1]


def test_thousands_of_lists_under_one_rule_cost_what_they_hold() -> None:
    many = ", ".join(f"p{number}: [x]" for number in range(15_000))
    tree = read(f"{{at: {{{many}}}}}")
    rest, found = lists.split(tree, (rule(ListMerge.APPEND, "/at/*"),), Report())
    assert len(found) == 15_000
    assert plain(rest) == {"at": {}}
    assert plain(lay(tree, *found))["at"]["p14999"] == ["x", "x"]


@pytest.mark.parametrize("one", [UNION, BY_NAME])
def test_long_lists_are_joined_without_comparing_each_with_each(one: ListRule) -> None:
    items = [{"name": number} for number in range(20_000)]
    tree, added = node_of({"at": items}), node_of(items)
    assert isinstance(tree, Table)
    assert isinstance(added, Sequence)
    found = lay(tree, Contribution(one, ("at",), HERE, added))
    assert plain(found) == {"at": items}


def test_equals_that_pair_an_item_may_not_disagree_on_it() -> None:
    one = contribution(BY_NAME, "[{name: a, v: 1}, {name: b, v: 1}]")
    other = contribution(BY_NAME, "[{name: b, v: 2, w: 1}, {name: c}]")
    (found,) = lists.disagreements((one, other))
    assert found.path == ("at", "b", "v")
    assert list(lists.disagreements((one, one))) == []
    apart = contribution(APPEND, "[{name: b, v: 3}]")
    assert list(lists.disagreements((one, apart))) == []


_lists = st.lists(st.sampled_from([1, True, "1", None, [1], {"a": 1}]), max_size=6)


def _lay(one: ListRule, low: list[object], high: list[object]) -> list[object]:
    tree, added = node_of({"at": low}), node_of(high)
    assert isinstance(tree, Table)
    assert isinstance(added, Sequence)
    _, node = lay(tree, Contribution(one, ("at",), HERE, added)).items["at"]
    assert isinstance(node, Sequence)
    return [plain(item) for item in node.items]


@given(_lists, _lists)
def test_appending_and_prepending_keep_every_item_in_order(
    low: list[object], high: list[object]
) -> None:
    assert _lay(APPEND, low, high) == low + high
    assert _lay(PREPEND, low, high) == high + low


@given(_lists, _lists)
def test_a_union_holds_both_and_a_second_one_adds_nothing(
    low: list[object], high: list[object]
) -> None:
    united = _lay(UNION, low, high)
    assert united[: len(low)] == low
    assert _lay(UNION, united, high) == united
    kinds = {(type(item), str(item)) for item in united}
    assert kinds == {(type(item), str(item)) for item in low + high}


@given(st.permutations([1, 2, 3]), _lists, st.sampled_from(["before", "after"]))
def test_inserting_moves_nothing_else(
    low: list[object], high: list[object], side: str
) -> None:
    one = rule(ListMerge.INSERT, anchor=2, before=side == "before")
    found = _lay(one, low, high)
    at = low.index(2) + (side == "after")
    assert found == low[:at] + high + low[at:]


_named = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from("abc")},
        optional={"v": st.integers(0, 2), "w": st.integers(0, 2)},
    ),
    unique_by=lambda item: item["name"],
)


@given(_named, _named)
def test_pairing_by_key_is_merging_of_mappings(
    low: list[dict[str, object]], high: list[dict[str, object]]
) -> None:
    found = laid(BY_NAME, f"at: {low}", str(high))
    under = {item["name"]: item for item in low}
    over = {item["name"]: item for item in high}
    names = [*under, *(name for name in over if name not in under)]
    assert found == [under.get(one, {}) | over.get(one, {}) for one in names]


def test_a_scalar_is_found_by_its_meaning() -> None:
    assert laid(UNION, "at: [1, 1.0]", "[0x1, 1e0, '1']") == [1, 1.0, "1"]
