"""A plan for a terminal: whom it touches first, then every value with its place."""

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from reconciler.cli import output
from reconciler.cli.plans import words
from reconciler.state.forecast import ConfigChange, Forecast
from reconciler.web import text

MOST: Final = 30
"""Differences of one config that are shown; JSON holds all."""

STYLES: Final = {"+": "green", "-": "red", "~": "yellow", "!": "bold red"}


def say(told: Forecast) -> None:
    """Print it; every string of a repository or agent is cleaned."""
    output.say(Text(words.headline(told), "bold"))
    for change in told.changes:
        output.say()
        for line in _change(change, known=told.known):
            output.say(line)
    if told.moves:
        output.say()
    for move in told.moves:
        output.say(Text("> ", "cyan") + _clean(words.move(move, known=told.known)))
    if notes := list(words.notes(told)):
        output.say()
    for note in notes:
        output.say(_clean(note))


def _change(change: ConfigChange, *, known: bool) -> Iterator[Text]:
    sign = words.SIGNS[change.fate]
    title = _clean(words.title(change, known=known))
    yield Text(f"{sign} ", STYLES[sign]) + Text(title.plain, "bold")
    yield _clean(f"  group {', '.join(change.groups)}: {words.origin(change)}")
    for entry, found in change.differences[:MOST]:
        kind, what, place = words.difference(change, entry, found)
        yield (
            Text(f"    {kind} ", STYLES[kind])
            + _clean(what)
            + Text(f"  {text.line(place)}", "dim")
        )
    if (more := len(change.differences) - MOST) > 0:
        yield Text(f"    and {more} more; `-o json` has all", "dim")
    for why in change.why:
        yield Text("    ") + _clean(str(why))
    for risk in change.risks:
        yield Text("    risk: ", "yellow") + _clean(risk)


def _clean(words_: str) -> Text:
    return Text(text.line(words_))
