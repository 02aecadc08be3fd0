"""For people: as compilers print it, the line with a caret, and whom it hits."""

from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from reconciler.cli.formats.checked import Checked
from reconciler.cli.formats.snippets import Snippets
from reconciler.errors import Where
from reconciler.fleet.findings import Finding, Reach
from reconciler.web import text

STYLES: Final = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}

_MOST_PLACES: Final = 10
_MOST_GROUPS: Final = 8


def render(checked: Checked) -> Text:
    """All findings, one below the other."""
    snippets = Snippets(checked)
    lines = (line for found in checked.findings for line in _finding(found, snippets))
    return Text("\n").join(lines)


def _finding(found: Finding, snippets: Snippets) -> Iterator[Text]:
    yield Text.assemble(
        (f"{text.line(str(found.where))}: ", "bold"),
        (f"{found.severity} {found.rule}: ", STYLES[found.severity]),
        text.line(found.message),
    )
    line = snippets.at(found.where)
    if line is not None:
        yield from _excerpt(found.where, line, snippets.before(found.where))
    if found.hint:
        yield _about("hint", found.hint)
    for place in found.also[:_MOST_PLACES]:
        line = (snippets.at(place) or "").strip()
        yield _about("also", f"{place}: {line}" if line else str(place))
    if len(found.also) > _MOST_PLACES:
        yield _about("also", f"{len(found.also) - _MOST_PLACES} more places")
    if found.reach and (hit := _hits(found.reach)):
        yield _about("hits", hit)


def _excerpt(where: Where, line: str, before: str) -> Iterator[Text]:
    """The line, and below it a caret under the column."""
    number = f"  {where.line} | "
    yield Text.assemble((number, "dim"), line)
    yield Text(" " * cell_len(number + before) + "^", "bold red")


def _about(what: str, words: str) -> Text:
    return Text.assemble((f"  {what}: ", "cyan"), text.line(words))


def _hits(reach: Reach) -> str:
    """Groups by name as far as they fit, and how many known agents."""
    shown = ", ".join(reach.groups[:_MOST_GROUPS])
    if len(reach.groups) > _MOST_GROUPS:
        shown += f" and {len(reach.groups) - _MOST_GROUPS} more"
    groups = f"group{'' if len(reach.groups) == 1 else 's'} {shown}"
    agents = "" if reach.agents is None else counted(reach.agents, "agent")
    return "; ".join(filter(None, (groups if reach.groups else "", agents)))


def counted(number: int, what: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {what}{'' if number == 1 or what == 'info' else 's'}"
