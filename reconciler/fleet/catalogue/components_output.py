"""What `otelcol components` prints, read as the list of what a Collector has.

Called for the `Distribution` documents of a fleet repo. The Collector calls the format
unstable: what is needed is asked for strictly, what later releases add is passed over.
Old releases list bare names, some list no modules, and none lists the aliases.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.findings import Fault
from reconciler.fleet.syntax import fields, yaml
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table

KINDS: Final = ("receivers", "processors", "exporters", "connectors", "extensions")
"""The sections that hold components, of this list as of a config."""

HOW: Final = "save the output of `otelcol components` of the Collector that you run"
UNSUPPORTED: Final = "Undefined"
"""The stability of a signal that a component does not take."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One component of the list.

    Attributes:
        module: Go module and version, as in `example.org/receiver v1.2.3`; often empty.
        stability: By signal, or by `traces-to-metrics` of a connector; only what the
            component supports. None where the list does not say.
    """

    module: str = ""
    stability: Mapping[str, str] | None = None

    @property
    def signals(self) -> frozenset[str] | None:
        """What a component that is no connector can be used for, if that is known."""
        return None if self.stability is None else frozenset(self.stability)

    @property
    def pairs(self) -> frozenset[tuple[str, str]] | None:
        """From which signal to which a connector leads, if that is known."""
        if self.stability is None:
            return None
        ends = (name.partition("-to-") for name in self.stability)
        return frozenset((one, other) for one, _, other in ends if other)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a build of the Collector has.

    Attributes:
        name: Its command, such as `otelcol-contrib`; empty when it does not say.
        version: Its release, such as `0.149.0`; empty when it does not say.
        components: By kind, every one of `KINDS`, then by type.
    """

    name: str
    version: str
    components: Mapping[str, Mapping[str, Listed]]

    def has(self, kind: str, type_: str) -> bool:
        """Whether the list names it; it names no alias."""
        return type_ in self.components.get(kind, ())


def read(content: bytes, path: str) -> Distribution:
    """The list in a file.

    Raises:
        Fault: The first thing in it that is no output of `otelcol components`.
    """
    documents = yaml.compose(content, path)
    first = documents[0] if documents else None
    if not isinstance(first, Table) or not first.items.keys() & set(KINDS):
        message = "this is not the output of `otelcol components`"
        where = first.where if first else Where(path)
        raise Fault(fields.WRONG_VALUE, message, where=where, hint=HOW)
    about = _get(first, "buildinfo")
    return Distribution(
        name=_text(about, "command"),
        version=_text(about, "version").removeprefix("v"),
        components=MappingProxyType(
            {kind: MappingProxyType(dict(_section(first, kind))) for kind in KINDS}
        ),
    )


def _section(document: Table, kind: str) -> Iterator[tuple[str, Listed]]:
    section = _get(document, kind)
    if section is None or (isinstance(section, Scalar) and section.value is None):
        return
    if not isinstance(section, Sequence):
        raise _fault(f"`{kind}` must be a list of components", section)
    for item in section.items:
        yield _listed(item, kind)


def _listed(item: Node, kind: str) -> tuple[str, Listed]:
    if isinstance(item, Scalar) and isinstance(item.value, str):
        return item.value, Listed()
    name = _text(item, "name")
    if not name:
        raise _fault(f"an item of `{kind}` must have a name", item)
    return name, Listed(_text(item, "module"), _stability(_get(item, "stability")))


def _stability(node: Node | None) -> Mapping[str, str] | None:
    if not isinstance(node, Table):
        return None
    levels = {key: str(_text(node, key)) for key in node.items}
    supported = {key: level for key, level in levels.items() if level != UNSUPPORTED}
    # A component whose author declared no level looks like one that supports nothing.
    return MappingProxyType(supported) if supported else None


def _get(node: Node | None, key: str) -> Node | None:
    found = node.items.get(key) if isinstance(node, Table) else None
    return found[1] if found else None


def _text(node: Node | None, key: str) -> str:
    value = _get(node, key)
    return str(value.value) if isinstance(value, Scalar) and value.value else ""


def _fault(message: str, node: Node) -> Fault:
    return Fault(fields.WRONG_VALUE, message, where=node.where, hint=HOW)
