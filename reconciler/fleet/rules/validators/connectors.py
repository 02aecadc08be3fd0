"""Connectors: where they route to."""

from collections.abc import Collection, Mapping
from typing import Final

from reconciler.fleet.rules import config
from reconciler.fleet.rules.validators import shared, statements
from reconciler.fleet.rules.validators.view import Fault, Faults, View

_CONTEXTS: Final = ("", "resource", "span", "metric", "datapoint", "log", "request")


def of(type_: str, view: View) -> Faults:
    """What a connector refuses."""
    if check := _OWN.get(type_):
        yield from check(view)


def _routing(view: View) -> Faults:
    if view.count("table") == 0:
        yield view.needs("a `table` of routes")
    for route in view.parts("table"):
        statement, condition = route.text("statement"), route.text("condition")
        if statement == condition == "":
            yield route.needs("a `condition` or a `statement`")
        if statement and condition:
            yield route.must("statement", "not be set beside `condition`")
        if route.count("pipelines") == 0:
            yield route.needs("`pipelines` to route to")
        yield from shared.one_of(route, "context", _CONTEXTS)
        if route.text("context") == "request" and condition == "":
            yield route.needs("a `condition` for the context `request`")
        for fault in statements.route(route):
            yield fault.when_used()


def routes(view: View, pipelines: Collection[str]) -> Faults:
    """Pipelines that a `routing` connector names, and that do not receive from it."""
    for part, key in (
        (view, "default_pipelines"),
        *((route, "pipelines") for route in view.parts("table")),
    ):
        for text, where in part.texts(key):
            if config.trimmed(text) not in pipelines:
                message = f"`{part.path}.{key}` names `{text}`, which is no pipeline"
                hint = f"name the connector under `receivers` of a pipeline `{text}`"
                yield Fault(f"{message} that receives from it", where, hint)


_OWN: Final[Mapping[str, shared.Check]] = {"routing": _routing}
