"""Connectors: where they route to."""

from collections.abc import Mapping
from typing import Final

from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Faults, View

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
        yield from shared.one_of(route, "action", ("", "move", "copy"))
        yield from shared.one_of(route, "context", _CONTEXTS)
        if route.text("context") == "request" and condition == "":
            yield route.needs("a `condition` for the context `request`")


_OWN: Final[Mapping[str, shared.Check]] = {"routing": _routing}
