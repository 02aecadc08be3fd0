"""What an entry of a config map holds: values, plain text, or nothing one can judge.

Called by `entries.py` for both sides, and by `web/effective.py` for the words. What is
read here may come from anybody, and why it cannot be read ends up on commit statuses:
so a reason never quotes what it is about.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from reconciler.fleet.findings import Fault
from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.fleet.syntax import contents, json_values, nodes, yaml
from reconciler.fleet.syntax.contents import Form
from reconciler.fleet.syntax.nodes import Node

CAPS: Final = yaml.CAPS
"""What is larger or deeper is not judged: one comparison may not hold up the rest."""

_NAME: Final = "effective config"
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
    """What we gave, of which `node` is the tree where there is one."""
    if contents.form_of(entry.content_type) is Form.TEXT:
        return Text()
    return read(entry.body) if node is None else _content(nodes.plain(node))


def read(body: bytes) -> Content:
    """What an agent reports; agents name its type in many ways, or not at all."""
    if len(body) > CAPS.size:
        most = f"at most {CAPS.size:,} are judged"
        return Unreadable(f"has {len(body):,} bytes; {most}")
    documents: tuple[Node, ...] = ()
    if body.lstrip()[:1] in {b"{", b"["}:
        with suppress(Fault):
            documents = json_values.compose(body, _NAME)
    try:
        documents = documents or yaml.compose(body, _NAME)
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
