"""Trees in which every place also says which document it belongs to.

Made by `provenance.py`, which lays them over each other by the same functions that
`render.py` uses: those hand places on untouched, so the result tells who set what.
"""

import dataclasses
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.errors import Where
from reconciler.fleet.documents import CollectorConfig, Fragment
from reconciler.fleet.findings import Fault
from reconciler.fleet.rendering import variables
from reconciler.fleet.rendering.variables import Values
from reconciler.fleet.syntax.nodes import Node, Scalar, Sequence, Table
from reconciler.fleet.syntax.pointers import Path

_Came: TypeAlias = tuple[Where, tuple[Where, ...]]
"""Through which use of variables a node came, and from where."""


@dataclass(frozen=True, slots=True)
class Origin(Where):
    """A place that also says whose it is; equal for the same node of a document only.

    Attributes:
        own: The path in the document, after the number of its file.
        use: Where the document uses the variable that the node came through.
    """

    document: str = ""
    own: Path = ()
    use: Where | None = None
    through: tuple[Where, ...] = ()

    @property
    def place(self) -> Where:
        """Where the document says so."""
        return self.use or Where(self.path, self.line, self.column)


def of(node: Node) -> Origin:
    """Whose a node is; nobody's when it was not marked."""
    where = node.where
    return where if isinstance(where, Origin) else Origin("")


def mark(config: CollectorConfig, values: Values) -> CollectorConfig:
    """The document with its variables filled in and every place marked as its own."""
    marker = _Marker(config.name, values)
    fragments = tuple(
        marker.fragment(number, fragment)
        for number, fragment in enumerate(config.fragments)
    )
    return dataclasses.replace(config, fragments=fragments, variables=frozenset())


class _Marker:
    def __init__(self, document: str, values: Values) -> None:
        self._document = document
        self._values = values

    def fragment(self, number: int, fragment: Fragment) -> Fragment:
        marked = self._mark(fragment.node, (str(number),))
        match fragment.node, marked:
            case (Table(), Table() as node) | (Scalar(), Scalar() as node):
                return Fragment(node, fragment.content)
            case _:
                return fragment

    def _mark(self, node: Node, own: Path, came: _Came | None = None) -> Node:
        if came is None and isinstance(node, Table) and variables.is_use(node):
            return self._fill(node, own)
        place = node.where
        where = Origin(
            place.path, place.line, place.column, self._document, own, *(came or ())
        )
        match node:
            case Scalar(value):
                return Scalar(value, where)
            case Sequence(items):
                marked = (
                    self._mark(item, (*own, str(index)), came)
                    for index, item in enumerate(items)
                )
                return Sequence(tuple(marked), where)
            case Table(pairs):
                filled = {
                    key: (at, self._mark(value, (*own, key), came))
                    for key, (at, value) in pairs.items()
                }
                return Table(filled, where)

    def _fill(self, use: Table, own: Path) -> Node:
        """What a use stands for; the use itself when nobody can say."""
        try:
            value, through = self._values.take(use)
        except Fault:
            value, through = use, ()
        return self._mark(value, own, (use.where, through))


def unmarked(node: Node) -> Node:
    """The node with places as everyone knows them."""
    where = Where(node.where.path, node.where.line, node.where.column)
    match node:
        case Scalar(value):
            return Scalar(value, where)
        case Sequence(items):
            return Sequence(tuple(map(unmarked, items)), where)
        case Table(pairs):
            bare = {key: (at, unmarked(value)) for key, (at, value) in pairs.items()}
            return Table(bare, where)
