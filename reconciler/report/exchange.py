"""One HTTP exchange as data: what a forge's dialect asks for and what it got back.

Made by `github.py` and `gitea.py`, carried by `http.py`. Pure, so that every contract
of a forge can be tested without a socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.state import conditions

BODY_LIMIT = 64 << 10
"""Bytes of an answer that are read; messages of forges are far shorter."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to send; the headers hold the token and so are never shown.

    Attributes:
        most: Bytes of the answer that are read.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = b""
    most: int = BODY_LIMIT


@dataclass(frozen=True, slots=True)
class Response:
    """What came back.

    Attributes:
        headers: By lower-case name.
        body: As far as it came, capped; not decoded.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


def one_line(text: str) -> str:
    """A description as every forge takes it: printable, on one line, short enough.

    Agents put anything into their errors; a NUL would make Gitea answer 500 for ever.
    """
    printable = "".join(char if char.isprintable() else " " for char in text)
    return conditions.shorten(printable)
