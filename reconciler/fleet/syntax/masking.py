"""Values of Collector configs as people may see them: no secret, and short.

Used wherever a value leaves the fleet repo or comes from an agent: plans, `explain`,
`diff`, the API, reports of drift. What is secret is told by the key, and by the user of
a URL. Rather too much is hidden than too little; the author's own `${env:TOKEN}` stays,
because it says where a secret is, not what it is.
"""

import json
import re
from typing import Final

from reconciler.fleet.syntax.nodes import (
    Node,
    Scalar,
    ScalarValue,
    Sequence,
    Table,
    Text,
)
from reconciler.fleet.syntax.pointers import Path

HIDDEN: Final = "(hidden)"
SECRET_KEY: Final = re.compile(
    r"(?i)(passw|secret|token|api[_-]?key|authorization|credential|private[_-]?key)"
)
USERINFO: Final = re.compile(r"(?<=://)[^/@\s]+(?=@)")
SHOWN: Final = 120
"""Characters of a value on one line."""

_REFERENCE: Final = re.compile(r"((Bearer|Basic|Token) )?\$\{\w+:[\w./-]+\}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_$/(.][\w${}:./@+() -]*")
_AMBIGUOUS: Final = re.compile(r": |:$|^(true|false|null|[\d.]+)$", re.IGNORECASE)


def masked(node: Node, path: Path = ()) -> Node:
    """A value that stands at a path of a config, with every secret in it hidden."""
    secret = False
    for key in path:
        secret = _is_secret(key, above=secret)
    return _masked(node, secret=secret)


def shown(node: Node, path: Path = (), *, limit: int = SHOWN) -> str:
    """A value that stands at a path, on one line in YAML's flow style, masked."""
    text = _flow(masked(node, path))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _masked(node: Node, *, secret: bool) -> Node:
    match node:
        case Scalar(value, where):
            return Scalar(_value(value, secret=secret), where)
        case Sequence(items, where):
            return Sequence(tuple(_masked(i, secret=secret) for i in items), where)
        case Table(items, where):
            below = secret or _names_secret(node)
            return Table(
                {
                    key: (place, _masked(value, secret=_is_secret(key, above=below)))
                    for key, (place, value) in items.items()
                },
                where,
            )


def _is_secret(key: str, *, above: bool) -> bool:
    if key == "name":
        return False  # of a header that came back as a pair of name and value
    return above or key == "headers" or bool(SECRET_KEY.search(key))


def _names_secret(table: Table) -> bool:
    """`{name: authorization, value: …}`, as Collectors write lists of headers."""
    match table.items.get("name"):
        case (_, Scalar(str(name))):
            return bool(SECRET_KEY.search(name))
        case _:
            return False


def _value(value: ScalarValue, *, secret: bool) -> ScalarValue:
    match value:
        case Text():
            return f"{len(value.encode()):,} bytes of text"  # secrets could be anywhere
        case str() if secret and not _REFERENCE.fullmatch(value):
            return HIDDEN
        case str():
            return USERINFO.sub(HIDDEN, value)
        case _ if secret and value is not None:
            return HIDDEN
        case _:
            return value


def _flow(node: Node) -> str:
    match node:
        case Table(items):
            pairs = (f"{_text(key)}: {_flow(one)}" for key, (_, one) in items.items())
            return "{" + ", ".join(pairs) + "}"
        case Sequence(items):
            return "[" + ", ".join(map(_flow, items)) + "]"
        case Scalar(None):
            return "null"
        case Scalar(bool(value)):
            return "true" if value else "false"
        case Scalar(value):
            return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    """As it is where nobody can take it for something else, so that people can read."""
    plain = _PLAIN.fullmatch(text) and not _AMBIGUOUS.search(text)
    return str(text) if plain else json.dumps(text, ensure_ascii=not text.isprintable())
