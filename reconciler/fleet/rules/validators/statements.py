"""Statements and conditions of OTTL, in the settings of those who take them."""

import functools
import itertools
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.rules.ottl import grammar
from reconciler.fleet.rules.ottl.grammar import Judge
from reconciler.fleet.rules.validators.view import Fault, Faults, View

_KINDS: Final = {
    "trace": ("resource", "scope", "span", "spanevent"),
    "metric": ("resource", "scope", "metric", "datapoint"),
    "log": ("resource", "scope", "log"),
    "profile": ("resource", "scope", "profile"),
}
"""Of whose data there are statements, and the contexts that they may have."""
_EVERY: Final = frozenset(itertools.chain(*_KINDS.values()))
_FILTERS: Final = (
    ("traces", ("resource", "span", "spanevent")),
    ("metrics", ("resource", "metric", "datapoint")),
    ("logs", ("resource", "log_record")),
    ("profiles", ("resource", "profile")),
)


def transform(view: View) -> Faults:
    """The `transform` processor."""
    for kind, contexts in _KINDS.items():
        key = f"{kind}_statements"
        yield from _each(view, key, _in_context(grammar.statement))
        for part in view.parts(key):
            yield from _context(part, contexts)
            yield from _each(part, "statements", _where(part, grammar.statement))
            yield from _each(part, "conditions", _where(part, grammar.condition))


def filter_(view: View) -> Faults:
    """The `filter` processor."""
    for kind, contexts in _KINDS.items():
        key = f"{kind}_conditions"
        yield from _each(view, key, _in_context(grammar.condition))
        for part in view.parts(key):
            yield from _context(part, contexts)
            yield from _each(part, "conditions", _where(part, grammar.condition))
    for name, keys in _FILTERS:
        part = view.part(name)
        for key in keys:
            yield from conditions(part, key)


def route(view: View) -> Faults:
    """One route of the `routing` connector."""
    statement, condition = view.text("statement"), view.text("condition")
    if statement:
        yield from _fault(view, "statement", statement, grammar.statement)
    if condition and view.text("context") not in (None, "request"):
        yield from _fault(view, "condition", condition, grammar.condition)


def conditions(view: View, key: str) -> Faults:
    """A list of conditions."""
    yield from _each(view, key, grammar.condition)


def _context(part: View, contexts: tuple[str, ...]) -> Faults:
    """A context of other data; that of none is told by `settings.py`."""
    context = (part.text("context") or "").lower()
    if context in _EVERY and context not in contexts:
        yield part.must("context", f"be one of {', '.join(contexts)} here")


def _in_context(judge: Judge) -> Judge:
    return functools.partial(grammar.in_context, judge)


def _where(part: View, judge: Judge) -> Judge:
    return judge if "context" in part else _in_context(judge)


def _each(view: View, key: str, judge: Judge) -> Faults:
    for text, where in view.texts(key):
        if fault := judge(text):
            yield _told(f"{view.path}.{key}", fault, where)


def _fault(view: View, key: str, text: str, judge: Judge) -> Faults:
    if fault := judge(text):
        yield _told(f"{view.path}.{key}", fault, view.place(key))


def _told(path: str, fault: grammar.Fault, where: Where) -> Fault:
    place = f"the OTTL in `{path}` is wrong at character {fault.start + 1}"
    return Fault(f"{place}: {fault.message}", where, fault.hint)
