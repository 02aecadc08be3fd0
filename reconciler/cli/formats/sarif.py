"""For code scanning and editors: SARIF 2.1.0 with the page of each rule."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, Final
from urllib import parse

import orjson

import reconciler
from reconciler.cli.formats import checked as places
from reconciler.cli.formats import fingerprints
from reconciler.cli.formats.checked import Checked
from reconciler.cli.pages import Page
from reconciler.errors import Where
from reconciler.fleet.findings import Finding, Severity

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json"
)
FINGERPRINT: Final = "ruleFileLine/v1"

_LEVELS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
}
_ROOT: Final = "%SRCROOT%"
"""What viewers take relative paths from: the root of the checkout."""


def render(checked: Checked, pages: Mapping[str, Page]) -> str:
    """A log of one run; `pages` by rule, those of all rules that were found."""
    rules = sorted({found.rule for found in checked.findings})
    marks = fingerprints.of(checked)
    run = {
        "tool": {"driver": _driver(pages[rule] for rule in rules)},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(found, rules.index(found.rule), mark)
            for found, mark in zip(checked.findings, marks, strict=True)
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2).decode()


def _driver(pages: Iterable[Page]) -> dict[str, Any]:
    return {
        "name": "reconciler",
        "fullName": "opamp-reconciler lint",
        "semanticVersion": reconciler.__version__,
        "rules": [_rule(page) for page in pages],
    }


def _rule(page: Page) -> dict[str, Any]:
    return {
        "id": page.rule,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.summary},
        "help": {"text": page.text, "markdown": page.text},
        "defaultConfiguration": {"level": _BY_LETTER[page.rule[0]]},
    }


_BY_LETTER: Final = {"E": "error", "S": "error", "W": "warning", "I": "note"}


def _result(found: Finding, index: int, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.rule,
        "ruleIndex": index,
        "level": _LEVELS[found.severity],
        "message": {"text": places.message(found)},
        "locations": [_location(found.where)],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if found.also:
        result["relatedLocations"] = [
            {"id": number, **_location(where)}
            for number, where in enumerate(found.also, 1)
        ]
    if found.reach:
        reach = {"groups": list(found.reach.groups), "agents": found.reach.agents}
        result["properties"] = reach
    return result


def _location(where: Where) -> dict[str, Any]:
    line, column = places.position(where)
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(where.path),
            "region": {"startLine": line, "startColumn": column},
        }
    }


def _artifact(path: str) -> dict[str, str]:
    """A URI of the bytes of a path; what begins like a scheme is none."""
    uri = parse.quote(path, safe="/", errors="surrogateescape")
    if PurePath(path).is_absolute():
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": _ROOT}
