"""Strings that came from agents, made safe to show.

Agents are hostile: their strings may hold terminal escapes, line breaks that forge a
log line, direction overrides or a megabyte of text. Everything this room sends out
passes here first.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

LINE_CHARACTERS = 512
BLOCK_CHARACTERS = 256 * 1024


def line(text: str, *, limit: int = LINE_CHARACTERS) -> str:
    """One line: breaks become spaces, what cannot be printed becomes `�`."""
    cut = _cut(text, limit)
    if cut.isprintable():
        return cut
    return "".join(map(_printable, cut))


def block(text: str, *, limit: int = BLOCK_CHARACTERS) -> str:
    """Several lines; line feeds and tabs stay, the rest as in `line`."""
    cut = _cut(text.replace("\r\n", "\n"), limit)
    return "".join(c if c in "\n\t" else _printable(c) for c in cut)


def labels(given: Mapping[str, str]) -> dict[str, str]:
    """Labels with both sides as in `line`."""
    return {line(key, limit=256): line(value) for key, value in given.items()}


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    when = datetime.fromtimestamp(seconds, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(seconds: float | None) -> str | None:
    """As `timestamp`; None for what never was."""
    return timestamp(seconds) if seconds else None


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "�"
