from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.findings import Severity
from reconciler.fleet.syntax import merge, pointers
from reconciler.fleet.syntax.merge import Conflict
from reconciler.fleet.syntax.nodes import Scalar, Table, plain, same
from tests.fleet.trees import read, small_tables, table_of


def overlaid(low: str, high: str) -> object:
    return plain(merge.overlay(read(low), read(high)))


def test_maps_are_merged_deep() -> None:
    low = "{a: {b: 1, c: {d: 1}}}"
    assert overlaid(low, "{a: {c: {e: 2}}}") == {"a": {"b": 1, "c": {"d": 1, "e": 2}}}


def test_lists_and_scalars_are_replaced() -> None:
    assert overlaid("{a: [1, 2], b: 1}", "{a: [3], b: x}") == {"a": [3], "b": "x"}


def test_null_is_a_value_and_an_empty_mapping_takes_nothing_away() -> None:
    low = "{processors: {batch: null}}"
    assert overlaid(low, "{processors: null}") == {"processors": None}
    assert overlaid(low, "{processors: {}}") == {"processors": {"batch": None}}
    assert overlaid("{a: null}", "{a: {b: 1}}") == {"a": {"b": 1}}


def test_keys_keep_the_order_in_which_they_first_appear() -> None:
    merged = merge.overlay(read("{b: 1, a: 1}"), read("{c: 1, a: 2}"))
    assert list(merged.items) == ["b", "a", "c"]


def test_every_leaf_keeps_the_place_it_was_written() -> None:
    low, high = read("a: 1\nb: 1\n", "low.yaml"), read("b: 2\n", "high.yaml")
    merged = merge.overlay(low, high)
    assert merged.items["a"][1].where == Where("low.yaml", 1, 4)
    assert merged.items["b"] == (
        Where("high.yaml", 1, 1),
        Scalar(2, Where("high.yaml", 1, 4)),
    )


@given(small_tables())
def test_a_layer_over_itself_changes_nothing(tree: Table) -> None:
    assert same(merge.overlay(tree, tree), tree)
    assert same(merge.overlay(table_of({}), tree), tree)
    assert same(merge.overlay(tree, table_of({})), tree)


@given(small_tables(), small_tables())
def test_the_higher_layer_is_contained_in_the_result(low: Table, high: Table) -> None:
    merged = merge.overlay(low, high)
    assert same(merge.overlay(merged, high), merged)


def test_layers_are_laid_from_the_lowest_up_so_that_a_null_between_wipes() -> None:
    low, middle, high = read("{a: {b: 1}}"), read("{a: null}"), read("{a: {c: 1}}")
    upwards = merge.overlay(merge.overlay(low, middle), high)
    downwards = merge.overlay(low, merge.overlay(middle, high))
    assert plain(upwards) == {"a": {"c": 1}}
    assert plain(downwards) == {"a": {"b": 1, "c": 1}}


def test_equals_that_differ_in_one_leaf_conflict_there_and_nowhere_else() -> None:
    one = read("a: {b: 1, c: [1]}\nd: 1\n", "one.yaml")
    other = read("a: {b: 2, c: [1]}\ne: 1\n", "other.yaml")
    united, conflicts = merge.unite(one, other)
    assert plain(united) == {"a": {"b": 1, "c": [1]}, "d": 1, "e": 1}
    assert conflicts == (
        Conflict(("a", "b"), Where("one.yaml", 1, 5), Where("other.yaml", 1, 5)),
    )


def test_a_value_of_another_type_is_a_conflict() -> None:
    for one, other in (("1", "true"), ("1", "'1'"), ("null", "{}"), ("[]", "{}")):
        _, conflicts = merge.unite(read(f"a: {one}"), read(f"a: {other}"))
        assert [conflict.path for conflict in conflicts] == [("a",)]


