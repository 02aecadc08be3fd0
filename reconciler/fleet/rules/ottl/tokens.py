"""The tokens of OTTL, cut as the Collector's lexer cuts them."""

import re
from dataclasses import dataclass
from typing import Final

_RULES: Final = (
    ("bytes", r"0x[a-fA-F0-9]+"),
    ("float", r"(?:[0-9]+\.[0-9]*|[0-9]*\.[0-9]+)(?:[eE][-+]?[0-9]+)?"),
    ("int", r"[0-9]+"),
    ("string", r'"(?:\\.|[^\\"])*"'),
    ("nil", r"nil\b"),
    ("not", r"not\b"),
    ("or", r"or\b"),
    ("and", r"and\b"),
    ("comparison", r"==|!=|>=|<=|>|<"),
    ("sign", r"[-+]"),
    ("factor", r"[/*]"),
    ("boolean", r"(?:true|false)\b"),
    ("equal", r"="),
    ("punctuation", r"[(){}:,.\[\]]"),
    ("upper", r"[A-Z][A-Z0-9_]*"),
    ("lower", r"[a-z][a-z0-9_]*"),
    ("space", r"[\t\n\f\r ]+"),
)
_TOKEN = re.compile("|".join(f"(?P<{name}>{rule})" for name, rule in _RULES), re.ASCII)
_ESCAPES = re.compile(
    r"""(?: [^\\\n] | \\[abfnrtv\\"] | \\[0-3][0-7]{2} | \\x[0-9a-fA-F]{2}
    | \\u[0-9a-fA-F]{4} | \\U[0-9a-fA-F]{8} )*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: what it is, its text, and where in the source it begins."""

    kind: str
    text: str
    start: int


class NoTokensError(Exception):
    """The text holds something that is no token.

    Attributes:
        start: Where.
        hint: How to mend it, if that is known.
    """

    def __init__(self, message: str, start: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.hint = hint


def cut(source: str) -> list[Token]:
    """The tokens of a text, and one of the kind `end`.

    Raises:
        NoTokensError: A character that begins none, or a text that Go cannot unquote.
    """
    found: list[Token] = []
    place = 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        if not match:
            is_quote = source[place] == '"'
            what = "a text has no end" if is_quote else "a character means nothing"
            raise NoTokensError(f"{what} in OTTL", place)
        kind = match.lastgroup or ""
        if kind == "string" and not _ESCAPES.fullmatch(match[0][1:-1]):
            hint = r"write a backslash as `\\`; in YAML, in single quotes or a block"
            raise NoTokensError(
                "a text has an escape that Go does not know", place, hint
            )
        if kind != "space":
            found.append(
                Token(match[0] if kind == "punctuation" else kind, match[0], place)
            )
        place = match.end()
    return [*found, Token("end", "", len(source))]
