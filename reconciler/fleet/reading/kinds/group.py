"""Kind `AgentGroup`: who together, and how."""

from reconciler.fleet.documents import (
    DEFAULT_GROUP,
    OWN_CONTEXTS,
    AgentGroup,
    GroupPolicy,
)
from reconciler.fleet.reading.kinds import policy
from reconciler.fleet.reading.kinds.document import MISPLACED, Document
from reconciler.ids import GroupName


def read(document: Document, defaults: GroupPolicy) -> AgentGroup | None:
    """A group; None without a name or selector that could be used."""
    spec = document.spec(("selector", "priority", *policy.FIELDS))
    if document.name == DEFAULT_GROUP:
        document.report.error(
            MISPLACED,
            "the group `default` is there by itself",
            where=document.name_at,
            hint="set its policy in `spec.defaults` of the Fleet",
        )
    if document.name in OWN_CONTEXTS:
        document.report.error(
            MISPLACED,
            f"no group may be called `{document.name}`",
            where=document.name_at,
            hint="a commit status of that name tells of the whole fleet; call it "
            f"`{document.name}-agents`, say",
        )
    selector = document.select(spec)
    priority = spec.integer("priority", 0)
    own = policy.read(spec, defaults, document.report)
    if not document.name or selector is None:
        return None
    name = GroupName(document.name)
    return AgentGroup(name, document.where, selector, priority, own)
