"""Kind `Fleet`: the root document, one in a repository."""

import re
from dataclasses import dataclass, field
from typing import Final

from reconciler.fleet.documents import FolderScope, GroupPolicy, Guard
from reconciler.fleet.fields import Fields
from reconciler.fleet.kinds import policy
from reconciler.fleet.kinds.document import Document
from reconciler.fleet.nodes import Table

_CONTEXT = re.compile(r"[A-Za-z0-9._-]{1,50}(/[A-Za-z0-9._-]{1,50}){0,3}")
DEFAULT_PREFIX: Final = "fleet"


@dataclass(frozen=True, slots=True)
class Root:
    """What the root document says of the whole fleet; the defaults when it is bad."""

    name: str = ""
    status_prefix: str = DEFAULT_PREFIX
    policy: GroupPolicy = field(default_factory=GroupPolicy)
    scopes: tuple[FolderScope, ...] = ()
    guard: Guard = field(default_factory=Guard)


def read(document: Document) -> Root:
    """The root document."""
    spec = document.spec(("statuses", "defaults"))
    defaults = Fields(
        spec.table("defaults") or Table({}, document.where),
        "spec.defaults",
        known=policy.FIELDS,
        report=document.report,
    )
    return Root(
        name=document.name,
        status_prefix=_prefix(spec, document),
        policy=policy.read(defaults, GroupPolicy()),
    )


def _prefix(spec: Fields, document: Document) -> str:
    statuses = Fields(
        spec.table("statuses") or Table({}, document.where),
        "spec.statuses",
        known=("context",),
        report=document.report,
    )
    prefix = statuses.text("context", DEFAULT_PREFIX)
    if not _CONTEXT.fullmatch(prefix):
        statuses.refuse("context", "words of letters and digits, joined by `/`")
    return prefix
