"""Bytes to the text of a YAML file, or the exact place where they are not.

Called by `yaml.py`. UTF-8 alone, with or without a byte order mark, as both the C
parser and go-yaml read it; line breaks of every system pass. A mark inside the text is
refused, because the two disagree on what it means.
"""

import re
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import invisible
from reconciler.fleet.findings import Fault

SYNTAX: Final = "E001"

_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_MARK: Final = "\ufeff"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def decode(content: bytes, path: str, *, most: int) -> str:
    """The text of a YAML file of at most `most` bytes, without a mark in front.

    Raises:
        Fault: Too many bytes, another encoding, or a character YAML does not allow.
    """
    text = utf8(content, path, most=most).removeprefix(_MARK)
    if found := _UNPRINTABLE.search(text):
        raise _not_allowed(found[0], place(text[: found.start()], path))
    return text


def utf8(content: bytes, path: str, *, most: int) -> str:
    """The text of any file, as it is.

    Raises:
        Fault: Too many bytes, or another encoding.
    """
    if len(content) > most:
        raise Fault(
            SYNTAX,
            f"the file has {len(content):,} bytes; the cap is {most:,}",
            where=Where(path),
            hint="split it, or raise the setting RECONCILER_LIMITS__FILE_BYTES",
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode().removeprefix(_MARK)
        utf16 = content.startswith(_UTF16_MARKS)
        raise Fault(
            SYNTAX,
            "the file is not UTF-8" + (" but UTF-16" if utf16 else ""),
            where=place(before, path),
            hint="save it as UTF-8",
        ) from None


def _not_allowed(character: str, where: Where) -> Fault:
    if invisible.find(character):
        message = f"{invisible.name(character)}, is not allowed inside YAML"
        return Fault(SYNTAX, message, where=where, hint=invisible.hint(character))
    message = f"the character U+{ord(character):04X} is not allowed in YAML"
    hint = 'write it as an escape in double quotes, such as "\\x1b"'
    return Fault(SYNTAX, message, where=where, hint=hint)


def place(text: str, path: str) -> Where:
    """Where a file goes on after this much of its text."""
    return Where(path, text.count("\n") + 1, len(text) - text.rfind("\n"))
