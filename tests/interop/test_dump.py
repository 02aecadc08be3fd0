"""What `dump.py` writes and `yaml.py` reads, the Collector's parser reads alike.

Values are drawn first and asked about at once: a start of the real parser takes longer
than a thousand documents.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import dump, nodes, yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Table, Timestamp
from tests.fleet.trees import TRAPS, node_of, scalars, texts, values
from tests.interop import distribution

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]

DRAWN: Final = 2_000


def draw(strategy: st.SearchStrategy[Any]) -> list[Any]:
    """Values as Hypothesis would try them."""
    found: list[Any] = []

    @settings(max_examples=DRAWN, deadline=None, database=None)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def typed(node: Node) -> Any:
    """The node as `decode.go` tells it."""
    match node:
        case nodes.Sequence(items):
            return {"l": [typed(item) for item in items]}
        case Table(items):
            pairs = [[{"s": key}, typed(value)] for key, (_, value) in items.items()]
            return {"m": sorted(pairs, key=lambda pair: pair[0]["s"])}
        case Scalar(None):
            return {"n": None}
        case Scalar(bool(value)):
            return {"b": value}
        case Scalar(int(value)):
            return {"i": str(value)}
        case Scalar(float(value)):
            return {"f": value}
        case Scalar(Timestamp()):
            return {"t": None}
        case Scalar(value):
            return {"s": value}


def told(value: Any) -> Any:
    """What the parser told, in the same terms: floats as such, times by their type."""
    match value:
        case {"l": items}:
            return {"l": [told(item) for item in items]}
        case {"m": pairs}:
            found = [[key, told(item)] for key, item in pairs]
            return {"m": sorted(found, key=lambda pair: str(pair[0].get("s")))}
        case {"f": text}:
            return {"f": float(text)}
        case {"t": _}:
            return {"t": None}
        case _:
            return value


def same(one: Any, other: Any) -> bool:
    """Equal, and not a number equal to itself."""
    return repr(one).replace("-0.0", "0.0") == repr(other).replace("-0.0", "0.0")


def check(binary: Path, drawn: Sequence[Any]) -> None:
    written = [node_of(value) for value in drawn]
    documents = [dump.dump(node) for node in written]
    for node, document, value in zip(
        written, documents, distribution.decode(binary, documents), strict=True
    ):
        assert same(told(value), typed(node)), document


def test_a_dumped_tree_is_read_as_what_it_was(distribution_binary: Path) -> None:
    check(distribution_binary, draw(values()))


def test_a_scalar_is_read_alike_as_item_key_and_value(
    distribution_binary: Path,
) -> None:
    found = draw(texts() | scalars())
    check(distribution_binary, [[one, {"k": one}] for one in found])
    check(distribution_binary, [{one: None} for one in found if type(one) is str])


def test_no_trap_is_read_as_anything_but_text(distribution_binary: Path) -> None:
    check(distribution_binary, [*TRAPS, *({trap: [trap]} for trap in TRAPS)])
    check(distribution_binary, [{"a": {trap: trap}} for trap in TRAPS])


_PLAIN = st.text(st.sampled_from("0123456789abefoxnyENYTtrulsi.+-_:~/ "), max_size=9)


def test_what_an_author_leaves_unquoted_is_read_alike(
    distribution_binary: Path,
) -> None:
    documents = [f"v: {text}\n".encode() for text in draw(_PLAIN)]
    ours = [_read(document) for document in documents]
    theirs = distribution.decode(distribution_binary, documents)
    assert sum(node is not None for node in ours) > DRAWN / 2
    for document, node, value in zip(documents, ours, theirs, strict=True):
        if node is not None:
            assert same(told(value), typed(node)), document


def _read(document: bytes) -> Node | None:
    """Our reading; None where we refuse what the Collector may take."""
    try:
        (node,) = yaml.compose(document, "plain.yaml")
    except Fault:
        return None
    return node
