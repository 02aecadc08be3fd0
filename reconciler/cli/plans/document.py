"""A plan for programs: everything, with hashes, paths and places taken apart."""

from typing import Any, Final

from reconciler.cli import output
from reconciler.errors import Where
from reconciler.fleet.findings import Finding
from reconciler.fleet.population import Population
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.syntax import masking, pointers
from reconciler.fleet.syntax.differences import Difference
from reconciler.fleet.syntax.nodes import Node
from reconciler.fleet.syntax.pointers import Path
from reconciler.ids import Revision
from reconciler.state.forecast import ConfigChange, Fate, Forecast, GuardVerdict
from reconciler.web import text

LONGEST: Final = 1_000
"""Characters of a value."""


def of(told: Forecast) -> dict[str, Any]:
    """The document of `plan -o json`."""
    return {
        "schemaVersion": output.SCHEMA_VERSION,
        "before": _revision(told.before),
        "after": _revision(told.after),
        "known": told.known,
        "complete": told.complete,
        "agents": told.agents,
        "counts": {
            **{fate.value: told.count(fate) for fate in Fate},
            "restarts": told.restarts,
            "stuck": told.stuck,
        },
        "guard": _guard(told.guard) if told.guard else None,
        "refusedFor": [_finding(one) for one in told.fatal],
        "risks": [text.line(risk) for risk in told.risks],
        "changes": [_change(one) for one in told.changes],
        "moves": [
            {"from": one.before, "to": one.after, "agents": _names(one.agents)}
            for one in told.moves
        ],
    }


def _revision(revision: Revision) -> dict[str, str]:
    return {"ref": revision.ref, "commit": revision.commit, "revision": str(revision)}


def _guard(verdict: GuardVerdict) -> dict[str, Any]:
    return {
        "touched": verdict.touched,
        "total": verdict.total,
        "share": round(verdict.share, 4),
        "limit": verdict.guard.share,
        "from": verdict.guard.least,
        "exceeded": verdict.is_exceeded,
    }


def _change(change: ConfigChange) -> dict[str, Any]:
    return {
        "fate": change.fate,
        "agents": _names(change.agents),
        "groups": list(change.groups),
        "before": _config(change.old),
        "after": _config(change.new),
        "differences": [_difference(change, *one) for one in change.differences],
        "heldBackBy": [_finding(one) for one in change.why],
        "risks": [text.line(risk) for risk in change.risks],
    }


def _config(config: RenderedConfig | None) -> dict[str, Any] | None:
    if config is None:
        return None
    return {
        "hash": config.hash.hex(),
        "documents": list(config.documents),
        "messageBytes": config.message_bytes,
    }


def _difference(change: ConfigChange, entry: str, found: Difference) -> dict[str, Any]:
    taken = change.taken_away.get((entry, found.path))
    return {
        "entry": text.line(entry),
        "path": text.line(pointers.text(found.path)),
        "before": _value(found.old, found.path),
        "after": _value(found.new, found.path),
        **_place(found.where),
        "removedAt": _place(taken) if taken else None,
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "severity": found.severity,
        "message": text.line(found.message),
        **_place(found.where),
        "hint": text.line(found.hint) if found.hint else None,
    }


def _place(where: Where) -> dict[str, Any]:
    return {
        "file": text.line(where.path),
        "line": where.line,
        "column": where.column,
    }


def _value(node: Node | None, path: Path) -> str | None:
    return masking.shown(node, path, limit=LONGEST) if node else None


def _names(agents: Population) -> list[str]:
    return [text.line(one.name) for one in agents]
