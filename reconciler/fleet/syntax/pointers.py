"""JSON Pointers (RFC 6901), and patterns of them in which `*` stands for any one key.

Read from `lists:`, `remove:`, `scope:` and drift ignores; printed by `explain`. A list
index is a key like any other: `/service/extensions/0`.
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str, ...]
"""Keys from the root down, unescaped."""

ANY: Final = "*"
MOST_STARS: Final = 4
"""Every further one multiplies what a hostile pattern can cost."""

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}")


def parse(text: str) -> Path:
    """The keys of a pointer; `""` is the root.

    Raises:
        ValueError: It does not start with `/`, or `~` is followed by neither 0 nor 1.
    """
    if text and not text.startswith("/"):
        raise ValueError("a JSON Pointer starts with `/`")
    if text.replace("~0", "").replace("~1", "").count("~"):
        raise ValueError("`~` is written `~0`, and `/` inside a key `~1`")
    return tuple(map(_unescape, text.split("/")[1:]))


def pattern(text: str) -> "Pattern":
    """A pointer that may have a few `*` in it, to anything but the root.

    Raises:
        ValueError: It is no pointer, points at everything, or has too many `*`.
    """
    if not text:
        raise ValueError("the root is not one place")
    keys = parse(text)
    if keys.count(ANY) > MOST_STARS:
        raise ValueError(f"it has more than {MOST_STARS} `*`")
    return Pattern(keys)


def text(path: Path) -> str:
    """The pointer to a path."""
    return "".join(f"/{escape(key)}" for key in path)


def index(key: str) -> int:
    """The key as an index of a list; one beyond any list when it is none."""
    return int(key) if _INDEX.fullmatch(key) else sys.maxsize


def escape(key: str) -> str:
    """A key as a pointer writes it."""
    return key.replace("~", "~0").replace("/", "~1")


def _unescape(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pointer in which a key `*` stands for any one key."""

    keys: Path

    def matches(self, path: Path) -> bool:
        """Whether it is this path."""
        return len(path) == len(self.keys) and self.covers(path)

    def covers(self, path: Path) -> bool:
        """Whether it is this path, or leads to it."""
        return len(path) >= len(self.keys) and all(
            own in (ANY, key) for own, key in zip(self.keys, path, strict=False)
        )

    def __str__(self) -> str:
        return text(self.keys)


@dataclass(frozen=True, slots=True)
class _Branch:
    """Patterns with the same beginning: what may follow, and which of them end here."""

    below: dict[str, "_Branch"] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Walk:
    """Which of many patterns a path may still match, followed key by key.

    Costs the same at every key, however many patterns there are.
    """

    _at: tuple[_Branch, ...]

    def into(self, key: str) -> "Walk":
        """One key further."""
        wanted = (key, ANY) if key != ANY else (ANY,)
        ahead = [
            branch.below[one]
            for branch in self._at
            for one in wanted
            if one in branch.below
        ]
        return Walk(tuple(ahead)) if ahead else NOWHERE

    def __bool__(self) -> bool:
        return bool(self._at)

    @property
    def ends(self) -> tuple[int, ...]:
        """The numbers of the patterns that the path matches, in order."""
        return tuple(sorted(number for branch in self._at for number in branch.ends))


NOWHERE: Final = Walk(())


def walk(patterns: Iterable[Pattern]) -> Walk:
    """From the root, with patterns numbered from 0."""
    root = _Branch()
    for number, pattern in enumerate(patterns):
        branch = root
        for key in pattern.keys:
            branch = branch.below.setdefault(key, _Branch())
        branch.ends.append(number)
    return Walk((root,))
