"""The sentences of a plan, the same in a terminal and under a pull request."""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet.population import Population
from reconciler.fleet.syntax import masking, pointers
from reconciler.fleet.syntax.differences import Difference
from reconciler.ids import format_hash
from reconciler.state.forecast import ConfigChange, Fate, Forecast, Move

NAMED: Final = 3
"""Agents that are called by name; of more there is a number."""

SIGNS: Final = {
    Fate.CHANGED: "~",
    Fate.MATCHED: "+",
    Fate.UNBLOCKED: "+",
    Fate.TOO_LARGE: "!",
    Fate.BLOCKED: "!",
    Fate.UNMATCHED: "-",
}
_MEANING: Final = {
    Fate.CHANGED: "another config",
    Fate.MATCHED: "selected for the first time",
    Fate.UNBLOCKED: "no longer held back",
    Fate.TOO_LARGE: "too large to be sent, nothing changes there",
    Fate.BLOCKED: "held back, nothing changes there",
    Fate.UNMATCHED: "no longer selected, nothing changes there",
}


def headline(told: Forecast) -> str:
    """What it comes to, in one sentence."""
    if told.fatal:
        return "this revision would be refused: no agent changes"
    if told.is_empty:
        return "nothing changes for any agent"
    if not told.known:
        number = len(told.changes)
        return f"{number} of the configs that the selectors allow would change"
    restarts = f"{told.restarts} of {told.agents} agents restart with another config"
    others = [
        f"{count} {_MEANING[fate]}"
        for fate in (Fate.UNMATCHED, Fate.TOO_LARGE, Fate.BLOCKED)
        if (count := told.count(fate))
    ]
    return "; ".join([restarts, *others])


def notes(told: Forecast) -> Iterator[str]:
    """What else somebody should know before merging."""
    if not told.known:
        yield (
            "no agents are known, so configs are counted; --agents or --server counts "
            "agents"
        )
    if not told.complete:
        yield "the selectors allow more than was looked at"
    if guard := guarded(told):
        yield guard
    if told.stuck and told.known:
        yield f"{told.stuck} agents are held back, as they were before"
    yield from (f"risk: {risk}" for risk in told.risks)


def guarded(told: Forecast) -> str | None:
    """What the guard makes of it; None where it has nothing to say."""
    guard = told.guard
    if guard is None or not guard.touched:
        return None
    share = f"changes {guard.share:.0%} of {guard.total} agents"
    if guard.is_exceeded:
        limit = f"more than {guard.guard.share:.0%}"
        return f"guard: {share}, {limit}: needs an approval"
    return f"guard: {share}: passes"


def title(change: ConfigChange, *, known: bool) -> str:
    """Who it is about, and what becomes of them."""
    return f"{agents(change.agents, known=known)}: {_MEANING[change.fate]}"


def agents(those: Population, *, known: bool) -> str:
    """How many, and the first by name; or by labels where nobody is known."""
    shown = ", ".join(one.name for one in those[:NAMED])
    more = len(those) - NAMED
    names = f"{shown} and {more} more" if more > 0 else shown
    if not known:
        return f"agents with {names}"
    return f"{len(those)} agent{'s' if len(those) > 1 else ''} ({names})"


def move(one: Move, *, known: bool) -> str:
    """Who changes the group."""
    who = agents(one.agents, known=known)
    return f"{who} move from group {one.before} to {one.after}"


def origin(change: ConfigChange) -> str:
    """The documents of a config, and its hash before and after."""
    config = change.new or change.old
    documents = " < ".join(config.documents) if config else ""
    hashes = (format_hash(one.hash) for one in (change.old, change.new) if one)
    return f"{documents} ({' -> '.join(hashes)})"


def difference(
    change: ConfigChange, entry: str, found: Difference
) -> tuple[str, str, str]:
    """Its sign, what changed, and the place where that was written."""
    path = (f"[{entry}] " if entry else "") + (pointers.text(found.path) or "/")
    place = str(found.where)
    new = masking.shown(found.new, found.path) if found.new else ""
    old = masking.shown(found.old, found.path) if found.old else ""
    if not found.new:
        by = change.taken_away.get((entry, found.path))
        return "-", f"{path}: {old}", f"removed at {by}" if by else f"was {place}"
    if not found.old:
        return "+", f"{path}: {new}", place
    return "~", f"{path}: {old} -> {new}", place
