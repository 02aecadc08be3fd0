"""Documents of a fleet repo as text, tidy and with a comment on top.

Mappings stand in block style, short lists and the items of lists on one line. Used for
every file of an adoption but Collector YAML itself (`excerpts.py`).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.errors import Where
from reconciler.fleet.documents import API_VERSION, Kind
from reconciler.fleet.labels import Operator, Requirement, Selector
from reconciler.fleet.reading import schemas
from reconciler.fleet.syntax import dump
from reconciler.fleet.syntax.nodes import Scalar

_WIDTH: Final = 88
_NOWHERE: Final = Where("")
_BREAKS_FLOW = re.compile(r"[,\[\]{}]")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9.]+")
_LONGEST: Final = 56
"""Characters of a name; a number may follow, and 63 are allowed."""


class Collector(str):
    """Collector YAML that stands in a document as it is, without its last newline."""

    __slots__ = ()


def document(kind: Kind, name: str, spec: Mapping[str, Any], *comment: str) -> str:
    """One document.

    Args:
        kind: Of document.
        name: Its name.
        spec: Mappings, lists, text, numbers and booleans.
        comment: Lines above it.
    """
    content = {
        "apiVersion": API_VERSION,
        "kind": kind.value,
        "metadata": {"name": name},
        "spec": spec,
    }
    if not spec:
        del content["spec"]
    lines = [*(f"# {line}" for line in comment), *_block(content, "")]
    return "\n".join(lines) + "\n"


def file(path: str, *documents: str) -> bytes:
    """A file of documents; its first line tells editors what they may hold."""
    up = "../" * path.count("/")
    head = f"# yaml-language-server: $schema={up}{schemas.FILE}\n"
    return (head + "---\n".join(documents)).encode()


def schema() -> bytes:
    """The file that these first lines name."""
    return (json.dumps(schemas.every(), indent=2, ensure_ascii=False) + "\n").encode()


def selector(chosen: Selector) -> dict[str, Any]:
    """A selector as documents write it."""
    labels: dict[str, str] = {}
    expressions: list[dict[str, Any]] = []
    for one in chosen.requirements:
        if one.operator is Operator.IN and len(one.values) == 1:
            labels[one.key] = min(one.values)
        else:
            expressions.append(_expression(one))
    written: dict[str, Any] = {}
    if labels:
        written["matchLabels"] = labels
    if expressions:
        written["matchExpressions"] = expressions
    return written


def _expression(one: Requirement) -> dict[str, Any]:
    written: dict[str, Any] = {"key": one.key, "operator": one.operator.value}
    if one.values:
        written["values"] = sorted(one.values)
    return written


def _block(content: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in content.items():
        start = f"{indent}{_scalar(key)}:"
        match value:
            case Collector():
                yield start
                yield from (f"{indent}  {line}".rstrip() for line in value.split("\n"))
            case Mapping() if value:
                yield start
                yield from _block(value, indent + "  ")
            case list() if _is_nested(value) or not _fits(f"{start} {_flow(value)}"):
                yield start
                for item in value:
                    yield from _item(item, indent + "  ")
            case _:
                yield f"{start} {_flow(value)}"


def _item(item: Any, indent: str) -> Iterator[str]:
    line = f"{indent}- {_flow(item)}"
    if not isinstance(item, Mapping) or _fits(line):
        yield line
        return
    inner = indent + "  "
    lines = _block(item, inner)
    yield f"{indent}- {next(lines)[len(inner) :]}"
    yield from lines


def _fits(line: str) -> bool:
    return len(line) <= _WIDTH


def _is_nested(items: Sequence[Any]) -> bool:
    return any(isinstance(item, Mapping) for item in items)


def _flow(value: Any) -> str:
    match value:
        case Mapping():
            pairs = (f"{_flow(key)}: {_flow(one)}" for key, one in value.items())
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case str():
            text = _scalar(value)
            breaks = not text.startswith('"') and _BREAKS_FLOW.search(text)
            return f'"{text}"' if breaks else text
        case _:
            return _scalar(value)


def _scalar(value: Any) -> str:
    return dump.dump(Scalar(value, _NOWHERE)).decode().rstrip("\n")


class Names:
    """Names of documents and files, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, *words: str) -> str:
        """A name made of words; numbered when it is taken."""
        stem = slug("-".join(words))
        numbered = (f"{stem}-{number}" for number in range(2, len(self._taken) + 3))
        name = next(one for one in (stem, *numbered) if one not in self._taken)
        self._taken.add(name)
        return name


def slug(text: str) -> str:
    """Text as a name: lower-case letters, digits, `-` and `.`."""
    words = _NOT_IN_A_NAME.sub("-", text.lower())[:_LONGEST]
    return words.strip("-.") or "unnamed"
