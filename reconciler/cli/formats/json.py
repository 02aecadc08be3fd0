"""For programs: an array with an object for each finding.

`rule`, `severity`, `message`, `file`, `line` and `column` (from 1) come first; a whole
file is its line 1. `groups` and `agents` are null where nobody knows whom it hits.
"""

from typing import Any

import orjson

from reconciler.cli.formats import checked as places
from reconciler.cli.formats.checked import Checked
from reconciler.errors import Where
from reconciler.fleet.findings import Finding
from reconciler.web import text


def render(checked: Checked) -> str:
    """The array, indented."""
    documents = [document(found) for found in checked.findings]
    return orjson.dumps(documents, option=orjson.OPT_INDENT_2).decode()


def document(found: Finding) -> dict[str, Any]:
    """One finding, as every answer in JSON tells it."""
    return {
        "rule": found.rule,
        "severity": found.severity.value,
        "message": text.line(found.message),
        **_place(found.where),
        "hint": text.line(found.hint) if found.hint else None,
        "also": [_place(where) for where in found.also],
        "groups": list(found.reach.groups) if found.reach else None,
        "agents": found.reach.agents if found.reach else None,
    }


def _place(where: Where) -> dict[str, str | int]:
    line, column = places.position(where)
    return {"file": places.path(where), "line": line, "column": column}
