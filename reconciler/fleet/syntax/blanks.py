"""Characters that nobody sees, where YAML takes them and their author surely did not.

Asked for every file of a fleet repo by `parse.py`, and by `bare.py`. `receivers:` with
a no-break space behind the colon is one word to YAML, and such a space before a key
indents nothing. In quotes, in blocks of text and in comments they stand as they like,
and so they do between the words of a text.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import ScalarEvent, StreamEndEvent

from reconciler.fleet import findings, invisible
from reconciler.fleet.findings import Finding
from reconciler.fleet.syntax import characters

STRAY: Final = "W063"
MOST: Final = 20
"""Findings of one file; where one line was copied, the others were too."""

_MARK: Final = "\ufeff"
_STAND_IN: Final = "\u2060"
"""A mark inside the text ends the parser; this is as long, and as little to be seen."""

_STRAY = re.compile(
    rf"^(?P<start>{invisible.ANY})|:(?P<colon>{invisible.ANY})|^-(?P<dash>{invisible.ANY})"
    rf"|(?P<comment>{invisible.ANY})\#|(?P<end>{invisible.ANY})$"
)
"""Where a space would have parted something, in a text without quotes."""
_BREAK = re.compile(f"[{invisible.BREAKS}]")


def check(content: bytes, path: str) -> Iterator[Finding]:
    """The first of them in each text without quotes, and line breaks of their kind.

    Of a file that is no YAML, those before the place where that shows.
    """
    if content.isascii():
        return
    text = content.decode("utf-8-sig", errors="replace")
    if invisible.find(text):
        strays = _strays(text.replace(_MARK, _STAND_IN))
        for index in itertools.islice(strays, MOST):
            yield _finding(text, index, path)


def _strays(text: str) -> Iterator[int]:
    """Where they stand."""
    done = 0
    for start, end, style in _scalars(text):
        yield from _breaks(text, done, start)
        done = end
        if style is None:
            yield from _stray(text[start:end], start)


def _breaks(text: str, start: int, end: int) -> Iterator[int]:
    return (found.start() for found in _BREAK.finditer(text, start, end))


def _stray(source: str, start: int) -> Iterator[int]:
    """The one in a text without quotes, if there is any."""
    found = _STRAY.search(source)
    if found and found.lastgroup:
        yield start + found.start(found.lastgroup)
    elif other := invisible.find(source):
        rest = source.replace(other[0], "")
        if invisible.is_break(other[0]) or (
            rest.isascii() and not invisible.is_blank(other[0])
        ):
            yield start + other.start()


def _scalars(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Where each scalar begins and ends, and its quotes; last the end of the file."""
    parser = None
    try:
        parser = CParser(text)
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            if isinstance(event, ScalarEvent) and event.start_mark and event.end_mark:
                yield event.start_mark.index, event.end_mark.index, event.style or None
        yield len(text), len(text), '"'
    except YAMLError:
        return
    finally:
        if parser is not None:
            parser.dispose()


def _finding(text: str, index: int, path: str) -> Finding:
    character = text[index]
    if invisible.is_break(character):
        what = "breaks the line for the Collector, and not for most editors"
    elif invisible.is_blank(character):
        what = "is a part of the text here: YAML takes it for a letter, and no space"
    else:
        what = "is a part of the text here, and nobody sees it"
    return findings.warning(
        STRAY,
        f"{invisible.name(character)}, {what}",
        characters.place(text[:index], path),
        invisible.hint(character),
    )
