"""Actions on attributes, of the processors that are made of little else."""

from typing import Final

from reconciler.fleet.rules.validators.view import Faults, View
from reconciler.fleet.syntax import spelling

_SET: Final = ("insert", "update", "upsert")
_TAKE: Final = ("delete", "hash")
_ACTIONS: Final = (*_SET, *_TAKE, "extract", "convert")
_SOURCES: Final = ("value", "from_attribute", "from_context")
_TARGETS: Final = ("int", "double", "string")
_STATUSES: Final = ("Ok", "Error", "Unset")


def attributes(view: View) -> Faults:
    """The `attributes` processor."""
    yield from _actions(view, "actions")


def resource(view: View) -> Faults:
    """The `resource` processor."""
    yield from _actions(view, "attributes")


def _actions(view: View, key: str) -> Faults:
    if view.count(key) == 0:
        yield view.needs(f"a list of `{key}`")
    for part in view.parts(key):
        for fault in _action(part):
            yield fault.when_used()


def _action(part: View) -> Faults:
    action = part.text("action")
    if action is None:
        return
    action = action.lower()
    if action not in _ACTIONS:
        hint = spelling.hint(action, _ACTIONS)
        yield part.must("action", f"be one of {', '.join(_ACTIONS)}", hint)
        return
    yield from _key(part, action)
    sources = [source for source in _SOURCES if part.has(source)]
    if action in _SET:
        yield from _sources(part, action, sources)
    elif sources and not (action in _TAKE and sources == ["from_context"]):
        yield part.must(sources[0], f"not be set for `{action}`")
    if action == "extract":
        yield from _pattern(part)
    if action == "convert":
        target = part.text("converted_type")
        if target is not None and target not in _TARGETS:
            yield part.must("converted_type", f"be one of {', '.join(_TARGETS)}")
    elif part.text("converted_type"):
        yield part.must("converted_type", f"not be set for `{action}`")


def _key(part: View, action: str) -> Faults:
    if part.text("key") != "":
        return
    if action not in _TAKE:
        yield part.needs("a `key`")
    elif part.text("pattern") == "":
        yield part.needs("a `key` or a `pattern`")


def _sources(part: View, action: str, sources: list[str]) -> Faults:
    given = [key for key in (*_SOURCES, "default_value") if part.is_given(key)]
    if not given:
        yield part.needs(f"a `value`, `from_attribute` or `from_context` to {action}")
    if len(sources) > 1:
        yield part.must(sources[1], f"not be set beside `{sources[0]}`")
    if part.text("pattern"):
        yield part.must("pattern", f"not be set for `{action}`")


def _pattern(part: View) -> Faults:
    pattern = part.text("pattern")
    if pattern == "":
        yield part.needs("a `pattern`")
    elif pattern and "(" not in pattern:
        yield part.must("pattern", "name a group, as in `(?P<name>.*)`")


def span(view: View) -> Faults:
    """The `span` processor."""
    name = view.part("name")
    renames = name.count("from_attributes") + name.part("to_attributes").count("rules")
    if renames == 0 and "status" not in view:
        what = "`name.from_attributes`, `name.to_attributes` or `status`"
        yield view.needs(what).when_used()
    status = view.part("status")
    code = status.text("code")
    if view.has("status") and code is not None and code not in _STATUSES:
        yield status.must("code", f"be one of {', '.join(_STATUSES)}").when_used()
    elif code in ("Ok", "Unset") and status.text("description"):
        yield status.must("description", "not be set but for `Error`").when_used()
