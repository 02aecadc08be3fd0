"""Characters that look like a blank, or like nothing, and are neither to YAML.

Asked wherever text of an author is judged or shown: by `findings.py`, and by `syntax/`
for what such a character did to a file. They come along when text is copied from a page
or a chat, and no editor shows them unasked.
"""

import re
import unicodedata
from typing import Final

BLANKS: Final = (
    "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u115f\u1160\u2800\u3164\uffa0"
)
"""All of Unicode's spaces but the plain one, and letters that are drawn as nothing."""
BREAKS: Final = "\x85\u2028\u2029"
"""Line breaks to the Collector's parser, and not to most editors."""
_FORMATS: Final = (
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
"""What changes how its neighbours are drawn: Unicode's Cf, but those that are seen."""

ANY: Final = f"[{BLANKS}{BREAKS}{_FORMATS}]"
"""A class for regular expressions."""

_ANY = re.compile(ANY)
_BLANK = re.compile(f"[{BLANKS}]")
_BREAK = re.compile(f"[{BREAKS}]")
_MARK: Final = "\ufeff"
_NAMES: Final = {
    "\x85": "a next line character",
    _MARK: "a byte order mark (zero width no-break space)",
}


def find(text: str) -> re.Match[str] | None:
    """The first of them."""
    return _ANY.search(text)


def name(character: str) -> str:
    """Such as `U+00A0, a no-break space`."""
    own = unicodedata.name(character, "character").lower()
    article = "an" if own[0] in "aeiou" else "a"
    return f"{_code(character)}, {_NAMES.get(character, f'{article} {own}')}"


def hint(character: str) -> str:
    """What to do about one that is not meant."""
    if character == _MARK:
        return "delete it; it has a meaning at the very beginning of a file alone"
    if _BREAK.match(character):
        return "break the line as the others are, or write it as an escape in quotes"
    if _BLANK.match(character):
        return "write a plain space, or put the text in quotes if it is meant"
    return "delete it, or put the text in quotes if it is meant"


def shown(text: str) -> str:
    """The text with each of them as `<U+00A0>`."""
    return _ANY.sub(lambda found: f"<{_code(found[0])}>", text)


def is_blank(character: str) -> bool:
    """Whether it takes room, as a space does."""
    return _BLANK.match(character) is not None


def is_break(character: str) -> bool:
    """Whether it ends a line to the Collector's parser."""
    return _BREAK.match(character) is not None


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
