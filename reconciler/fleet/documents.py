"""The kinds of documents of a fleet repo, parsed and checked.

Made by `parse.py`; read by `render.py`, `state/` and the CLI. `apiVersion` is
`reconciler/v1`; every document remembers where it stands.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import Where
from reconciler.fleet import merge
from reconciler.fleet.findings import Finding
from reconciler.fleet.labels import Selector
from reconciler.fleet.nodes import Table
from reconciler.ids import GroupName, Revision

API_VERSION = "reconciler/v1"
DEFAULT_GROUP = GroupName("default")
COLLECTOR_ENTRY = ""
"""The entry that holds a whole Collector config; agents know it by the empty name."""


class DriftMode(StrEnum):
    """What happens to an agent that left the config it was synced to."""

    CORRECT = "correct"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """How agents of a group are driven; times in seconds.

    Attributes:
        suspend: Send nothing to these agents.
        require_agents: A group without agents is red instead of green.
        drift: Bring drifted agents back, or only report them.
        soak: How long an agent must stay healthy on a config to count as Synced.
        answer_timeout: How long an offer may stay without any status.
        apply_timeout: How long an agent may stay APPLYING.
    """

    suspend: bool = False
    require_agents: bool = False
    drift: DriftMode = DriftMode.CORRECT
    soak: float = 10.0
    answer_timeout: float = 30.0
    apply_timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """Who together, and how; the unit of progress and of commit status."""

    name: GroupName
    where: Where
    selector: Selector
    priority: int
    policy: GroupPolicy


@dataclass(frozen=True, slots=True)
class Fragment:
    """One file or inline block of Collector config, with every position kept.

    Attributes:
        node: The parsed mapping.
        content: The author's bytes when it is a file of its own; None when inline.
    """

    node: Table
    content: bytes | None


@dataclass(frozen=True, slots=True)
class CollectorConfig:
    """What the agents a selector picks should run; merged low priority to high."""

    name: str
    where: Where
    selector: Selector
    priority: int
    fragments: tuple[Fragment, ...]
    entry: str = COLLECTOR_ENTRY
    allow_empty: bool = False

    @property
    def tree(self) -> Table:
        """Its files as one layer, the later over the earlier."""
        return functools.reduce(merge.overlay, (one.node for one in self.fragments))


@dataclass(frozen=True, slots=True)
class Fleet:
    """A whole fleet repo at one revision.

    Attributes:
        name: `metadata.name` of the root document.
        status_prefix: First part of every commit status context.
        policy: Of agents that no group takes (group `default`), and the defaults of
            every group.
        groups: By name.
        configs: By name, in order of priority, then name.
        findings: Everything that was noticed. A fleet with errors among them is never
            put in force; `render.render` may find more for particular labels.
    """

    revision: Revision
    name: str
    status_prefix: str
    policy: GroupPolicy
    groups: Mapping[GroupName, AgentGroup]
    configs: Mapping[str, CollectorConfig]
    findings: tuple[Finding, ...]

    def policy_of(self, group: GroupName) -> GroupPolicy:
        """The policy of a group; the fleet's own for `default`."""
        found = self.groups.get(group)
        return found.policy if found else self.policy
