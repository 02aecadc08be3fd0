"""What a document may touch: its own `spec.scope`, and the Fleet's rules for folders.

Asked when documents are read, by `kinds/config.py` and `parse.py`: a team's folder
cannot change another team's pipeline, whatever the labels of an agent. Every value,
removal and list rule must lie at one of the paths, or below one.
"""

import itertools
from collections.abc import Collection, Iterable, Iterator
from typing import Final, TypeAlias

from reconciler.errors import Where
from reconciler.fleet import findings
from reconciler.fleet.documents import CollectorConfig, FolderScope, Kind
from reconciler.fleet.findings import Finding
from reconciler.fleet.rendering import variables
from reconciler.fleet.syntax import pointers
from reconciler.fleet.syntax.nodes import Node, Table
from reconciler.fleet.syntax.pointers import Path, Pattern, Walk

OUT_OF_SCOPE: Final = "E075"
MOST_FINDINGS: Final = 100
"""Faults told of one document by one rule."""

_Touched: TypeAlias = tuple[Path, Where]


def check(config: CollectorConfig) -> Iterator[Finding]:
    """What a document touches outside its own scope."""
    if config.scope is None:
        return
    for path, where in itertools.islice(_outside(config, config.scope), MOST_FINDINGS):
        message = f"`{_shown(path)}` is outside the scope of `{config.name}`"
        yield findings.error(OUT_OF_SCOPE, message, where, _allowed(config.scope))


def check_folders(
    config: CollectorConfig, scopes: Iterable[FolderScope]
) -> Iterator[Finding]:
    """What files of a folder touch, though a rule of the Fleet says they may not.

    The folder is that of the file itself, so a document elsewhere that names the file
    is held to the rule too. Of folders inside each other every rule holds.
    """
    for scope in scopes:
        outside = (
            (path, where)
            for path, where in _outside(config, scope.paths, scope.folder)
            if _is_in(where, scope.folder)
        )
        for path, where in itertools.islice(outside, MOST_FINDINGS):
            yield findings.error(
                OUT_OF_SCOPE,
                f"files of `{scope.folder}` may not touch `{_shown(path)}`; "
                f"the rule stands at {scope.where}",
                where,
                _allowed(scope.paths),
            )


def check_kind(
    kind: Kind, where: Where, scopes: Iterable[FolderScope]
) -> Iterator[Finding]:
    """A document of a kind that reaches further than paths, in a folder with a rule."""
    for scope in scopes:
        if _is_in(where, scope.folder):
            yield findings.error(
                OUT_OF_SCOPE,
                f"files of `{scope.folder}` may hold no {kind}; "
                f"the rule stands at {scope.where}",
                where,
                "move it to a folder without such a rule",
            )


def _outside(
    config: CollectorConfig, allowed: Collection[Pattern], folder: str | None = None
) -> Iterator[_Touched]:
    walk = pointers.walk(allowed)
    for fragment in config.fragments:
        if folder is None or _is_in(fragment.node.where, folder):
            yield from _values(fragment.node, (), walk)
    rules = [(one.path.keys, one.where) for one in config.remove]
    rules += [(one.path.keys, one.where) for one in config.lists]
    for path, where in rules:
        if not any(pattern.covers(path) for pattern in allowed):
            yield path, where


def _values(node: Node, path: Path, walk: Walk) -> Iterator[_Touched]:
    """Values that no path covers; a list is one, as no merge looks into it unasked."""
    if walk.ends:
        return
    match node:
        case Table(pairs) if not variables.is_use(node) and (pairs or not path):
            for key, (_, value) in pairs.items():
                yield from _values(value, (*path, key), walk.into(key))
        case _:
            yield path, node.where


def _is_in(where: Where, folder: str) -> bool:
    return not folder or where.path.startswith(f"{folder}/")


def _shown(path: Path) -> str:
    return pointers.text(path) or "/"


def _allowed(patterns: Collection[Pattern]) -> str:
    return f"it may touch {', '.join(map(str, patterns)) or 'nothing'}"
