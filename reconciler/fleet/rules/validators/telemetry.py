"""The Collector's telemetry of itself, under `service.telemetry`."""

from typing import Final

from reconciler.fleet.rules import config
from reconciler.fleet.rules.validators.view import Fault, Faults, View
from reconciler.fleet.syntax import spelling
from reconciler.fleet.syntax.nodes import Table

_EXPORTERS: Final = {
    "pull": frozenset({"prometheus"}),
    "periodic": frozenset({"console", "otlp"}),
}
_LOGS: Final = frozenset(
    (
        *("level", "development", "encoding", "disable_caller", "disable_stacktrace"),
        *("disable_zap_resource", "sampling", "output_paths", "error_output_paths"),
        *("initial_fields", "processors"),
    )
)
"""They come in two releases' shapes, so the catalogue does not call them all."""


def of(tree: Table) -> Faults:
    """Keys that are none, metrics without a reader, needless views."""
    node = config.at(tree, "service", "telemetry")
    if not isinstance(node, Table):
        return
    view = View("service.telemetry", node.where, node)
    yield from _metrics(view.part("metrics"))
    yield from _logs(view.part("logs"))


def _metrics(view: View) -> Faults:
    level = view.text("level", "normal")
    is_on = level is not None and level.lower() != "none"
    if is_on and view.has("readers") and view.count("readers") == 0:
        hint = "delete the empty list, or write `level: none`"
        yield view.must("readers", "not be empty where the level is not `none`", hint)
    is_less = level is not None and level.lower() != "detailed"
    for reader in view.parts("readers"):
        for key, words in _EXPORTERS.items():
            yield from _exporters(reader.part(key).part("exporter"), words)
    if is_less and view.has("views"):
        yield view.must("views", "not be set but for the level `detailed`")


def _exporters(view: View, words: frozenset[str]) -> Faults:
    for key, (where, _) in view.entries():
        if key not in words:
            message = f"`{view.path}` cannot be `{key}`"
            yield Fault(message, where, spelling.hint(key, words))


def _logs(view: View) -> Faults:
    for key, (where, _) in view.entries():
        if key not in _LOGS:
            hint = spelling.hint(key, _LOGS)
            yield Fault(f"unknown setting `{view.path}.{key}`", where, hint)
