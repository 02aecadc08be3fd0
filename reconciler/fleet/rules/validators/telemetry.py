"""The Collector's telemetry of itself, under `service.telemetry`."""

from typing import Final

from reconciler.fleet.nodes import Table
from reconciler.fleet.rules import config
from reconciler.fleet.rules.validators.view import Faults, View

_LEVELS: Final = ("", "none", "basic", "normal", "detailed")
_LOG_LEVELS: Final = ("", "debug", "info", "warn", "warning", "error")
_FATAL: Final = ("dpanic", "panic", "fatal")


def of(tree: Table) -> Faults:
    """Levels that there are not, metrics without a reader, views without a level."""
    node = config.at(tree, "service", "telemetry")
    if not isinstance(node, Table):
        return
    view = View("service.telemetry", node.where, node)
    yield from _levels(view)
    yield from _metrics(view.part("metrics"))


def _levels(view: View) -> Faults:
    for key, levels in (
        ("logs", (*_LOG_LEVELS, *_FATAL)),
        ("metrics", _LEVELS),
        ("traces", _LEVELS),
    ):
        part = view.part(key)
        level = part.text("level")
        if level is not None and level.lower() not in levels:
            yield part.must("level", f"be one of {', '.join(filter(None, levels))}")


def _metrics(view: View) -> Faults:
    level = view.text("level", "normal")
    is_on = level is not None and level.lower() != "none"
    if is_on and view.has("readers") and view.count("readers") == 0:
        hint = "delete the empty list, or write `level: none`"
        yield view.must("readers", "not be empty where the level is not `none`", hint)
    is_less = level is not None and level.lower() != "detailed"
    if is_less and view.has("views"):
        yield view.must("views", "not be set but for the level `detailed`")
