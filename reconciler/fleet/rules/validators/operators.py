"""Operators: what receivers of logs do to an entry, one after another.

They are made when a pipeline is built, so all of these faults are of receivers that one
names.
"""

import re
from collections.abc import Mapping
from typing import Final

from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Fault, Faults, View

_GROUP: Final = "(?P<"
_OTHER_GROUP: Final = "(?<"
_EPOCHS: Final = ("s", "ms", "us", "ns", "s.ms", "s.us", "s.ns")
_LAYOUTS: Final = ("strptime", "gotime", "epoch", "native")


def check(view: View, key: str = "operators") -> Faults:
    """What cannot be made of a list of operators."""
    operators = list(view.parts(key))
    yield from _ids(operators)
    if len(operators) == view.count(key):
        yield from _outputs(operators)
    for one in operators:
        if own := _OWN.get(one.text("type") or ""):
            yield from own(one)
        if one.has("timestamp"):
            yield from _time(one.part("timestamp"))
        severity = one.part("severity")
        if one.has("severity") and severity.text("parse_from") == "":
            yield severity.needs("a `parse_from`")


def _ids(operators: list[View]) -> Faults:
    seen: set[str] = set()
    for one in operators:
        given = one.text("id")
        if given and given in seen:
            yield one.must("id", "not be that of another operator")
        seen.add(given or "")


def _outputs(operators: list[View]) -> Faults:
    ids = [one.text("type" if one.text("id") == "" else "id") for one in operators]
    if None in ids:
        return
    # Of operators of one type without ids, all but the first get a number.
    numbered = "|".join(re.escape(one or "") for one in ids)
    known = re.compile(rf"(?:{numbered})[0-9]*")
    for one in operators:
        routes = [(one, "output"), (one, "default")]
        routes += [(route, "output") for route in one.parts("routes")]
        for part, key in routes:
            for text, where in part.texts(key):
                if not known.fullmatch(text):
                    message = (
                        f"`{part.path}.{key}` names `{text}`, which is no operator"
                    )
                    hint = "give the operator that is meant this `id`"
                    yield Fault(message, where, hint)


def _regex(one: View) -> Faults:
    regex = one.text("regex")
    if regex == "":
        yield one.needs("a `regex`")
    elif regex and _GROUP not in regex and _OTHER_GROUP not in regex:
        yield one.must("regex", "name a group, as in `(?P<name>.*)`")


def _csv(one: View) -> Faults:
    header, attribute = one.text("header"), one.text("header_attribute")
    if header == attribute == "":
        yield one.needs("a `header` or a `header_attribute`")
    if header and attribute:
        yield one.must("header_attribute", "not be set beside `header`")
    if one.flag("ignore_quotes") and one.flag("lazy_quotes"):
        yield one.must("lazy_quotes", "not be set beside `ignore_quotes`")


def _syslog(one: View) -> Faults:
    protocol = one.text("protocol")
    if protocol == "":
        yield one.needs("a `protocol`", "`rfc3164` or `rfc5424`")
    elif protocol and protocol.lower() not in ("rfc3164", "rfc5424"):
        yield one.must("protocol", "be one of rfc3164, rfc5424")


def _time(one: View) -> Faults:
    if one.text("parse_from") == "":
        yield one.needs("a `parse_from`")
    kind, layout = one.text("layout_type", "strptime"), one.text("layout")
    yield from shared.one_of(one, "layout_type", _LAYOUTS, "strptime")
    if layout == "" and kind in ("strptime", "gotime", "epoch"):
        yield one.needs("a `layout`", "such as `%Y-%m-%dT%H:%M:%S.%LZ`")
    elif kind == "epoch" and layout and layout not in _EPOCHS:
        yield one.must("layout", f"be one of {', '.join(_EPOCHS)} for an epoch")


def _severity(one: View) -> Faults:
    if one.text("parse_from") == "":
        yield one.needs("a `parse_from`")


def _move(one: View) -> Faults:
    for key in ("from", "to"):
        if one.text(key) == "":
            yield one.needs(f"a `{key}`")


def _remove(one: View) -> Faults:
    if one.text("field") == "":
        yield one.needs("a `field`")


def _retain(one: View) -> Faults:
    if one.count("fields") == 0:
        yield one.needs("a list of `fields`")


def _recombine(one: View) -> Faults:
    first, last = one.text("is_first_entry"), one.text("is_last_entry")
    if first == last == "":
        yield one.needs("`is_first_entry` or `is_last_entry`")
    if first and last:
        yield one.must("is_last_entry", "not be set beside `is_first_entry`")
    if one.text("combine_field") == "":
        yield one.needs("a `combine_field`")
    yield from shared.one_of(one, "overwrite_with", ("", "newest", "oldest"))


def _container(one: View) -> Faults:
    yield from shared.one_of(one, "format", ("", "docker", "crio", "containerd"))


_OWN: Final[Mapping[str, shared.Check]] = {
    "container": _container,
    "copy": _move,
    "csv_parser": _csv,
    "move": _move,
    "recombine": _recombine,
    "regex_parser": _regex,
    "remove": _remove,
    "retain": _retain,
    "severity_parser": _severity,
    "syslog_parser": _syslog,
    "time_parser": _time,
}
