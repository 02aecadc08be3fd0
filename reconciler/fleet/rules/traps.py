"""Unquoted text that two readers of YAML take for two things.

The Collector reads most scalars by YAML 1.2, and many other programs by 1.1: to those
`on` is true and `22:22` a number. W060 names what they read apart, W062 what the
Collector itself reads otherwise than it looks. Nodes do not keep whether a scalar was
quoted, so that this family is asked with the source: by `lint.py` and `bare.py`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Fault, Finding
from reconciler.fleet.rules import leaves, secret_names
from reconciler.fleet.rules.leaves import Leaf
from reconciler.fleet.syntax import characters
from reconciler.fleet.syntax.nodes import Node, Timestamp

APART: Final = "W060"
OTHERWISE: Final = "W062"

_WORD = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_OCTAL = re.compile(r"[-+]?0o[0-7]+")
_EXPONENT = re.compile(r"[-+]?[0-9]+(?:[eE][0-9]+|[eE][-+][0-9]+)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")

_PLAIN = re.compile(
    r"""(?:&[^\s,\[\]{}]*[ ]+)?   # an anchor; a tag says how it is read
    (?P<text>[^\s"'|>*!&\#,\[\]{}](?:[^\s,\[\]{}\#:]|:(?=\S)|(?<=\S)\#)*)""",
    re.VERBOSE,
)


def check(tree: Node, sources: Mapping[str, bytes]) -> Iterator[Finding]:
    """Every such scalar of a tree, in the files that it was read from.

    Args:
        tree: As it was written or merged.
        sources: Content by path; values of other files are passed over.
    """
    lines: dict[str, list[str]] = {}
    told = set[Where]()
    for leaf in leaves.walk(tree):
        path = leaf.where.path
        if leaf.where in told or path not in sources or not _may_be(leaf):
            continue
        told.add(leaf.where)
        if path not in lines:
            lines[path] = _lines(sources[path], path)
        text = _plain(leaf.where, lines[path])
        yield from _judge(text, leaf) if text else ()


def _may_be(leaf: Leaf) -> bool:
    """Whether the value is one that a trap can have become, and may be quoted."""
    if secret_names.is_secret(leaf.field):
        return False
    match leaf.value:
        case bool() | None:
            return False
        case Timestamp() | int() | float():
            return True
        case str(text):
            return bool(_WORD.fullmatch(text) or _SIXTIES.fullmatch(text))


def _lines(content: bytes, path: str) -> list[str]:
    try:
        return characters.decode(content, path, most=len(content)).splitlines()
    except Fault:
        return []


def _plain(where: Where, lines: list[str]) -> str | None:
    """The unquoted scalar at a place; None when it is quoted, or not there."""
    if not 0 < where.line <= len(lines):
        return None
    found = _PLAIN.match(lines[where.line - 1], where.column - 1)
    return found["text"] if found else None


def _judge(text: str, leaf: Leaf) -> Iterator[Finding]:
    if other := _read_apart(text, leaf):
        message = f"`{text}` is {_own(leaf)} to the Collector, and {other} to YAML 1.1"
        yield findings.warning(APART, message, leaf.where, _quote(text, leaf))
    elif isinstance(leaf.value, Timestamp):
        message = f"`{text}` is a time to the Collector, and not the text it looks like"
        yield findings.warning(APART, message, leaf.where, _quote(text, leaf))
    elif _LEADING_ZERO.fullmatch(text) and text.strip("+-0_"):
        read = "octal, so that it is " if isinstance(leaf.value, int) else ""
        message = f"the Collector reads `{text}` as {read}{leaf.value}"
        yield findings.warning(OTHERWISE, message, leaf.where, _quote(text, leaf))


def _read_apart(text: str, leaf: Leaf) -> str | None:
    """What YAML 1.1 makes of it."""
    if _WORD.fullmatch(text):
        return "true" if text.lower() in ("yes", "on") else "false"
    if _SIXTIES.fullmatch(text):
        return "a number to the base of 60"
    is_number = isinstance(leaf.value, int | float)
    if is_number and (_OCTAL.fullmatch(text) or _EXPONENT.fullmatch(text)):
        return "text"
    return None


def _own(leaf: Leaf) -> str:
    return "text" if isinstance(leaf.value, str) else f"the number {leaf.value}"


def _quote(text: str, leaf: Leaf) -> str:
    if isinstance(leaf.value, str):
        word = text.lower()
        truth = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(word)
        either = f", or write `{truth}`" if truth else ""
        return f'quote it: "{text}"{either}'
    return f'write {leaf.value}, or quote it if text is meant: "{text}"'
