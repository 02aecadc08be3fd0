from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.adoption import change
from reconciler.fleet.adoption.change import Append, Change, Remove, Set
from reconciler.fleet.syntax import nodes
from reconciler.fleet.syntax.nodes import Table
from tests.fleet.trees import node_of, read, small_tables, table_of, tables

LISTS = st.dictionaries(
    st.sampled_from("ab*"), st.lists(st.sampled_from("xyz"), max_size=3), max_size=3
).map(table_of)


def edits(low: str, high: str) -> change.Edits:
    return change.between(read(low), read(high))


@given(small_tables() | LISTS, small_tables() | LISTS)
def test_the_edits_between_two_trees_lead_from_one_to_the_other(
    low: Table, high: Table
) -> None:
    made = change.of(change.between(low, high), high)
    assert nodes.same(change.apply(low, made), high)


@given(tables())
def test_from_a_tree_to_itself_there_is_nothing_to_do(tree: Table) -> None:
    assert change.between(tree, tree) == ()
    assert not change.of((), tree)


def test_a_value_that_differs_is_set_where_it_stands() -> None:
    (one,) = edits("a: {b: 1, c: 2}", "a: {b: 1, c: 3}")
    assert isinstance(one, Set)
    assert one.path == ("a", "c")


def test_what_is_gone_is_removed_by_its_path() -> None:
    assert edits("a: {b: 1, c: 2, d: 3}", "a: {b: 1, c: 2}") == (Remove(("a", "d")),)


def test_a_list_of_names_that_goes_on_is_added_to() -> None:
    (one,) = edits("a: [x]", "a: [x, y]")
    assert isinstance(one, Append)
    assert nodes.plain(one.node) == ["y"]


def test_a_list_that_begins_otherwise_or_holds_mappings_is_replaced() -> None:
    (other_start,) = edits("a: [x]", "a: [y, x]")
    (mappings,) = edits("a: [{b: 1}]", "a: [{b: 1}, {b: 2}]")
    assert isinstance(other_start, Set)
    assert isinstance(mappings, Set)


def test_a_mapping_that_has_little_left_is_written_anew() -> None:
    low, high = "a: {b: 1, c: 2, d: 3, e: 4}", "a: {f: 1}"
    first, second = edits(low, high)
    assert first == Remove(("a",))
    assert isinstance(second, Set)
    assert second.path == ("a",)


def test_a_key_that_a_pattern_would_take_for_any_is_never_named_in_a_removal() -> None:
    first, second = edits('a: {"*": 1, b: 2}', "a: {b: 2}")
    assert first == Remove(("a",))
    assert isinstance(second, Set)


def test_a_change_has_the_key_order_of_the_author() -> None:
    order = read("receivers: {}\nservice: {}\nexporters: {b: 1, a: 2}")
    made = change.of(
        (
            Set(("exporters", "a"), node_of(2)),
            Set(("exporters", "b"), node_of(1)),
            Set(("receivers",), node_of({"z": 1})),
        ),
        order,
    )
    assert list(made.tree.items) == ["receivers", "exporters"]
    assert nodes.plain(made.tree)["exporters"] == {"b": 1, "a": 2}
    assert list(nodes.plain(made.tree)["exporters"]) == ["b", "a"]


def test_removals_count_more_than_lines() -> None:
    removed = change.cost((Remove(("a",)),))
    assert change.cost((Set(("a",), node_of(1)),)) == 1
    assert removed == 2
    assert change.cost((Set(("a",), node_of({"b": [1, 2]})),)) == 4


def test_a_change_that_only_removes_is_one() -> None:
    assert Change(change.NOTHING, remove=(("a",),))
    assert not Change(change.NOTHING)


def test_leaves_count_into_lists() -> None:
    found = {path for path, _ in change.leaves(read("a: [x, {b: 1}]\nc: {}"))}
    assert found == {("a", "0"), ("a", "1", "b"), ("c",)}
