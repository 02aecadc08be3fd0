"""JSON from untrusted hands: bytes to the nodes that YAML becomes, and back to bytes.

Called for entries whose content type is JSON, by `reading/files.py` and `render.py`. As
RFC 8259 has it and nothing beside: no comments, no `NaN`, each key once. Values are
decoded by the standard library, which knows no places; those are kept here.
"""

import bisect
import json
import math
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from reconciler.errors import Where
from reconciler.fleet import invisible
from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import characters, nodes, yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.yaml import CAPS, DUPLICATE_KEY, SYNTAX, Caps

_BLANKS: Final = " \t\n\r"
_STARTS: Final = frozenset('"-0123456789tfn')
_HOW: Final = "JSON takes no comments, no single quotes, and no comma at the end"


def compose(content: bytes, path: str, *, caps: Caps = CAPS) -> tuple[Node, ...]:
    """The one value of a file, with the place of every key and value.

    Raises:
        Fault: The first thing wrong with the file.
    """
    text = characters.utf8(content, path, most=caps.size)
    return (_Reader(text, path, caps).document(),)


def dump(node: Node) -> bytes:
    """The value as JSON, UTF-8, ending in a newline; keys keep their order."""
    text = json.dumps(nodes.plain(node), ensure_ascii=False, indent=2)
    return f"{text}\n".encode()


def unwritable(node: Node) -> Iterator[Where]:
    """Numbers that YAML has and JSON has not."""
    match node:
        case Scalar(float(value), where) if not math.isfinite(value):
            yield where
        case Sequence(items):
            for item in items:
                yield from unwritable(item)
        case Table(pairs):
            for _, inner in pairs.values():
                yield from unwritable(inner)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


class _Reader:
    """Reads one file; recursion is bounded by the cap on depth."""

    def __init__(self, text: str, path: str, caps: Caps) -> None:
        self._text = text
        self._path = path
        self._caps = caps
        self._nodes = 0
        ends = (at for at, character in enumerate(text, 1) if character == "\n")
        self._starts = [0, *ends]

    def document(self) -> Node:
        node, end = self._value(self._skip(0), 0)
        if (end := self._skip(end)) < len(self._text):
            self._fail("this stands behind the end of the value", end)
        return node

    def _value(self, start: int, depth: int) -> tuple[Node, int]:
        self._count(start, depth)
        where = self._where(start)
        match self._text[start : start + 1]:
            case "{":
                return self._table(start, where, depth + 1)
            case "[":
                return self._sequence(start, where, depth + 1)
            case _:
                value, end = self._scalar(start)
                return Scalar(value, where), end

    def _table(self, start: int, where: Where, depth: int) -> tuple[Table, int]:
        items: dict[str, tuple[Where, Node]] = {}
        at = self._skip(start + 1)
        if self._text.startswith("}", at):
            return Table(items, where), at + 1
        while True:
            if not self._text.startswith('"', at):
                self._fail("a key in double quotes is expected", at)
            key, end = self._scalar(at)
            if key in items:
                self._repeat(key, items[key][0], at)
            value, end = self._value(self._after(":", end), depth)
            items[key] = (self._where(at), value)
            end = self._skip(end)
            if self._text.startswith("}", end):
                return Table(items, where), end + 1
            at = self._after(",", end)

    def _sequence(self, start: int, where: Where, depth: int) -> tuple[Sequence, int]:
        items: list[Node] = []
        at = self._skip(start + 1)
        if self._text.startswith("]", at):
            return Sequence((), where), at + 1
        while True:
            item, end = self._value(at, depth)
            items.append(item)
            end = self._skip(end)
            if self._text.startswith("]", end):
                return Sequence(tuple(items), where), end + 1
            at = self._after(",", end)

    def _scalar(self, start: int) -> tuple[Any, int]:
        if self._text[start : start + 1] not in _STARTS:
            self._fail("a value is expected", start)
        try:
            value, end = _DECODER.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            self._fail(error.msg, error.pos)
        except ValueError:
            self._fail("this is no number", start)
        if isinstance(value, float) and math.isinf(value):
            self._fail("this number is too large", start)
        if isinstance(value, str) and any(
            "\ud800" <= char <= "\udfff" for char in value
        ):
            self._fail("this text holds half of a character", start)
        return value, end

    def _after(self, mark: str, at: int) -> int:
        """Where what follows a mark begins."""
        at = self._skip(at)
        if not self._text.startswith(mark, at):
            self._fail(f"a `{mark}` is expected", at)
        return self._skip(at + 1)

    def _skip(self, at: int) -> int:
        while self._text[at : at + 1] in _BLANKS and at < len(self._text):
            at += 1
        return at

    def _count(self, at: int, depth: int) -> None:
        self._nodes += 1
        for count, most, what, cap in (
            (self._nodes, self._caps.nodes, "values", "NODES"),
            (depth, self._caps.depth, "levels of nesting", "DEPTH"),
        ):
            if count > most:
                hint = f"split it, {yaml.RAISE.format(cap)}"
                message = f"more than {most:,} {what} in one file"
                raise Fault(SYNTAX, message, where=self._where(at), hint=hint)

    def _repeat(self, key: str, first: Where, at: int) -> NoReturn:
        raise Fault(
            DUPLICATE_KEY,
            f"the key `{key}` was already given on line {first.line}",
            where=self._where(at),
            hint="a mapping takes each key once; merge the two or delete one",
        )

    def _fail(self, message: str, at: int) -> NoReturn:
        found = invisible.find(self._text[at : at + 1])
        unseen = f"; here stands {invisible.name(found[0])}" if found else ""
        raise Fault(
            SYNTAX,
            f"not JSON: {message}{unseen}",
            where=self._where(at),
            hint=invisible.hint(found[0]) if found else _HOW,
        )

    def _where(self, at: int) -> Where:
        line = bisect.bisect_right(self._starts, at)
        return Where(self._path, line, at - self._starts[line - 1] + 1)
