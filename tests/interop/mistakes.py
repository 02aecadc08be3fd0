"""Mistakes that people make in a Collector config, made on purpose.

Used by `test_validate.py`. They are made in the text, not in a tree of it: how a file
is laid out is where half of them are, and a linter has to say on which line.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

VALUES: Final = (
    *("", "~", "some words", "7", "-7", "0", "1.5", "true", '"7"', '"true"', "maybe"),
    *("10s", "10", "-5s", "5 s", "[]", "{}", "[7]", "{x: y}", "200%", "2026-11-24"),
    *("localhost:4317", "http://localhost:1/x", ":x", "a:b:c", "'", "[a", "@x", "*x"),
    *("${env:X", "${1X}", "${env:A B}", "${vault:x}", "${}", "$$", "${yaml:[1]}"),
)
SECTIONS: Final = (
    *("receivers", "processors", "exporters", "connectors", "extensions"),
    *("service", "pipelines"),
)
SIGNALS: Final = ("traces", "metrics", "logs", "profiles", "spans")
TYPES: Final = ("debug", "nop", "otlp", "otlp_http", "batch", "zpages", "forward")
_ENTRY: Final = re.compile(r"( *(?:- )?)([^\s:#'\"\[{-][^:#'\"]*):(?: +([^#\s].*))?")
_ITEM: Final = re.compile(r"( *- )([\w/.-]+)")
_FLOW: Final = re.compile(r"\[[^\[\]{}]*\]")
_ATTEMPTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file; `value` is empty where it comes below."""

    text: str
    indent: str
    key: str
    value: str

    def having(self, *, key: str | None = None, value: str | None = None) -> str:
        """The line with another key or value."""
        key = self.key if key is None else key
        value = self.value if value is None else value
        return f"{self.indent}{key}: {value}".rstrip()


@dataclass(frozen=True, slots=True)
class Mistake:
    """A config with a mistake in it.

    Attributes:
        kind: What was done.
        text: The whole config.
        line: Where it was done, from 1.
        change: What stands there now, for people.
    """

    kind: str
    text: str
    line: int
    change: str


Make: TypeAlias = Callable[[Line, Random], str | None]


def make(text: str, random: Random) -> Mistake:
    """The config with one mistake in it."""
    lines = text.splitlines()
    for _ in range(_ATTEMPTS):
        kind = random.choice(list(KINDS))
        index = random.randrange(len(lines))
        line = _read(lines[index])
        changed = KINDS[kind](line, random) if line else None
        end = index + 1
        if kind in _OF_BLOCKS:
            end = _end(lines, index)
            changed = changed if end > index + 1 else None
        if changed is not None and changed != lines[index]:
            block = "\n".join(lines[index:end])
            new = changed.replace(_BLOCK, block)
            whole = [*lines[:index], *([new] if new else []), *lines[end:]]
            return Mistake(kind, "\n".join(whole) + "\n", index + 1, new[:80])
    raise AssertionError("no mistake can be made in this")


def _read(text: str) -> Line | None:
    if entry := _ENTRY.fullmatch(text):
        return Line(text, entry[1], entry[2], (entry[3] or "").strip())
    if item := _ITEM.fullmatch(text):
        return Line(text, item[1], "", item[2])
    return None


def _end(lines: list[str], index: int) -> int:
    """Where the lines that belong to a key end."""
    deep = len(lines[index]) - len(lines[index].lstrip())
    end = index + 1
    while end < len(lines):
        line = lines[end]
        if line.strip() and len(line) - len(line.lstrip()) <= deep:
            break
        end += 1
    return end


def _misspelt(word: str, random: Random) -> str:
    place = random.randrange(len(word))
    if random.random() < 0.5:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place : place + 2][::-1] + word[place + 2 :]


def _key(change: Callable[[str, Random], str]) -> Make:
    def made(line: Line, random: Random) -> str | None:
        return line.having(key=change(line.key, random)) if line.key else None

    return made


def _value(change: Callable[[str, Random], str]) -> Make:
    def made(line: Line, random: Random) -> str | None:
        if not line.value:
            return None
        if not line.key:
            return line.indent + change(line.value, random)
        return line.having(value=change(line.value, random))

    return made


def _plain(change: Callable[[str], str]) -> Make:
    def made(line: Line, _: Random) -> str | None:
        return change(line.text)

    return made


def _flow(change: Callable[[list[str], Random], None]) -> Make:
    """A list in brackets, such as those of pipelines, with its items changed."""

    def made(line: Line, random: Random) -> str | None:
        if not _FLOW.fullmatch(line.value):
            return None
        items = [item for item in re.split(r", *", line.value[1:-1]) if item]
        change(items, random)
        return line.having(value=f"[{', '.join(items)}]")

    return made


def _word(words: tuple[str, ...]) -> Make:
    """A key that is one of some words, made another of them; the name is kept."""

    def made(line: Line, random: Random) -> str | None:
        word, slash, name = line.key.partition("/")
        if word not in words:
            return None
        return line.having(key=random.choice(words) + slash + name)

    return made


def _doubled(items: list[str], random: Random) -> None:
    if items:
        items.insert(0, random.choice(items))


def _dropped(items: list[str], random: Random) -> None:
    if items:
        items.remove(random.choice(items))


def _renamed(items: list[str], random: Random) -> None:
    if items:
        place = random.randrange(len(items))
        items[place] = random.choice((items[place] + "x", items[place] + "/x"))


_BLOCK: Final = "\0"
_OF_BLOCKS: Final = frozenset({"block dropped", "block emptied", "block twice"})

KINDS: Final[Mapping[str, Make]] = {
    "key misspelt": _key(_misspelt),
    "key in another case": _key(lambda key, _: key.capitalize()),
    "key with a dash": _key(lambda key, _: key.replace("_", "-")),
    "id without name": _key(lambda key, _: key.partition("/")[0] + "/"),
    "id with a space": _key(lambda key, _: f"{key}/a b"),
    "id of another type": _key(lambda _, random: random.choice(TYPES)),
    "value of another kind": _value(lambda _, random: random.choice(VALUES)),
    "value in quotes": _value(lambda value, _: f"'{value.strip(chr(39))}'"),
    "value in a list": _value(lambda value, _: f"[{value}]"),
    "value in a mapping": _value(lambda value, _: f"{{x: {value}}}"),
    "value misspelt": _value(_misspelt),
    "value without end": _value(lambda value, _: f'"{value}'),
    "value with something after": _value(lambda value, _: f"'{value}' x"),
    "line dropped": _plain(lambda _: ""),
    "line twice": _plain(lambda text: f"{text}\n{text}"),
    "line too deep": _plain(lambda text: f" {text}"),
    "line not deep enough": _plain(lambda text: text.removeprefix(" ")),
    "line with a tab": _plain(lambda text: f"\t{text.lstrip()}"),
    "line as an item": _plain(lambda text: re.sub(r"^( *)(?=\w)", r"\1- ", text)),
    "colon missing": _plain(lambda text: text.replace(":", "", 1)),
    "space missing": _plain(lambda text: text.replace(": ", ":", 1)),
    "reference twice": _flow(_doubled),
    "reference dropped": _flow(_dropped),
    "reference to nothing": _flow(_renamed),
    "signal": _word(SIGNALS),
    "section": _word(SECTIONS),
    "block dropped": _plain(lambda _: ""),
    "block emptied": _plain(lambda text: text),
    "block twice": _plain(lambda _: f"{_BLOCK}\n{_BLOCK}"),
}
