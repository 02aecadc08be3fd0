"""Collector YAML that keeps what its authors wrote, comments included.

A part of a layer that stands word for word in an input is taken over as text; the rest
is dumped. Cutting text is guesswork, so every excerpt is read again, and dropped unless
it says exactly what it has to.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Final, TypeGuard

from reconciler.fleet.adoption import change
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.findings import Fault
from reconciler.fleet.rendering import variables
from reconciler.fleet.syntax import characters, dump, nodes, yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Table
from reconciler.fleet.syntax.pointers import Path

_INDENT: Final = "  "
_AUTHORS: Final = 25
"""Inputs of one layer that are searched for the text that most of them have."""
_SECTION = re.compile(r"^(?:#.*\n)*\w+:(?= |$)", re.MULTILINE)
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""")
_END = re.compile(r"\s+#|\s*$")
_END_IN_FLOW = re.compile(r"\s*(?:[,\]}]|\s#|$)")
_USE = re.compile(r":\n +\$var: ([A-Za-z_][\w.-]*)$", re.MULTILINE)


class Source:
    """One input with its text, from which parts can be cut.

    Attributes:
        tree: What it says, with variables where they were lifted out.
    """

    def __init__(self, adopted: Adopted, tree: Table) -> None:
        self.tree = tree
        self._adopted = adopted

    @cached_property
    def _lines(self) -> list[str]:
        content, path = self._adopted.content, self._adopted.path
        text = characters.decode(content, path, most=yaml.CAPS.size)
        return [line.rstrip("\r") for line in text.split("\n")]

    @cached_property
    def _written(self) -> list[tuple[int, int, Path]]:
        """Line, column and path of every key, in the order of the text."""
        written, *_ = yaml.compose(self._adopted.content, self._adopted.path)
        return sorted(_keys(written, ()))

    @cached_property
    def _places(self) -> dict[Path, tuple[int, int]]:
        return {path: (line, column) for line, column, path in self._written}

    @cached_property
    def _ends(self) -> dict[Path, int]:
        return dict(_following(self._written))

    def cut(self, path: Path, *, comments: bool = True) -> str | None:
        """The text of a key and its value, from column 1; None where it cannot be cut.

        Args:
            path: Of the key.
            comments: Those right above the key, too.
        """
        node = change.at(self.tree, path)
        if node is None or path not in self._places:
            return None
        line, column = self._places[path]
        indent = column - 1
        if self._lines[line - 1][:indent].strip():
            return None
        first = line - 1
        if comments:
            first -= len(self._comments_above(first, indent))
        last = self._ends.get(path, len(self._lines) + 1) - 1
        while last > first and _is_beside(self._lines[last - 1], indent):
            last -= 1
        filled = (
            self._filled(node, (first, last), end) for end in (_END, _END_IN_FLOW)
        )
        texts = ("\n".join(_dedented(one, indent) for one in lines) for lines in filled)
        pair = _pair(path[-1], node)
        return next((text for text in texts if _reads_as(text, pair)), None)

    def _comments_above(self, start: int, indent: int) -> list[str]:
        above = reversed(self._lines[:start])
        return list(
            takewhile(
                lambda line: line.startswith("#", indent) and not line[:indent].strip(),
                above,
            )
        )

    def _filled(
        self, node: Node, span: tuple[int, int], end: re.Pattern[str]
    ) -> list[str]:
        """The lines with the names of variables in place of what was lifted out.

        Args:
            node: What the lines say.
            span: Numbers of the first line and of the one after the last.
            end: What comes after a value without quotes.
        """
        lines = self._lines[slice(*span)]
        uses = sorted(variables.uses(node), key=lambda use: use.where, reverse=True)
        for use in uses:
            number = use.where.line - 1 - span[0]
            if 0 <= number < len(lines):
                lines[number] = _named(lines[number], use, end)
        return lines


