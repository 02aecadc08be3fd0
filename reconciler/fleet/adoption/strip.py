"""Takes out of a config what a supervisor adds, and what nobody may copy.

A supervisor gives its Collector the `opamp` extension, own telemetry and an id; in a
fleet repo they would fight with what it adds again. What an agent reports has its
secrets masked; a mask sent back as a value would lock the agent out, so it becomes a
reference that the host fills in. In a file that somebody wrote, the same text may well
be meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.fleet.adoption import change
from reconciler.fleet.rules import config
from reconciler.fleet.syntax import masking, pointers
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.pointers import Path

BY_SUPERVISOR: Final = "the supervisor adds it"
IDENTITY: Final = "every agent has an id of its own"

_OPAMP: Final = "opamp"
_INSTANCE: Final = "service.instance.id"
_MASK = re.compile(rf"^\[REDACTED\]$|{re.escape(masking.HIDDEN)}")
"""A Collector masks whole values, we also the user of a URL."""
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9]+")


def strip(
    tree: Table, labels: Mapping[str, str], *, reported: bool
) -> tuple[Table, Mapping[str, str]]:
    """The config without these parts, and by JSON Pointer why each went.

    Args:
        tree: The config.
        labels: Of its host; a supervisor repeats them as resource attributes.
        reported: An agent reported it, with its secrets masked.
    """
    stripper = _Stripper(labels, supervised=_is_supervised(tree), reported=reported)
    kept = stripper.keep(tree, ())
    return kept if isinstance(kept, Table) else change.NOTHING, stripper.stripped


def _is_supervised(tree: Table) -> bool:
    """Whether a supervisor wrote it: only it tells the extension whose child it is."""
    extension = change.at(tree, ("extensions", _OPAMP))
    return isinstance(extension, Table) and "ppid" in extension.items


@dataclass(frozen=True, slots=True)
class _Stripper:
    labels: Mapping[str, str]
    supervised: bool
    reported: bool
    stripped: dict[str, str] = field(default_factory=dict)

    def keep(self, node: Node, path: Path) -> Node | None:
        """What stays of a node; what is empty because of it goes as well."""
        if why := self._why(node, path):
            self.stripped[pointers.text(path)] = why
            return None
        match node:
            case Table(items) if items:
                return self._keep_items(node, path)
            case Sequence(items) if items:
                inner = [self.keep(one, (*path, str(n))) for n, one in enumerate(items)]
                kept = tuple(one for one in inner if one is not None)
                return Sequence(kept, node.where) if kept else None
            case Scalar(str(value)) if self.reported and _MASK.search(value):
                return self._unmask(node, value, path)
            case _:
                return node

    def _keep_items(self, table: Table, path: Path) -> Table | None:
        kept = {
            key: (where, inner)
            for key, (where, value) in table.items.items()
            if (inner := self.keep(value, _named(table, path, key))) is not None
        }
        return Table(kept, table.where) if kept or not path else None

    def _unmask(self, node: Scalar, value: str, path: Path) -> Scalar:
        name = _NOT_A_WORD.sub("_", "_".join(path[1:])).strip("_").upper()
        reference = f"${{env:{name}}}"
        self.stripped[pointers.text(path)] = f"masked; the host has to set {name}"
        return Scalar(_MASK.sub(lambda _: reference, value), node.where)

    def _why(self, node: Node, path: Path) -> str | None:
        """Why a part goes; None when it stays."""
        match path:
            case ("extensions", name) if _is_opamp(name):
                return BY_SUPERVISOR
            case ("service", "extensions", _) if _is_opamp(_text(node)):
                return BY_SUPERVISOR
            case ("service", "telemetry", "resource", *rest):
                return self._why_attribute(node, rest)
            case ("service", "telemetry", *rest) if self.supervised:
                return BY_SUPERVISOR if _is_own_telemetry(node, rest) else None
            case _:
                return None

    def _why_attribute(self, node: Node, path: list[str]) -> str | None:
        match path:
            case [name] if name != "attributes":
                value = _text(node)
            case ["attributes", _]:
                name, value = (_text(config.at(node, key)) for key in ("name", "value"))
            case _:
                return None
        if name == _INSTANCE:
            return IDENTITY
        repeated = self.supervised and name and self.labels.get(name) == value
        return BY_SUPERVISOR if repeated else None


def _named(table: Table, path: Path, key: str) -> Path:
    """The path of a value; of a header in a list, with the header's name."""
    in_list = key == "value" and path and path[-1].isdigit()
    if in_list and (name := _text(config.at(table, "name"))):
        return (*path[:-1], name)
    return (*path, key)


def _text(node: Node | None) -> str:
    value = node.value if isinstance(node, Scalar) else None
    return value if isinstance(value, str) else ""


def _is_opamp(identifier: str) -> bool:
    return config.trimmed(identifier).partition("/")[0] == _OPAMP


def _is_own_telemetry(node: Node, path: list[str]) -> bool:
    """JSON logs, and what it sends to the place the server told it."""
    match path:
        case ["logs", "encoding"]:
            return _text(node) == "json"
        case ["metrics", "readers", _]:
            return config.at(node, "periodic", "exporter", "otlp") is not None
        case ["logs" | "traces", "processors", _]:
            return config.at(node, "batch", "exporter", "otlp") is not None
        case _:
            return False
