"""The config hash: equal exactly when two configs mean the same.

Called by `render.py`; agents echo the hash back as OpAMP's `config_hash`. SHA-256 over
a length-prefixed encoding in which every value carries its type, so that no two values
share an encoding. Comments, key order, quoting and commits are not part of it.

    value  = type (1 byte) . length (8 bytes, big-endian) . payload
    map    = key and value in turn, in order of the keys' UTF-8 bytes
    config = magic . map of entry name to [content type, value]

Another encoding needs another magic: all agents then see one new offer.
"""

import hashlib
import math
import struct
from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.fleet.syntax.nodes import (
    Node,
    Scalar,
    ScalarValue,
    Sequence,
    Table,
    Timestamp,
)
from reconciler.ids import ConfigHash

MAGIC: Final = b"opamp-reconciler config 1\n"


def identity(node: Node) -> bytes:
    """Equal bytes exactly for nodes that mean the same (`nodes.same`)."""
    return _node(node)


def config_hash(entries: Mapping[str, tuple[str, Node]]) -> ConfigHash:
    """The hash of entries given as name to (content type, parsed value)."""
    body = _mapping(
        (name, _framed(b"l", _text(content_type) + _node(node)))
        for name, (content_type, node) in entries.items()
    )
    return ConfigHash(hashlib.sha256(MAGIC + body).digest())


def _framed(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(8, "big") + payload


def _text(value: str) -> bytes:
    return _framed(b"s", value.encode())


def _mapping(items: Iterable[tuple[str, bytes]]) -> bytes:
    pairs = sorted((key.encode(), value) for key, value in items)
    return _framed(b"m", b"".join(_framed(b"s", key) + value for key, value in pairs))


def _node(node: Node) -> bytes:
    match node:
        case Scalar(value):
            return _scalar(value)
        case Sequence(items):
            return _framed(b"l", b"".join(map(_node, items)))
        case Table(items):
            return _mapping((key, _node(value)) for key, (_, value) in items.items())


def _double(value: float) -> bytes:
    return struct.pack(">d", value + 0.0)  # the two zeros are one


_NAN: Final = _double(math.nan)


def _scalar(value: ScalarValue) -> bytes:
    match value:
        case None:
            return _framed(b"n", b"")
        case bool():
            return _framed(b"b", b"1" if value else b"0")
        case int():
            return _framed(b"i", b"%d" % value)
        case float():
            return _framed(b"f", _NAN if math.isnan(value) else _double(value))
        case Timestamp():
            return _framed(b"t", value.encode())
        case str():
            return _text(value)