def test_a_conflict_names_both_places_and_no_value() -> None:
    conflict = Conflict(("a", "b"), Where("z.yaml", 9, 1), Where("b.yaml", 4, 2))
    finding = merge.describe(conflict)
    assert (finding.rule, finding.severity) == ("E070", Severity.ERROR)
    assert "`a.b` is set to different values at b.yaml:4:2 and z.yaml:9:1" in (
        finding.message
    )
    swapped = Conflict(conflict.path, conflict.other, conflict.one)
    assert merge.describe(swapped) == finding


@given(small_tables(), small_tables())
def test_equals_unite_alike_in_either_order(one: Table, other: Table) -> None:
    united, conflicts = merge.unite(one, other)
    swapped, swapped_conflicts = merge.unite(other, one)
    assert {conflict.path for conflict in conflicts} == {
        conflict.path for conflict in swapped_conflicts
    }
    if not conflicts:
        assert same(united, swapped)
        assert same(united, merge.overlay(one, other))


def test_of_equals_that_agree_the_later_place_counts() -> None:
    united, _ = merge.unite(read("a: 1", "one.yaml"), read("a: 1", "other.yaml"))
    assert united.items["a"][1].where.path == "other.yaml"


def removed(tree: str, *paths: str) -> object:
    return plain(merge.remove(read(tree), map(pointers.pattern, paths)))


def test_what_lies_at_a_path_goes_with_all_below_it() -> None:
    tree = "{a: {b: {c: 1}, d: 1}, e: 1}"
    assert removed(tree, "/a/b") == {"a": {"d": 1}, "e": 1}
    assert removed(tree, "/a/b", "/a/d", "/e") == {"a": {}}
    assert removed(tree, "/a/*/c") == {"a": {"b": {}, "d": 1}, "e": 1}
    assert removed(tree, "/*") == {}


def test_items_of_a_list_are_counted_before_any_is_removed() -> None:
    assert removed("a: [x, y, z]", "/a/0", "/a/1") == {"a": ["z"]}
    assert removed("a: [{b: 1, c: 1}, {b: 2}]", "/a/*/b") == {"a": [{"c": 1}, {}]}
    assert removed("a: [x]", "/a/00", "/a/1", "/a/-1") == {"a": ["x"]}


def test_a_path_that_leads_nowhere_removes_nothing() -> None:
    tree = read("{a: {b: 1}, c: null}")
    patterns = map(pointers.pattern, ("/a/x", "/x", "/a/b/c", "/c/d"))
    assert merge.remove(tree, patterns) is tree


def test_what_is_not_touched_is_shared() -> None:
    tree = read("{a: {b: {c: 1}}, d: {e: {}}}")
    left = merge.remove(tree, (pointers.pattern("/a/b/c"),))
    assert left.items["d"][1] is tree.items["d"][1]
    laid = merge.overlay(tree, read("{a: {x: 1}}"))
    assert laid.items["d"][1] is tree.items["d"][1]
    assert merge.overlay(tree, read("{a: {b: {}}, d: {e: {}}}")) is tree
    assert merge.overlay(tree, read("{}")) is tree
    assert merge.overlay(read("{}"), tree) is tree


@given(small_tables(), st.lists(st.sampled_from(["/a", "/*/b", "/a/*", "/b/c"])))
def test_removing_again_or_in_another_order_is_the_same(
    tree: Table, paths: list[str]
) -> None:
    patterns = [pointers.pattern(path) for path in paths]
    left = merge.remove(tree, patterns)
    assert merge.remove(left, patterns) is left
    for pattern in reversed(patterns):
        tree = merge.remove(tree, (pattern,))
    assert same(tree, left)


@given(st.permutations(["{a: 1}", "{b: {c: 1}}", "{b: {d: [1]}}", "{}"]))
def test_equals_without_conflict_unite_alike_in_any_order(texts: list[str]) -> None:
    tree = read(texts[0])
    for text in texts[1:]:
        tree, conflicts = merge.unite(tree, read(text))
        assert conflicts == ()
    assert plain(tree) == {"a": 1, "b": {"c": 1, "d": [1]}}
