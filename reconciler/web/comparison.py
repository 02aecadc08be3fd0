"""What an agent should run beside what it says it runs, difference by difference.

Called by `api.py` in a worker thread: comparing large configs can take long. Secrets
are masked on both sides; whoever set a value of ours is told by file and line.
"""

from collections.abc import Iterator

from reconciler.errors import Where
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.syntax import dump, masking, pointers
from reconciler.fleet.syntax.nodes import Node, Sequence, Table
from reconciler.fleet.syntax.pointers import Path
from reconciler.state import drift
from reconciler.state.drift import Difference, DriftReport, LeafVerdict
from reconciler.state.observed import EffectiveConfig
from reconciler.web import effective, text
from reconciler.web.answers import Document


def of(desired: RenderedConfig | None, reported: EffectiveConfig | None) -> Document:
    """Both configs, and how they differ; `unconfirmed` says why nobody can tell."""
    report = _compare(desired, reported)
    trees = desired.nodes if desired else {}
    return {
        "desired": _desired(desired) if desired else None,
        "effective": effective.readable(reported) if reported else None,
        "unconfirmed": text.line(report.unconfirmed),
        "differs": report.drifted,
        "differences": [
            _difference(difference, trees.get(difference.entry))
            for difference in report.differences
        ],
    }


def _compare(
    desired: RenderedConfig | None, reported: EffectiveConfig | None
) -> DriftReport:
    if desired is None:
        return DriftReport((), unconfirmed="nothing says what the agent should run")
    if reported is None:
        return DriftReport((), unconfirmed="the agent does not report what it runs")
    return drift.compare(desired, reported)


def _desired(config: RenderedConfig) -> Document:
    return {
        "hash": config.hash.hex(),
        "documents": list(config.documents),
        "entries": [
            {
                "name": text.line(name, limit=256),
                "text": text.block(dump.dump(masking.masked(node)).decode()),
                "places": {
                    text.line(pointers.text(path)): _place(where)
                    for path, where in _leaves(node, ())
                },
            }
            for name, node in sorted(config.nodes.items())
        ],
    }


def _difference(one: Difference, tree: Node | None) -> Document:
    ours = tree if one.verdict is not LeafVerdict.EXTRA else None
    where = _origin(ours, pointers.parse(one.path)) if ours else None
    return {
        "place": text.line(one.place),
        "entry": text.line(one.entry, limit=256),
        "path": text.line(one.path),
        "verdict": one.verdict,
        "desired": text.line(one.desired),
        "effective": text.line(one.effective),
        "setAt": _place(where) if where else None,
    }


def _origin(node: Node, path: Path) -> Where:
    """Where a value was written, as near as it gets: names are compared sorted."""
    is_list_of_names = path[:1] == ("service",)
    for key in path:
        inside = _child(node, key)
        if inside is None or (isinstance(node, Sequence) and is_list_of_names):
            break
        node = inside
    return node.where


def _child(node: Node, key: str) -> Node | None:
    match node:
        case Table(items):
            # The Collector, and so the comparison, ignores spaces around a slash.
            found = (
                value
                for name, (_, value) in items.items()
                if key in (name, _canonical(name))
            )
            return next(found, None)
        case Sequence(items) if pointers.index(key) < len(items):
            return items[pointers.index(key)]
        case _:
            return None


def _canonical(name: str) -> str:
    return "/".join(part.strip() for part in name.split("/", 1))


def _leaves(node: Node, path: Path) -> Iterator[tuple[Path, Where]]:
    match node:
        case Table(items) if items:
            for key, (_, value) in items.items():
                yield from _leaves(value, (*path, key))
        case Sequence(items) if items:
            for index, item in enumerate(items):
                yield from _leaves(item, (*path, str(index)))
        case _:
            yield path, node.where


def _place(where: Where) -> str:
    return text.line(str(where))
