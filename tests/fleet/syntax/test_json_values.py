import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import json_values
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table, plain
from reconciler.fleet.syntax.yaml import Caps

SMALL = Caps(size=100, depth=3, nodes=5)


def read(text: str, caps: Caps | None = None) -> Node:
    content = text.encode(errors="surrogatepass")
    (node,) = json_values.compose(content, "a.json", caps=caps or Caps())
    return node


def fault(text: str, caps: Caps | None = None) -> Fault:
    with pytest.raises(Fault) as caught:
        read(text, caps)
    return caught.value


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(
    value=_VALUES,
    indent=st.sampled_from([None, 1, "\t"]),
    ascii_only=st.booleans(),
)
def test_all_json_is_read_as_the_standard_library_reads_it(
    value: Any, indent: int | str | None, *, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    caps = Caps(depth=128)
    assert json.dumps(plain(read(text, caps))) == json.dumps(value)


@given(_VALUES)
def test_what_is_written_is_read_the_same(value: Any) -> None:
    node = read(json.dumps(value), Caps(depth=128))
    again = json_values.dump(node)
    assert json.dumps(plain(read(again.decode(), Caps(depth=128)))) == json.dumps(value)
    assert again.endswith(b"\n")


def test_every_key_and_value_has_its_place() -> None:
    node = read('{\n  "a": [1,\n    {"b": null}]\n}\n')
    assert isinstance(node, Table)
    assert node.where == Where("a.json", 1, 1)
    place, inner = node.items["a"]
    assert place == Where("a.json", 2, 3)
    assert isinstance(inner, Sequence)
    assert inner.where == Where("a.json", 2, 8)
    assert inner.items[0].where == Where("a.json", 2, 9)
    assert isinstance(inner.items[1], Table)
    assert inner.items[1].items["b"] == (
        Where("a.json", 3, 6),
        Scalar(None, Where("a.json", 3, 11)),
    )


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("", "a value is expected", (1, 1)),
        ("{", "a key in double quotes is expected", (1, 2)),
        ('{"a": 1,}', "a key in double quotes is expected", (1, 9)),
        ("{'a': 1}", "a key in double quotes is expected", (1, 2)),
        ('{"a" 1}', "a `:` is expected", (1, 6)),
        ('{"a": 1 "b": 2}', "a `,` is expected", (1, 9)),
        ("[1,\n 2\n 3]", "a `,` is expected", (3, 2)),
        ("[1,]", "a value is expected", (1, 4)),
        ("{} {}", "this stands behind the end of the value", (1, 4)),
        ("// why\n{}", "a value is expected", (1, 1)),
        ('["a\nb"]', "Invalid control character at", (1, 4)),
        ('["a]', "Unterminated string starting at", (1, 2)),
        ("[tru]", "Expecting value", (1, 2)),
        ("[NaN]", "a value is expected", (1, 2)),
        ("[-Infinity]", "this is no number", (1, 2)),
        ("[1e999]", "this number is too large", (1, 2)),
        (f"[{'9' * 5000}]", "this is no number", (1, 2)),
        ('["\\ud800"]', "this text holds half of a character", (1, 2)),
        (
            '{\u00a0"a": 1}',
            "a key in double quotes is expected; here stands U+00A0, a no-break space",
            (1, 2),
        ),
        (
            "\ufeff{}",
            (
                "a value is expected; here stands U+FEFF, a byte order mark "
                "(zero width no-break space)"
            ),
            (1, 1),
        ),
    ],
)
def test_what_is_no_json_is_told_with_its_place(
    text: str, message: str, place: tuple[int, int]
) -> None:
    found = fault(text)
    assert found.finding.rule == "E001"
    assert found.message == f"not JSON: {message}"
    assert found.where == Where("a.json", *place)
    assert found.hint


def test_a_key_given_twice_is_an_error_at_the_second() -> None:
    found = fault('{"a": 1,\n "a": 2}')
    assert found.finding.rule == "E002"
    assert found.message == "the key `a` was already given on line 1"
    assert found.where == Where("a.json", 2, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[[[1]]]]", "more than 3 levels of nesting in one file"),
        ("[1, 2, 3, 4, 5]", "more than 5 values in one file"),
        (f'"{"x" * 100}"', "the file has 102 bytes; the cap is 100"),
        (b"\xff".decode("latin-1"), "a value is expected"),
    ],
)
def test_caps_hold(text: str, message: str) -> None:
    assert message in fault(text, SMALL).message


def test_another_encoding_is_refused() -> None:
    with pytest.raises(Fault, match="not UTF-8"):
        json_values.compose('{"a": "é"}'.encode("latin-1"), "a.json")


def test_numbers_that_json_has_not_are_found() -> None:
    here, there = Where("a.yaml", 1, 1), Where("a.yaml", 2, 1)
    bad = Scalar(float("inf"), there)
    tree = Table({"a": (here, Sequence((Scalar(1.5, here), bad), here))}, here)
    assert list(json_values.unwritable(tree)) == [there]
