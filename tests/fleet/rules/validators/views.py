"""Views for the tests of this folder, and what the checks say of them."""

from collections.abc import Mapping, Sequence

from reconciler.errors import Where
from reconciler.fleet.rules.validators.shared import Check
from reconciler.fleet.rules.validators.view import View
from tests.fleet.trees import read

HERE = Where("c.yaml", 1, 1)
Cases = Mapping[str, Sequence[tuple[str, list[str]]]]
"""By type: settings between braces, and what is said of them."""


def view(settings: str) -> View:
    """The settings between braces, of a component `it`."""
    text = f"it: {{{settings}}}\n"
    return View("it", HERE, read(text, "c.yaml").items["it"][1])


def told(check: Check, settings: str) -> list[str]:
    """What a check says, without the name of the component."""
    found = check(view(settings))
    return [fault.message.replace("`it.", "`").replace("`it` ", "") for fault in found]
