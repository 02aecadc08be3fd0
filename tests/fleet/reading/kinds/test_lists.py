import pytest

from reconciler.errors import Where
from reconciler.fleet.documents import ListMerge, ListRule
from reconciler.fleet.reading.kinds import config
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.reader import Reader


def rules(reader: Reader, lists: str) -> tuple[ListRule, ...]:
    made = config.read(reader.spec(f"{{selector: {{}}, config: {{}}, lists: {lists}}}"))
    return made.lists if made else ()


def test_a_rule_says_which_list_and_what_is_done(reader: Reader) -> None:
    (rule,) = rules(reader, "[{path: /service/extensions, merge: append}]")
    assert reader.messages == []
    assert str(rule.path) == "/service/extensions"
    assert rule.merge is ListMerge.APPEND
    assert rule.where == Where("docs/fleet.yaml", 2, 42)


@pytest.mark.parametrize("side", ["before", "after"])
def test_an_item_to_insert_next_to_may_have_any_shape(
    reader: Reader, side: str
) -> None:
    (rule,) = rules(reader, f"[{{path: /a, merge: insert, {side}: {{name: x}}}}]")
    assert reader.messages == []
    assert rule.anchor is not None
    assert plain(rule.anchor) == {"name": "x"}
    assert rule.before is (side == "before")


def test_a_list_may_be_merged_by_a_key(reader: Reader) -> None:
    (rule,) = rules(reader, "[{path: /a, merge: byKey, key: name}]")
    assert (rule.merge, rule.key) == (ListMerge.BY_KEY, "name")
    assert reader.messages == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "{path: '', merge: append}",
            (
                "`` in `spec.lists[0].path` is not a JSON Pointer: "
                "the root is not one place"
            ),
        ),
        ("append", "`spec.lists[0]` must be a mapping, not `append`"),
        ("{merge: append}", "`spec.lists[0].path` is missing"),
        ("{path: /a}", "`spec.lists[0].merge` is missing"),
        (
            "{path: a/b, merge: append}",
            (
                "`a/b` in `spec.lists[0].path` is not a JSON Pointer: "
                "a JSON Pointer starts with `/`"
            ),
        ),
        (
            "{path: /a, merge: apend}",
            (
                "`spec.lists[0].merge` must be one of append, prepend, insert, union, "
                "byKey, not `apend`"
            ),
        ),
        (
            "{path: /a, merge: insert}",
            "`merge: insert` takes exactly one of `before` and `after`",
        ),
        (
            "{path: /a, merge: insert, before: x, after: y}",
            "`merge: insert` takes exactly one of `before` and `after`",
        ),
        (
            "{path: /a, merge: append, after: y}",
            "`merge: append` takes none of `before` and `after`",
        ),
        ("{path: /a, merge: byKey}", "`merge: byKey` needs a `key`"),
        ("{path: /a, merge: union, key: name}", "`merge: union` takes no `key`"),
        ("{path: /a, merge: union, kye: name}", "unknown field `spec.lists[0].kye`"),
    ],
)
def test_a_rule_is_checked(reader: Reader, rule: str, message: str) -> None:
    rules(reader, f"[{rule}]")
    assert reader.messages == [message]


def test_there_is_an_end_to_rules(reader: Reader) -> None:
    assert rules(reader, f"[{', '.join(['{path: /a, merge: append}'] * 101)}]") == ()
    assert reader.messages == [
        "`spec.lists` must be a list of at most 100 rules, not a list"
    ]
