"""The lines that findings stand on, fit to be printed and without secrets.

Used where a line is shown, and where one is told from another by what it says: a
fingerprint of a secret could be guessed at.
"""

import re
from typing import Final

from reconciler.cli.formats.checked import Checked
from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.rules import secret_names, secrets
from reconciler.opamp import scrub
from reconciler.web import text

MASK: Final = "***"

_LONGEST: Final = 2_000
_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Where YAML's parser counts a new line."""

_PAIR = re.compile(r"""([\w.-]+)["']?\s*:\s+(?=\S)""")
_REFERENCE = re.compile(
    r"""(?:[\w.-]+["']?\s*:\s+)?["']?(?:(?:bearer|basic)\s+)?\$\{(?:env:)?\w+\}["']?
    (?=\s*(?:[,}\]#]|$))""",
    re.IGNORECASE | re.VERBOSE,
)
_LONG_RUN = re.compile(r"[\w+/=-]{32,}")


class Snippets:
    """Lines of the files of one outcome."""

    def __init__(self, checked: Checked) -> None:
        self._sources = checked.sources
        self._split: dict[str, list[str]] = {}
        leaks = sorted(
            place
            for found in checked.findings
            for place in (found.where, *found.also)
            if found.rule == secrets.SECRET
        )
        self._leaks = {(one.path, one.line): one.column for one in reversed(leaks)}

    def at(self, where: Where) -> str | None:
        """The line of a place, tabs as spaces; None for a whole file or none at all."""
        lines = self._lines(where.path)
        if not 1 <= where.line <= len(lines):
            return None
        line = lines[where.line - 1].replace("\t", " ")[:_LONGEST]
        leak = self._leaks.get((where.path, where.line))
        if leak is not None:
            line = line[: max(0, leak - 1)] + MASK
        return text.line(_masked(line))

    def before(self, where: Where) -> str:
        """The part of `at` that is in front of the column."""
        line = self._lines(where.path)[where.line - 1].replace("\t", " ")[:_LONGEST]
        leak = self._leaks.get((where.path, where.line), where.column)
        return text.line(_masked(line[: max(0, min(leak, where.column) - 1)]))

    def _lines(self, path: str) -> list[str]:
        if path not in self._split:
            content = self._sources.get(path)
            decoded = content.decode("utf-8-sig", "replace") if content else ""
            self._split[path] = _BREAKS.split(decoded) if decoded else []
        return self._split[path]


def _masked(line: str) -> str:
    """A line without what looks like a secret; a name that the agent fills in is none.

    Lines of files that nobody could parse come here too, so the shape alone counts.
    """
    rest = _REFERENCE.sub("", line)
    return line if _without_secrets(rest) == rest else _without_secrets(line)


def _without_secrets(line: str) -> str:
    for pair in _PAIR.finditer(line):
        if secret_names.is_secret(pair[1]):
            line = line[: pair.end()] + MASK
            break
    hidden = scrub.masked(findings.without_logins(line))
    return _LONG_RUN.sub(_unlike_words, hidden)


def _unlike_words(run: re.Match[str]) -> str:
    """Keys and their encodings mix what names and paths keep apart."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return MASK if all(any(map(kind, run[0])) for kind in kinds) else run[0]
