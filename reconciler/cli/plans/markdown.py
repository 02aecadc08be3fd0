"""A plan as a comment under a pull request: one table, and the differences folded.

Forges cut or refuse long comments, so what does not fit is named and left out. Nothing
that a repository or an agent says becomes markup, a mention or a link.
"""

import re
from collections.abc import Iterator
from typing import Final

from reconciler.cli.plans import words
from reconciler.state.forecast import ConfigChange, Forecast
from reconciler.web import text

LONGEST: Final = 60_000
"""Characters; GitHub takes 65,536."""

MOST: Final = 100
"""Differences of one config; a table row beside them stays readable."""

_ROWS: Final = 50
_RESERVE: Final = 500
_MARKUP: Final = re.compile(r"[\\`*_\[\]<|~&]")
_LINKS: Final = re.compile(r"[@#!]|:(?=//)|www(?=\.)")
_NOTHING: Final = "\u200b"
"""A space without width: forges turn words into links even where markup is escaped."""


def of(told: Forecast) -> str:
    """The comment."""
    parts = [_summary(told)]
    room = LONGEST - len(parts[0]) - _RESERVE
    left_out = 0
    for number, change in enumerate(told.changes, 1):
        part = _folded(number, change, known=told.known)
        if len(part) > room:
            left_out += 1
            continue
        room -= len(part)
        parts.append(part)
    if left_out:
        parts.append(
            f"Left out for want of room: {left_out} of the diffs; `reconciler plan` "
            "shows them.\n"
        )
    return "\n".join(parts)


def _summary(told: Forecast) -> str:
    lines = [f"**{_plain(words.headline(told))}**", ""]
    lines += [f"- {_plain(note)}" for note in words.notes(told)]
    lines += [f"- {_plain(words.move(one, known=told.known))}" for one in told.moves]
    lines += [f"- {_plain(str(one))}" for one in told.fatal]
    if told.changes:
        lines += ["", *_table(told)]
    return "\n".join(lines)[: LONGEST - _RESERVE] + "\n"


def _table(told: Forecast) -> Iterator[str]:
    yield "| | agents | groups | config | look at |"
    yield "|---|---|---|---|---|"
    for change in told.changes[:_ROWS]:
        cells = (
            f"`{words.SIGNS[change.fate]}` {change.fate}",
            words.agents(change.agents, known=told.known),
            ", ".join(change.groups),
            words.origin(change),
            "; ".join((*change.risks, *(one.message for one in change.why))),
        )
        first, *others = cells
        yield "| " + " | ".join([first, *map(_plain, others)]) + " |"
    if (more := len(told.changes) - _ROWS) > 0:
        yield f"| | and {more} more | | | |"


def _folded(number: int, change: ConfigChange, *, known: bool) -> str:
    if not change.differences:
        return ""
    title = _plain(words.title(change, known=known))
    return "\n".join(
        [
            f"<details><summary>{number}. {title}</summary>",
            "",
            "```diff",
            *_diff(change),
            "```",
            "",
            "</details>",
            "",
        ]
    )


def _diff(change: ConfigChange) -> Iterator[str]:
    """A sign starts every line, so none can end the block."""
    for entry, found in change.differences[:MOST]:
        sign, what, place = words.difference(change, entry, found)
        sign = sign.replace("~", "!")
        yield text.line(f"{sign} {what}  # {place}")
    if (more := len(change.differences) - MOST) > 0:
        yield f"# and {more} more"


def _plain(words_: str) -> str:
    """Words that Markdown and HTML take as they are."""
    escaped = _MARKUP.sub(lambda found: f"&#{ord(found[0])};", text.line(words_))
    return _LINKS.sub(rf"\g<0>{_NOTHING}", escaped)
