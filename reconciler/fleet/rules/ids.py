"""Names of components and pipelines: `type/name`, as the Collector reads them.

Used by `structure.py`. Spaces around the slash are nothing to the Collector, so two
keys that YAML keeps apart may be one id.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import config
from reconciler.fleet.syntax import fields, yaml
from reconciler.fleet.syntax.nodes import Table

LONGEST_NAME: Final = 1024

_TYPE = re.compile(r"[a-zA-Z][0-9a-zA-Z_]{0,62}")
_TYPE_RULE: Final = (
    "a type is a letter, then up to 62 letters, digits or `_`; `/name` may follow"
)


def check(section: Table, path: str) -> Iterator[Finding]:
    """Keys of a section of components that are no ids, or the same one twice."""
    for key, (where, _) in section.items.items():
        yield from check_id(key, where, path)
    yield from twice(section, path)


def is_type(text: str) -> bool:
    """Whether a type of component could be called so."""
    return _TYPE.fullmatch(text) is not None


def check_id(text: str, where: Where, path: str) -> Iterator[Finding]:
    """An id that the Collector cannot read."""
    type_, slash, name = config.trimmed(text).partition("/")
    if not is_type(type_):
        message = f"`{text}` in `{path}` is no id of a component"
        yield findings.error(fields.WRONG_VALUE, message, where, _TYPE_RULE)
    elif slash:
        yield from check_name(name, text, where, path)


def check_name(name: str, text: str, where: Where, path: str) -> Iterator[Finding]:
    """What is after the slash, of a component or a pipeline."""
    if fault := _fault(name):
        message = f"the name in `{text}` of `{path}` {fault}"
        yield findings.error(fields.WRONG_VALUE, message, where)


def twice(section: Table, path: str) -> Iterator[Finding]:
    """Keys that are one id."""
    first: dict[str, Where] = {}
    for key, (where, _) in section.items.items():
        one = config.trimmed(key)
        if one in first:
            message = f"`{path}` has `{one}` twice: spaces around `/` do not count"
            yield findings.error(
                yaml.DUPLICATE_KEY,
                message,
                where,
                f"the other is on line {first[one].line}; give one another name",
                also=(first[one],),
            )
        first.setdefault(one, where)


def _fault(name: str) -> str | None:
    if not name:
        return "is empty"
    if len(name.encode(errors="replace")) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters"
    if bad := next(filter(_is_forbidden, name), None):
        return f"holds {_called(bad)}"
    return None


def _is_forbidden(character: str) -> bool:
    """Spaces, controls and symbols; unassigned ones may be newer than our tables."""
    category = unicodedata.category(character)
    return category[0] in "ZCS" and category != "Cn"


def _called(character: str) -> str:
    return "a space" if character == " " else f"`{character}`, a symbol or control"
