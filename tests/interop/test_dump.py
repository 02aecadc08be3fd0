"""What `fleet/dump.py` writes, and what `fleet/yaml.py` reads, the Collector reads so too.

Values are drawn in batches: one start of the real parser for hundreds of documents.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.fleet import dump, nodes, yaml
from reconciler.fleet.findings import Fault
from reconciler.fleet.nodes import Node, Scalar, Table, Timestamp
from tests.fleet.trees import TRAPS, node_of, scalars, texts, values
from tests.interop import distribution

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]

BATCH: Final = 200
BATCHES: Final = settings(
    max_examples=20,
    deadline=None,  # a batch starts a program of 200 MB
    suppress_health_check=list(HealthCheck),
)


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


@BATCHES
@given(st.lists(values(), min_size=BATCH, max_size=BATCH))
def test_a_dumped_tree_is_read_as_what_it_was(
    distribution_binary: Path, drawn: list[Any]
) -> None:
    check(distribution_binary, drawn)


def test_no_trap_is_read_as_anything_but_text(distribution_binary: Path) -> None:
    check(distribution_binary, [*TRAPS, *({trap: [trap]} for trap in TRAPS)])
    check(distribution_binary, [{"a": {trap: trap}} for trap in TRAPS])


@BATCHES
@given(st.lists(texts() | scalars(), min_size=BATCH, max_size=BATCH))
def test_a_scalar_is_read_alike_as_key_item_and_value(
    distribution_binary: Path, drawn: list[Any]
) -> None:
    check(distribution_binary, [[one, {"k": one}] for one in drawn])
    check(distribution_binary, [{one: None} for one in drawn if type(one) is str])


_PLAIN = st.text(st.sampled_from("0123456789abefoxnyENYTtrulsi.+-_:~/ "), max_size=9)


@BATCHES
@given(st.lists(_PLAIN, min_size=BATCH, max_size=BATCH))
def test_what_an_author_leaves_unquoted_is_read_alike(
    distribution_binary: Path, drawn: list[str]
) -> None:
    documents = [f"v: {text}\n".encode() for text in drawn]
    ours = [_read(document) for document in documents]
    theirs = distribution.decode(distribution_binary, documents)
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
