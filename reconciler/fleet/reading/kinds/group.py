"""Kind `AgentGroup`: who together, and how."""

from reconciler.fleet.documents import DEFAULT_GROUP, AgentGroup, GroupPolicy
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
            where=document.where,
            hint="set its policy in `spec.defaults` of the Fleet",
        )
    selector = document.select(spec)
    priority = spec.integer("priority", 0)
    own = policy.read(spec, defaults, document.report)
    if not document.name or selector is None:
        return None
    name = GroupName(document.name)
    return AgentGroup(name, document.where, selector, priority, own)
