"""Ranges of versions, for selectors: `>=0.149.0 <0.160.0`, `^1.2`, `~0.149`.

Read by `selectors.py`, asked by `labels.py`. The order is that of Semantic Versioning:
a pre-release comes before its release, and what follows a `+` counts for nothing. In
that order every version has a next one, so a range is two versions: the first that is
in it, and the first that is not any more.
"""

import functools
import re
from dataclasses import dataclass
from typing import Final

from semver import Version

LOWEST: Final = Version(0, 0, 0, "0")
"""No version comes before this one."""

_LONGEST: Final = 200
_MAJOR, _MINOR, _WHOLE = 1, 2, 3
"""How many of its three numbers a version gives."""


@dataclass(frozen=True, slots=True)
class Range:
    """All versions from `least` up to, but not with, `below`; None has no end."""

    least: Version
    below: Version | None = None

    def __contains__(self, version: Version) -> bool:
        return self.least <= version and (self.below is None or version < self.below)

    def __and__(self, other: "Range") -> "Range":
        ends = [one.below for one in (self, other) if one.below is not None]
        return Range(max(self.least, other.least), min(ends, default=None))

    @property
    def is_empty(self) -> bool:
        """No version is in it."""
        return self.below is not None and self.below <= self.least


@functools.lru_cache(maxsize=4096)
def version(text: str) -> Version | None:
    """A whole version, with or without a `v` in front; None for any other text."""
    if len(text) > _LONGEST:
        return None
    try:
        return Version.parse(text.removeprefix("v"))
    except ValueError:
        return None


_COMPARATOR = re.compile(
    r"[\s,]*(?P<operator>>=|<=|>|<|=|\^|~|)\s*v?(?P<version>\d[^\s,]*)(?=[\s,]|$)"
)


def parse(text: str) -> Range:
    """Comparators of which all must hold, joined by spaces or commas.

    Raises:
        ValueError: It is no range, or one that no version is in.
    """
    if not text.strip(" ,") or len(text) > _LONGEST:
        raise ValueError("is not a range of versions")
    found, rest = Range(LOWEST), text.rstrip(" \t,")
    while rest:
        match = _COMPARATOR.match(rest)
        if not match:
            raise ValueError(f"is not a range of versions: cannot read `{rest}`")
        found &= _comparator(match["operator"], match["version"])
        rest = rest[match.end() :]
    if found.is_empty:
        raise ValueError("is a range that no version is in")
    return found


def _comparator(operator: str, text: str) -> Range:
    try:
        first = Version.parse(text, optional_minor_and_patch=True)
    except ValueError:
        raise ValueError(f"is not a range: `{text}` is not a version") from None
    given = re.split(r"[-+]", text)[0].count(".") + 1
    if given < _WHOLE and (first.prerelease or first.build):
        raise ValueError(f"is not a range: `{text}` is not a version")
    first = first.replace(build=None)
    match operator:
        case ">=":
            return Range(first)
        case ">":
            return Range(_after(first, given))
        case "<=":
            return Range(LOWEST, _after(first, given))
        case "<":
            return Range(LOWEST, first)
        case "~":
            return Range(first, _next(first, min(given, _MINOR)))
        case "^":
            return Range(first, _next(first, _leading(first, given)))
        case _:
            return Range(first, _after(first, given))


def _leading(first: Version, given: int) -> int:
    """Which number may not change: the leftmost one that is not zero."""
    if first.major or given == _MAJOR:
        return _MAJOR
    return _MINOR if first.minor or given == _MINOR else _WHOLE


def _after(first: Version, given: int) -> Version:
    """The next version; of one that gives not all its numbers, after all it stands for.

    A pre-release is followed by the same with a zero more.
    """
    if first.prerelease:
        return Version(first.major, first.minor, first.patch, f"{first.prerelease}.0")
    return _next(first, given)


def _next(first: Version, given: int) -> Version:
    """The lowest version in which the last of the given numbers is one higher."""
    match given:
        case 1:
            return Version(first.major + 1, 0, 0, "0")
        case 2:
            return Version(first.major, first.minor + 1, 0, "0")
        case _:
            return Version(first.major, first.minor, first.patch + 1, "0")
