"""Nodes to YAML that go-yaml v3 and our own reader read alike, and so do most others.

Called by `render.py` for merged configs. Text is quoted wherever YAML 1.1, YAML 1.2 or
go-yaml could see anything but text in it; several lines become a literal block. Keys
keep their order, so equal trees give equal bytes.
"""

import re
from collections.abc import Iterator
from typing import Final

from reconciler.fleet.syntax.nodes import (
    Node,
    Scalar,
    ScalarValue,
    Sequence,
    Table,
    Timestamp,
)

_INDENT: Final = "  "
_LONGEST_SIMPLE_KEY: Final = 128
"""A key on one line with its `:` may have 1024 characters; escapes make six of one."""


def dump(node: Node) -> bytes:
    """The document, UTF-8, ending in a newline."""
    return ("\n".join(_document(node)) + "\n").encode()


def _document(node: Node) -> Iterator[str]:
    if isinstance(node, Scalar) or not node.items:
        yield _inline(node, _INDENT)
    else:
        yield from _block(node, "")


def _block(node: Sequence | Table, indent: str) -> Iterator[str]:
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _item(item, indent)
        return
    for key, (_, value) in node.items.items():
        yield from _pair(key, value, indent)


def _pair(key: str, value: Node, indent: str) -> Iterator[str]:
    start = f"{indent}{_string(key)}:"
    if len(key) > _LONGEST_SIMPLE_KEY:
        yield f"{indent}? {_string(key)}"
        start = f"{indent}:"
    if isinstance(value, Scalar) or not value.items:
        yield f"{start} {_inline(value, indent + _INDENT)}"
    else:
        yield start
        yield from _block(value, indent + _INDENT)


def _item(item: Node, indent: str) -> Iterator[str]:
    inner = indent + _INDENT
    if isinstance(item, Scalar) or not item.items:
        yield f"{indent}- {_inline(item, inner)}"
        return
    lines = _block(item, inner)
    yield f"{indent}- {next(lines)[len(inner) :]}"
    yield from lines


def _inline(node: Node, indent: str) -> str:
    match node:
        case Scalar(value):
            return _scalar(value, indent)
        case Sequence():
            return "[]"
        case Table():
            return "{}"


def _scalar(value: ScalarValue, indent: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Timestamp():
            return str(value)
        case float():
            return _float(value)
        case str():
            return _literal(value, indent) or _string(value)


def _float(value: float) -> str:
    """With a point and a signed exponent: without them YAML 1.1 sees text."""
    text = repr(value)
    if text in _WORDS:
        return _WORDS[text]
    mantissa, _, exponent = text.partition("e")
    mantissa += "" if "." in mantissa else ".0"
    return f"{mantissa}e{int(exponent):+03d}" if exponent else mantissa


_WORDS: Final = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}

_PLAIN = re.compile(
    r"[A-Za-z_/$][A-Za-z0-9_./${}@%+=()*-]*(:+[A-Za-z0-9_./${}@%+=()*-]+)*"
)
_READ_AS_OTHER: Final = frozenset(
    {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"}
)
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]')
_NAMED_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
}


def _string(value: str) -> str:
    """On one line: plain when everyone reads that as this text, else double-quoted."""
    if _PLAIN.fullmatch(value) and value.lower() not in _READ_AS_OTHER:
        return value
    return f'"{_UNSAFE.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _NAMED_ESCAPES.get(character) or f"\\u{ord(character):04x}"


_LITERAL = re.compile(
    r"(?!\s)[^\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]*"
)


def _literal(value: str, indent: str) -> str | None:
    """A `|` block, when the text has lines that survive in one."""
    body = value.removesuffix("\n")
    lines = body.split("\n")
    if len(lines) == 1 or not _LITERAL.fullmatch(body):
        return None
    if body.endswith("\n") or any(line != line.rstrip() for line in lines):
        return None
    head = "|" if body != value else "|-"
    return "\n".join([head, *(f"{indent}{line}" if line else "" for line in lines)])
