"""Trees for the tests of this room: built by hand, or drawn by Hypothesis."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet.syntax import yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table, Timestamp

HERE = Where("tree.yaml", 1, 1)

TRAPS = (
    *("on", "Off", "yes", "NO", "y", "n", "true", "False", "null", "~", "", "nan"),
    *(
        "22:22",
        "1:2:3",
        "0o14",
        "012",
        "08",
        "0x1F",
        "0b11",
        "1e3",
        "1.",
        ".5",
        "1_000",
    ),
    *("+1", "-0", "_1", ".inf", "-.INF", ".NaN", "2001-01-01", "2001-1-1T1:1:1Z"),
    *("<<", "=", "-", "- a", "?", "? a", ":", "a:", "a: b", "a #b", "#", "&a", "*a"),
    *(
        "!t",
        "|",
        ">",
        "%YAML",
        "@",
        "`",
        "'",
        '"',
        "\\",
        "[",
        "]",
        "{",
        "}",
        ",",
        "---",
    ),
    *(
        "${env:X}",
        "${env:X:-1}",
        "$$",
        "$${X}",
        "127.0.0.1:4317",
        "10s",
        "é",
        "\U0001f600",
    ),
    *(
        " a",
        "a ",
        "\ta",
        "a\t",
        "a\nb",
        "a\nb\n",
        "a\n\nb\n\n",
        "\n",
        "\na",
        " a\nb",
        "a \nb",
    ),
    *("a\n b\n", "#a\nb", "- a\n- b", "---\na", "a\n---\nb", "...\n", "a\r\nb", "a\rb"),
    *(
        "\x00",
        "\x1b[0m",
        "\x7f",
        "\x85",
        "\xa0",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "a\u2029b\nc",
    ),
    "long " * 400,
    "k" * 2_000,
)
"""Texts that one YAML reader or another takes for something else."""


def node_of(value: Any, where: Where = HERE) -> Node:
    """The node of plain Python data, all at one place."""
    match value:
        case dict():
            return table_of(value, where)
        case list():
            return Sequence(tuple(node_of(item, where) for item in value), where)
        case _:
            return Scalar(value, where)


def table_of(value: Mapping[str, Any], where: Where = HERE) -> Table:
    """The mapping of plain Python data, all at one place."""
    return Table(
        {key: (where, node_of(one, where)) for key, one in value.items()}, where
    )


def read(text: str, path: str = "tree.yaml") -> Table:
    """The one mapping that a text holds."""
    (document,) = yaml.compose(text.encode(), path)
    assert isinstance(document, Table)
    return document


def texts() -> st.SearchStrategy[str]:
    """Traps, and any other text that YAML can hold."""
    return st.sampled_from(TRAPS) | st.text(
        st.characters(exclude_categories=["Cs"]), max_size=12
    )


def scalars() -> st.SearchStrategy[Any]:
    """Every type of leaf."""
    return (
        texts()
        | st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats()
        | st.just(Timestamp("2001-01-01"))
    )


def values() -> st.SearchStrategy[Any]:
    """Nested plain values."""
    return st.recursive(
        scalars(),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4)
        ),
        max_leaves=12,
    )


def tables() -> st.SearchStrategy[Table]:
    """Mappings of anything."""
    return st.dictionaries(texts(), values(), max_size=5).map(table_of)


def small_tables() -> st.SearchStrategy[Table]:
    """Mappings with so few keys and values that two of them often meet."""
    leaves = st.sampled_from([None, 1, 1.0, True, "1", [1], []])
    keys = st.sampled_from("abc")
    inner = st.recursive(
        leaves, lambda deeper: st.dictionaries(keys, deeper, max_size=3), max_leaves=8
    )
    return st.dictionaries(keys, inner, max_size=3).map(table_of)
