"""What a forge lists of a commit: the statuses that stand there, whoever wrote them.

`github.py` and `gitea.py` read their answers with it, `claim.py` judges what it gives.
Pure. Of an answer that is no list nothing is taken, of a row that is not as published
that row is not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from reconciler.errors import Waiting
from reconciler.report import exchange
from reconciler.report.exchange import Response
from reconciler.state.conditions import CommitState

LIST_LIMIT = 1 << 20
"""Bytes of a list that are read; GitHub's rows have two thousand each."""

_STATES = {
    **{state.value: state for state in CommitState},
    "warning": CommitState.ERROR,  # what Gitea is told of a commit that was overtaken
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One commit status as a forge lists it.

    Attributes:
        id: Greater than that of every status posted before.
        word: Its state in the forge's own word.
    """

    id: int
    word: str
    description: str

    @property
    def state(self) -> CommitState | None:
        """Its state; None for a word that this service never writes."""
        return _STATES.get(self.word)

    def __str__(self) -> str:
        """As it is told to people."""
        return f"{self.word}: {self.description}" if self.description else self.word


Listed: TypeAlias = Mapping[str, Sequence[Shown]]
"""What stands in each context that was asked about."""


def listed(
    response: Response,
    contexts: Iterable[str],
    *,
    forge: str,
    same: Callable[[str], str] = str,
) -> Listed:
    """The statuses of these contexts in a list.

    Args:
        response: The forge's answer.
        contexts: Everybody else's are left out.
        forge: Its name for people.
        same: Gives equal names to contexts that are one to the forge.

    Raises:
        Waiting: It is no list, or one that broke off.
    """
    try:
        rows = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        rows = None
    if not isinstance(rows, list):
        raise Waiting(f"{forge} answered with no list of commit statuses")
    names = {same(context): context for context in contexts}
    found: dict[str, list[Shown]] = {}
    for row in rows:
        match row:
            case {"id": int(number), "context": str(context)}:
                if name := names.get(same(context)):
                    found.setdefault(name, []).append(_shown(number, row))
    return found


def _shown(number: int, row: Mapping[str, Any]) -> Shown:
    word = row.get("status", row.get("state"))  # Gitea's name for it, GitHub's name
    description = row.get("description") or ""
    return Shown(number, _line(word), _line(description))


def _line(text: object) -> str:
    return exchange.one_line(text) if isinstance(text, str) else ""
