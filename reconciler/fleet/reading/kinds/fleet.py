"""Kind `Fleet`: the root document, one in a repository."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from reconciler.fleet.documents import (
    CONTEXT,
    FolderScope,
    GroupPolicy,
    Guard,
    Missing,
    Unmanaged,
    Unselected,
)
from reconciler.fleet.reading.kinds import policy
from reconciler.fleet.reading.kinds.document import Document
from reconciler.fleet.syntax.fields import WRONG_VALUE, Fields, describe
from reconciler.fleet.syntax.nodes import Table

DEFAULT_PREFIX: Final = "fleet"
_FIELDS: Final = (
    *("statuses", "defaults", "guard", "scopes"),
    *("unselected", "unmanaged", "missing"),
)


@dataclass(frozen=True, slots=True)
class Root:
    """What the root document says of the whole fleet; the defaults when it is bad."""

    name: str = ""
    status_prefix: str = DEFAULT_PREFIX
    policy: GroupPolicy = field(default_factory=GroupPolicy)
    scopes: tuple[FolderScope, ...] = ()
    guard: Guard = field(default_factory=Guard)
    unselected: Unselected = Unselected.HOLD
    unmanaged: Unmanaged = Unmanaged.WARN
    missing: Missing = Missing.TOLERATE


def read(document: Document) -> Root:
    """The root document."""
    spec = document.spec(_FIELDS)
    defaults = Fields(
        spec.table("defaults") or Table({}, document.where),
        "spec.defaults",
        known=policy.FIELDS,
        report=document.report,
    )
    return Root(
        name=document.name,
        status_prefix=_prefix(spec, document),
        policy=policy.read(defaults, GroupPolicy(), document.report),
        scopes=tuple(_scopes(spec, document)),
        guard=_guard(spec, document),
        unselected=spec.choice("unselected", Unselected.HOLD),
        unmanaged=spec.choice("unmanaged", Unmanaged.WARN),
        missing=spec.choice("missing", Missing.TOLERATE),
    )


def _guard(spec: Fields, document: Document) -> Guard:
    guard = Fields(
        spec.table("guard") or Table({}, document.where),
        "spec.guard",
        known=("share", "from"),
        report=document.report,
    )
    default = Guard()
    least = guard.integer("from", default.least)
    if least < 1:
        guard.refuse("from", "at least 1")
    return Guard(guard.share("share", default.share), least)


def _scopes(spec: Fields, document: Document) -> Iterator[FolderScope]:
    for name, item in spec.items("scopes"):
        if not isinstance(item, Table):
            message = f"`{name}` must be a mapping, not {describe(item)}"
            document.report.error(WRONG_VALUE, message, where=item.where)
            continue
        known = ("folder", "paths")
        scope = Fields(item, name, known=known, report=document.report)
        scope.require("folder", "name a folder, such as `teams/payments`")
        scope.require("paths", "list the JSON Pointers that it may touch")
        folder = _folder(scope)
        paths = tuple(pattern for pattern, _ in scope.patterns("paths"))
        yield FolderScope(folder, paths, item.where)


def _folder(scope: Fields) -> str:
    folder = scope.text("folder")
    parts = folder.removesuffix("/").split("/")
    if "folder" in scope and any(part in {"", ".", ".."} for part in parts):
        scope.refuse("folder", "a folder of the repository, such as `teams/payments`")
    return "/".join(parts)


def _prefix(spec: Fields, document: Document) -> str:
    statuses = Fields(
        spec.table("statuses") or Table({}, document.where),
        "spec.statuses",
        known=("context",),
        report=document.report,
    )
    prefix = statuses.text("context", DEFAULT_PREFIX)
    if not CONTEXT.fullmatch(prefix):
        statuses.refuse("context", "words of letters and digits, joined by `/`")
    return prefix
