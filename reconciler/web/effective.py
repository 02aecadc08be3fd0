"""An agent's effective config as people may see it: read, masked, written again.

Called by `api.py` in a worker thread. Masking works on the parsed tree, because a
secret in a block scalar or a flow mapping escapes whoever masks line by line; so what
cannot be parsed is not shown at all. Rather too much is hidden than too little.
"""

import re
from typing import Final

from reconciler.errors import ReconcilerError
from reconciler.fleet import dump, yaml
from reconciler.fleet.nodes import Node, Scalar, ScalarValue, Sequence, Table
from reconciler.fleet.render import ConfigEntry
from reconciler.state import leaves
from reconciler.state.observed import EffectiveConfig
from reconciler.web import text
from reconciler.web.answers import Document

HIDDEN: Final = "(hidden)"
_REFERENCE: Final = re.compile(r"((Bearer|Basic|Token) )?\$\{\w+:[\w./-]+\}")
"""`${env:TOKEN}` or `Bearer ${env:TOKEN}`: says where a secret is, not what it is."""
_USERINFO: Final = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def readable(config: EffectiveConfig) -> Document:
    """Every entry with its text, or why there is none."""
    return {
        "digest": config.digest.hex(),
        "entries": [
            {
                "name": text.line(name, limit=256),
                "contentType": text.line(entry.content_type, limit=128),
                **_text(entry),
            }
            for name, entry in sorted(config.entries.items())
        ],
    }


def _text(entry: ConfigEntry) -> Document:
    try:
        documents = yaml.compose(entry.body, "effective config")
    except ReconcilerError as wrong:
        return {"text": None, "unreadable": text.line(str(wrong))}
    masked = (dump.dump(_masked(node, secret=False)).decode() for node in documents)
    return {"text": text.block("---\n".join(masked)), "unreadable": None}


def _masked(node: Node, *, secret: bool) -> Node:
    match node:
        case Scalar(value, where):
            return Scalar(_shown(value, secret=secret), where)
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
    return above or key == "headers" or bool(leaves.SECRET_KEY.search(key))


def _names_secret(table: Table) -> bool:
    """`{name: authorization, value: …}`, as Collectors write lists of headers."""
    match table.items.get("name"):
        case (_, Scalar(str(name))):
            return bool(leaves.SECRET_KEY.search(name))
        case _:
            return False


def _shown(value: ScalarValue, *, secret: bool) -> ScalarValue:
    match value:
        case str() if secret and not _REFERENCE.fullmatch(value):
            return HIDDEN
        case str():
            return _USERINFO.sub(HIDDEN, value)
        case _ if secret and value is not None:
            return HIDDEN
        case _:
            return value
