"""Kind `Variables`: values for the agents a selector picks."""

import re
from collections.abc import Iterator
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.documents import Variables
from reconciler.fleet.reading.kinds.document import Document
from reconciler.fleet.rendering import variables
from reconciler.fleet.syntax import fields
from reconciler.fleet.syntax.fields import Fields
from reconciler.fleet.syntax.nodes import Node, Table

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")


def read(document: Document) -> Variables | None:
    """The variables; None without a name or selector that could be used."""
    spec = document.spec(("selector", "priority", "values"))
    selector = document.select(spec)
    priority = spec.integer("priority", 0)
    values = dict(_values(spec, document))
    if not document.name or selector is None:
        return None
    return Variables(document.name, document.where, selector, priority, values)


def names(document: Table) -> frozenset[str] | None:
    """The names that a document would set; None when nobody can tell."""
    for key in ("spec", "values"):
        _, node = document.items.get(key, (document.where, document))
        if key not in document.items or not isinstance(node, Table):
            return None
        document = node
    return frozenset(document.items)


def _values(
    spec: Fields, document: Document
) -> Iterator[tuple[str, tuple[Where, Node]]]:
    spec.require("values", "write `values: {name: value}`")
    table = spec.table("values")
    for name, (where, value) in table.items.items() if table else ():
        if not _NAME.fullmatch(name):
            document.report.error(
                fields.WRONG_VALUE,
                f"`{name[:80]}` is not the name of a variable",
                where=where,
                hint="use a letter or `_`, then letters, digits, `_`, `.` and `-`",
            )
        for use in variables.uses(value):
            document.report.error(
                variables.VARIABLE,
                f"the value of `{name}` uses a variable",
                where=use.where,
                hint="values are plain; join where the variable is used",
            )
        yield name, (where, value)
