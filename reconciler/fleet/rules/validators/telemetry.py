"""The Collector's telemetry of itself, under `service.telemetry`."""

from reconciler.fleet.nodes import Table
from reconciler.fleet.rules import config
from reconciler.fleet.rules.validators.view import Faults, View


def of(tree: Table) -> Faults:
    """Metrics without a reader, and views that the level does not allow."""
    node = config.at(tree, "service", "telemetry")
    if not isinstance(node, Table):
        return
    view = View("service.telemetry", node.where, node)
    yield from _metrics(view.part("metrics"))


def _metrics(view: View) -> Faults:
    level = view.text("level", "normal")
    is_on = level is not None and level.lower() != "none"
    if is_on and view.has("readers") and view.count("readers") == 0:
        hint = "delete the empty list, or write `level: none`"
        yield view.must("readers", "not be empty where the level is not `none`", hint)
    is_less = level is not None and level.lower() != "detailed"
    if is_less and view.has("views"):
        yield view.must("views", "not be set but for the level `detailed`")
