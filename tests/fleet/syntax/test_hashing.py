import hashlib
import itertools

import pytest
from hypothesis import given

from reconciler.fleet.syntax import hashing
from reconciler.fleet.syntax.nodes import Node, Table, Timestamp, same
from tests.fleet.trees import node_of, read, tables, values

YAML = "text/yaml"


def digest(node: Node, entry: str = "", content_type: str = YAML) -> bytes:
    return hashing.config_hash({entry: (content_type, node)})


def test_the_encoding_is_as_the_module_says() -> None:
    encoded = (
        b"opamp-reconciler config 1\n"
        b"m\x00\x00\x00\x00\x00\x00\x00\x45"
        b"s\x00\x00\x00\x00\x00\x00\x00\x00"
        b"l\x00\x00\x00\x00\x00\x00\x00\x33"
        b"s\x00\x00\x00\x00\x00\x00\x00\x09text/yaml"
        b"m\x00\x00\x00\x00\x00\x00\x00\x18"
        b"s\x00\x00\x00\x00\x00\x00\x00\x01a"
        b"i\x00\x00\x00\x00\x00\x00\x00\x0512345"
    )
    assert digest(read("{a: 12345}")) == hashlib.sha256(encoded).digest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", "c4918ffbf0f2d4958e785d8fb96e59b7ae33a787adc978ed1619dc459926c717"),
        (
            "{a: null}",
            "db6a34dca286afbb8f82bd8a253b327af3796dd7951e0a385de6870f9e4cb5a9",
        ),
        (
            "{a: [1, 1.0, '1', true, 2001-01-01], b: {c: é}}",
            "f8e187ed862e7fbb7dddcef894cde96b226dffac141b464f6a6ac44d983c388a",
        ),
    ],
)
def test_the_encoding_never_changes_unseen(text: str, expected: str) -> None:
    assert digest(read(text)).hex() == expected


def test_comments_key_order_quotes_and_places_do_not_matter() -> None:
    one = read("# why\na: 1\nb: {c: 'x'}\n", "one.yaml")
    other = read('b: \n  c: "x" # here\na: 0x1\n', "other.yaml")
    assert digest(one) == digest(other)


LOOKALIKES: tuple[object, ...] = (
    1,
    "1",
    1.0,
    True,
    None,
    "",
    "null",
    [],
    {},
    "true",
    0,
    0.0,
    False,
)


@pytest.mark.parametrize(
    ("one", "other"), list(itertools.combinations([*LOOKALIKES, [1], [[1]], ["1"]], 2))
)
def test_values_of_different_type_or_content_hash_differently(
    one: object, other: object
) -> None:
    assert digest(node_of({"a": one})) != digest(node_of({"a": other}))


def test_a_time_is_no_text() -> None:
    assert digest(node_of(Timestamp("2001-01-01"))) != digest(node_of("2001-01-01"))


def test_where_one_text_ends_matters() -> None:
    assert digest(node_of(["ab", "c"])) != digest(node_of(["a", "bc"]))
    assert digest(node_of({"a": "bc"})) != digest(node_of({"ab": "c"}))
    assert digest(node_of([["a"], "b"])) != digest(node_of([["a", "b"]]))


def test_the_order_of_a_list_matters() -> None:
    assert digest(node_of([1, 2])) != digest(node_of([2, 1]))


def test_entry_name_and_content_type_are_part_of_it() -> None:
    tree = read("{a: 1}")
    assert digest(tree) != digest(tree, entry="a")
    assert digest(tree) != digest(tree, content_type="application/json")
    assert hashing.config_hash({}) != digest(read("{}"))


def test_the_order_of_entries_does_not_matter() -> None:
    one, other = (YAML, read("{a: 1}")), (YAML, read("{b: 1}"))
    assert hashing.config_hash({"x": one, "y": other}) == hashing.config_hash(
        {"y": other, "x": one}
    )


@given(tables(), tables())
def test_trees_hash_alike_exactly_when_they_mean_the_same(
    one: Table, other: Table
) -> None:
    assert (digest(one) == digest(other)) == same(one, other)


@given(tables())
def test_a_hash_has_32_bytes_and_is_stable(tree: Table) -> None:
    assert len(digest(tree)) == 32
    assert digest(tree) == digest(tree)


@given(values(), values())
def test_nodes_have_one_identity_exactly_when_they_mean_the_same(
    one: object, other: object
) -> None:
    a, b = node_of(one), node_of(other)
    assert (hashing.identity(a) == hashing.identity(b)) is same(a, b)
    assert hashing.identity(a) == hashing.identity(node_of(one))