def _keys(node: Node, path: Path) -> Iterator[tuple[int, int, Path]]:
    """Line, column and path of every key."""
    match node:
        case Table(items):
            for key, (where, value) in items.items():
                yield where.line, where.column, (*path, key)
                yield from _keys(value, (*path, key))
        case nodes.Sequence(items):
            for number, item in enumerate(items):
                yield from _keys(item, (*path, str(number)))
        case Scalar():
            return


def _following(keys: Sequence[tuple[int, int, Path]]) -> Iterator[tuple[Path, int]]:
    """For every path the line of the first key after it that is not inside it."""
    for number, (_, _, path) in enumerate(keys):
        for later in range(number + 1, len(keys)):
            line, _, other = keys[later]
            if other[: len(path)] != path:
                yield path, line
                break


def _named(line: str, use: Table, end: re.Pattern[str]) -> str:
    start = use.where.column - 1
    rest = line[start:]
    found = _QUOTED.match(rest)
    after = found.end() if found else _start(end.search(rest), rest)
    (_, name) = use.items[variables.VAR]
    shown = name.value if isinstance(name, Scalar) else ""
    return f"{line[:start]}{{{variables.VAR}: {shown}}}{rest[after:]}"


def _start(found: re.Match[str] | None, text: str) -> int:
    return found.start() if found else len(text)


def _is_beside(line: str, indent: int) -> bool:
    """Blank, or a comment on what comes next."""
    text = line.lstrip()
    return not text or (text.startswith("#") and len(line) - len(text) <= indent)


def _dedented(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip() else line.lstrip()


def write(tree: Table, sources: Sequence[Source]) -> str:
    """A layer as YAML, with the words of those inputs that say the same."""
    written = "\n".join(_write(tree, (), sources[:_AUTHORS], "")) + "\n"
    return written if _reads_as(written, tree) else dumped(tree)


def spaced(text: str, tree: Table) -> str:
    """With a blank line between the sections of a whole file."""
    airy = _SECTION.sub("\n\\g<0>", text).lstrip("\n")
    return airy if _reads_as(airy, tree) else text


def _reads_as(text: str, node: Node) -> bool:
    try:
        documents = yaml.compose(text.encode(), "")
    except Fault:
        return False
    return len(documents) == 1 and nodes.same(documents[0], node)


def _write(
    tree: Table, path: Path, sources: Sequence[Source], indent: str
) -> Iterator[str]:
    for key, (_, value) in tree.items.items():
        inner = (*path, key)
        head = dumped(_pair(key, Scalar(None, tree.where))).removesuffix(" null\n")
        if text := _most_common(inner, value, sources):
            yield from _indented(text, indent)
        elif _has_parts(value) and head.endswith(":") and "\n" not in head:
            yield f"{indent}{head}"
            yield from _write(value, inner, sources, indent + _INDENT)
        else:
            text = dumped(_pair(key, value)).removesuffix("\n")
            yield from _indented(text, indent)


def _has_parts(value: Node) -> TypeGuard[Table]:
    return (
        isinstance(value, Table) and bool(value.items) and not variables.is_use(value)
    )


def _indented(text: str, indent: str) -> Iterator[str]:
    yield from (f"{indent}{line}" if line else "" for line in text.split("\n"))


def _pair(key: str, value: Node) -> Table:
    return Table({key: (value.where, value)}, value.where)


def _most_common(path: Path, value: Node, sources: Sequence[Source]) -> str | None:
    """The text that most of the inputs with this value have for it.

    Comments above it come along when half of them have these; others are about hosts.
    """
    having = [
        source
        for source in sources
        if (node := change.at(source.tree, path)) and nodes.same(node, value)
    ]
    for comments in (True, False):
        texts = Counter(source.cut(path, comments=comments) for source in having)
        text, often = next(iter(texts.most_common(1)), (None, 0))
        if text and (2 * often >= len(having) or not comments):
            return text
    return None


def dumped(tree: Table) -> str:
    """A layer as YAML without anybody's words."""
    text = dump.dump(tree).decode()
    short = _USE.sub(rf": {{{variables.VAR}: \1}}", text)
    return short if _reads_as(short, tree) else text
