"""What the Collector would expand in a text, found as it finds it.

It looks for the first `}`, takes what the last `${` before it opens, puts the value in
its place and begins anew, so that inner ones come first. `$$` is a literal `$`, an odd
run of `$` before `${` escapes it, and ends the search. `$NAME` is plain text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DEFAULT_SCHEME: Final = "env"
MOST: Final = 100
"""Expansions of one text that are looked at; the Collector itself stops at 1,000."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+")
_FILLED: Final = "\ufffc"
"""Stands for a value that only the agent knows."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """One `${...}`.

    Attributes:
        text: With its braces; what inner ones become is shown as `...`.
        scheme: None where the Collector cannot read one.
        opaque: What follows the scheme.
        is_known: Nothing in it depends on another expansion.
    """

    text: str
    scheme: str | None
    opaque: str
    is_known: bool


def find(text: str) -> Iterator[Expansion]:
    """Every one of a text, inner ones first."""
    for _ in range(MOST):
        found = _first(text)
        if found is None or found.is_escaped:
            return
        yield _read(found.text)
        text = text.replace(found.text, _FILLED)


def left(text: str) -> Iterator[Expansion]:
    """Those that stay text because an escaped one stands before them."""
    found, start, is_left = _first(text), 0, False
    while found is not None:
        if is_left and not found.is_escaped:
            yield _read(found.text)
        is_left = is_left or found.is_escaped
        start = found.end
        found = _first(text, start)


@dataclass(frozen=True, slots=True)
class _Found:
    """One in a text, up to `end`."""

    text: str
    end: int
    is_escaped: bool


def _first(text: str, start: int = 0) -> _Found | None:
    begin = start
    while (close := text.find("}", start)) >= 0:
        opening = text.rfind("${", start, close)
        if opening >= 0:
            before = text[begin:opening]
            dollars = len(before) - len(before.rstrip("$"))
            return _Found(text[opening : close + 1], close + 1, dollars % 2 == 1)
        start = close + 1
    return None


def _read(found: str) -> Expansion:
    inside = found[2:-1]
    if ":" not in inside:
        inside = f"{DEFAULT_SCHEME}:{inside}"
    scheme, _, opaque = inside.partition(":")
    return Expansion(
        found.replace(_FILLED, "..."),
        scheme if _SCHEME.fullmatch(scheme) else None,
        opaque,
        _FILLED not in inside,
    )
