"""`reconciler schema [KIND]`: JSON Schema of the documents of a fleet repo."""

from typing import Annotated

import typer

from reconciler.cli import output, verbs
from reconciler.cli.exits import Exit
from reconciler.errors import UsageError
from reconciler.fleet.documents import Kind
from reconciler.fleet.reading import schemas
from reconciler.fleet.reading.schema_parts import Schema
from reconciler.fleet.syntax import spelling

app = verbs.new("Print the JSON Schema of a kind of document, for editors.")


@app.command()
def schema(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help="Such as AgentGroup; all without one."),
    ] = None,
) -> int:
    """Print the JSON Schema of a kind of document, for editors.

    Keep it in the root of the fleet repo, `reconciler schema > fleet.schema.json`, and
    begin a file of documents with `# yaml-language-server: $schema=fleet.schema.json`.
    """
    output.data(_schema(kind), output.Form.JSON)
    return Exit.OK


def _schema(kind: str | None) -> Schema:
    if kind is None:
        return schemas.every()
    try:
        return schemas.of(Kind(kind))
    except ValueError:
        raise UsageError(
            f"there is no kind {kind}", hint=spelling.hint(kind, [*map(str, Kind)])
        ) from None
