"""Makes an agent's free text fit to be logged, shown and posted to a forge.

Called by `convert.py` for every text that people will read; `masked` also by the
command line, for lines of files. Pure and linear in the length of the text. Escaping
for HTML or Markdown stays with whoever writes those.
"""

import re

TEXT_LIMIT = 1_000
"""Characters that are kept of one text."""

_READ_LIMIT = 4 * TEXT_LIMIT

_TERMINAL_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # cursor, colour
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links
    r"|\x1b."
)
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 and C1 controls
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # zero width, text direction
    "\u2028\u2029]+"  # separators that some readers take for line ends
)
_WHITESPACE = re.compile(r"\s+")

_SECRETS = (
    # Group 1 stays, the rest of each match is masked.
    r"()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END|$)",
    r"(\b[a-z][a-z0-9+.-]{0,30}://)[^\s/?#]*(?=@)",
    r"(\bauthorization[\"']?\s?[:=]\s?[\"']?)(?:[a-z-]{1,20}\s)?[^\s,;\"']+",
    # A token is unlike a word; "basic authentication failed" is not one.
    r"(\b(?:bearer|basic)\s)(?-i:(?=[\w.~+/-]+[A-Z0-9=]))[\w.~+/=-]{8,}",
    (
        r"((?:passw(?:or)?d|passphrase|secret|token|credentials?"
        r"|(?:api|access|account|private|signing|encryption)[_-]?key)"
        r"[\w.-]{0,32}[\"']?\s?[:=]\s?)(?:\"[^\"]*\"|'[^']*'|[^\s,;&\"']+)"
    ),
    (
        r"()\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|AKIA[0-9A-Z]{16}"
        r"|xox[abprs]-[\w-]{10,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})"
    ),
)
_SECRET_PATTERNS = [re.compile(pattern, re.IGNORECASE) for pattern in _SECRETS]


def words(text: str) -> str:
    """One line of at most `TEXT_LIMIT` characters without controls and secrets.

    Secrets are told by their shape: `password=…`, `Authorization: …`, user and
    password in a URL, PEM keys and well-known tokens.
    """
    line = _WHITESPACE.sub(" ", _INVISIBLE.sub(" ", _plain(text))).strip()
    line = masked(line)
    return line if len(line) <= TEXT_LIMIT else f"{line[: TEXT_LIMIT - 1]}…"


def masked(line: str) -> str:
    """A line in which what has the shape of a secret is `***`."""
    for pattern in _SECRET_PATTERNS:
        line = pattern.sub(r"\1***", line)
    return line


def _plain(text: str) -> str:
    if len(text) > _READ_LIMIT:
        # Cut between words: half a secret would not look like one.
        text = text[:_READ_LIMIT].rsplit(None, 1)[0]
    return _TERMINAL_SEQUENCES.sub("", text)
