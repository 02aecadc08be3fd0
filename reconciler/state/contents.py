"""What an entry of a config map holds: values, plain text, or nothing one can judge.

Called by `entries.py` for both sides, and by `web/effective.py` for the words. What is
read here may come from anybody, and why it cannot be read ends up on commit statuses:
so a reason never quotes what it is about.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reconciler.fleet.findings import Fault
from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.fleet.syntax import nodes, yaml
from reconciler.fleet.syntax.nodes import Node

CAPS: Final = yaml.CAPS
"""What is larger or deeper is not judged: one comparison may not hold up the rest."""

_STRUCTURED: Final = re.compile(r"ya?ml|json", re.IGNORECASE)
_QUOTED: Final = re.compile(r"`(?:.*`|.*$)")


@dataclass(frozen=True, slots=True)
class Text:
    """Neither a mapping nor a list."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nobody can tell what it holds.

    Attributes:
        reason: To follow its name, such as `is empty`.
    """

    reason: str


Values: TypeAlias = dict[str, Any] | list[Any]
Content: TypeAlias = Values | Text | Unreadable


def ours(entry: ConfigEntry, node: Node | None) -> Content:
    """What we gave, of which `node` is the tree where there is one.

    The content type decides what it is; one that speaks of neither YAML nor JSON, but
    not of text either, leaves it to what the entry holds.
    """
    is_structured = bool(_STRUCTURED.search(entry.content_type))
    if entry.content_type.startswith("text/") and not is_structured:
        return Text()
    content = read(entry.body) if node is None else _content(nodes.plain(node))
    is_text = isinstance(content, Unreadable) and not is_structured
    return Text() if is_text else content


def read(body: bytes) -> Content:
    """What an agent reports; agents name its type in many ways, or not at all."""
    if len(body) > CAPS.size:
        most = f"at most {CAPS.size:,} are judged"
        return Unreadable(f"has {len(body):,} bytes; {most}")
    if body.lstrip()[:1] in {b"{", b"["} and (values := _json(body)) is not None:
        return values
    try:
        documents = yaml.compose(body, "effective config")
    except Fault as fault:
        return Unreadable(f"cannot be read: {words(fault)}")
    return _content(nodes.plain(documents[0]) if documents else None)


def words(fault: Fault) -> str:
    """The line and what is wrong there, without what it quotes."""
    message = _QUOTED.sub("…", fault.message)
    line = fault.finding.where.line
    return f"line {line}: {message}" if line else message


def _content(value: Any) -> Content:
    if value is None:
        return Unreadable("is empty")
    return value if isinstance(value, dict | list) else Text()


def _json(body: bytes) -> Values | None:
    """The values of JSON; None for anything that YAML may still make sense of."""
    try:
        values: Values = json.loads(
            body.decode(), object_pairs_hook=_unique, parse_constant=_refuse
        )
        # Half a pair of surrogates could be stored and sent nowhere.
        json.dumps(values, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return values if _is_shallow(values) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _is_shallow(values: Values) -> bool:
    level: list[Any] = [values]
    for _ in range(CAPS.depth + 1):
        level = [below for value in level for below in _children(value)]
        if not level:
            return True
    return False


def _children(value: Any) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case _:
            return []
