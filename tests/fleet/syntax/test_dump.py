import math
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import example, given

from reconciler.fleet.syntax import dump, yaml
from reconciler.fleet.syntax.nodes import Table, Timestamp, same
from tests.fleet.trees import TRAPS, node_of, read, table_of, tables, values


def text_of(value: Any) -> str:
    return dump.dump(node_of(value)).decode()


def test_a_tree_is_written_as_people_write_it() -> None:
    tree = read(
        "receivers: {otlp: {protocols: {grpc: null}}, nop: {}}\n"
        "list: [a, 1, [b, c], {d: 1.5, e: []}, true]\n"
    )
    assert dump.dump(tree).decode() == (
        "receivers:\n"
        "  otlp:\n"
        "    protocols:\n"
        "      grpc: null\n"
        "  nop: {}\n"
        "list:\n"
        "  - a\n"
        "  - 1\n"
        "  - - b\n"
        "    - c\n"
        "  - d: 1.5\n"
        "    e: []\n"
        "  - true\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("otlp/backend", "otlp/backend"),
        ("${env:HOST:-localhost}:4317", "${env:HOST:-localhost}:4317"),
        ("$$5", "$$5"),
        ("https://a.example/x?y=1", '"https://a.example/x?y=1"'),
        ("on", '"on"'),
        ("No", '"No"'),
        ("22:22", '"22:22"'),
        ("0o14", '"0o14"'),
        ("1e3", '"1e3"'),
        ("~", '"~"'),
        ("", '""'),
        ("2001-01-01", '"2001-01-01"'),
        (Timestamp("2001-01-01"), "2001-01-01"),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("a:", '"a:"'),
        ('say "hi" \\', '"say \\"hi\\" \\\\"'),
        ("\x1b\x85\u2028\ufeff", '"\\u001b\\u0085\\u2028\\ufeff"'),
        ("é\U0001f600", '"é\U0001f600"'),
        (1.0, "1.0"),
        (1e16, "1.0e+16"),
        (1e-7, "1.0e-07"),
        (math.inf, ".inf"),
        (-math.inf, "-.inf"),
        (math.nan, ".nan"),
        (-0.0, "-0.0"),
        (2**64 - 1, "18446744073709551615"),
    ],
)
def test_a_scalar_is_quoted_where_anyone_could_read_it_otherwise(
    value: Any, text: str
) -> None:
    assert text_of({"a": value}) == f"a: {text}\n"


def test_several_lines_become_a_literal_block() -> None:
    assert text_of({"a": "x\n  y\n\nz\n", "b": ["x\ny"]}) == (
        "a: |\n  x\n    y\n\n  z\nb:\n  - |-\n    x\n    y\n"
    )


def test_lines_that_would_not_survive_a_block_are_quoted() -> None:
    for value in (
        *(" x\ny", "x \ny", "x\n\n", "\nx", "\tx\ny", "x\ty\nz"),
        *("x\n\u2028", "\x1b\nx", "\ufeff\nx", "\x7f\nx"),
    ):
        assert "|" not in text_of({"a": value})


def test_a_long_key_is_written_as_one() -> None:
    key = "k" * 2_000
    assert text_of({key: {"a": 1}}) == f"? {key}\n:\n  a: 1\n"


@given(tables())
@example(table_of({trap: trap for trap in TRAPS}))
@example(table_of({"a": "\x1b\nx"}))
@example(table_of({"a": [{trap: [trap]} for trap in TRAPS]}))
def test_what_is_dumped_is_read_back_the_same(tree: Table) -> None:
    (document,) = yaml.compose(dump.dump(tree), "tree.yaml")
    assert same(document, tree)


@given(tables())
def test_a_dump_of_what_was_read_back_gives_the_same_bytes(tree: Table) -> None:
    body = dump.dump(tree)
    (document,) = yaml.compose(body, "tree.yaml")
    assert dump.dump(document) == body


@given(values())
def test_a_value_of_any_kind_can_be_the_whole_document(value: Any) -> None:
    node = node_of(value)
    (document,) = yaml.compose(dump.dump(node), "tree.yaml")
    assert same(document, node)


@pytest.mark.parametrize("text", TRAPS)
def test_a_reader_of_yaml_1_1_sees_the_same_text(text: str) -> None:
    body = dump.dump(node_of({"a": text, "b": [text]}))
    assert pyyaml.load(body, Loader=pyyaml.CSafeLoader) == {"a": text, "b": [text]}
