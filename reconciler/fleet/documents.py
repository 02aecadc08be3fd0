"""The kinds of documents of a fleet repo, parsed and checked.

Made by `parse.py`; read by `render.py`, `state/` and the CLI. `apiVersion` is
`reconciler/v1`; every document remembers where it stands.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reconciler.errors import Where
from reconciler.fleet.catalogue.components_output import Distribution
from reconciler.fleet.drift_ignores import DriftIgnore
from reconciler.fleet.findings import Finding
from reconciler.fleet.ignores import Ignores
from reconciler.fleet.labels import Selector
from reconciler.fleet.syntax import merge
from reconciler.fleet.syntax.nodes import Node, Scalar, Table
from reconciler.fleet.syntax.pointers import Path, Pattern
from reconciler.ids import GroupName, Revision

API_VERSION = "reconciler/v1"
DEFAULT_GROUP = GroupName("default")
OWN_CONTEXTS: Final = ("lint", "plan")
"""What follows the first part of a context where it is no group."""

CONTEXT: Final = re.compile(r"[A-Za-z0-9._-]{1,50}(/[A-Za-z0-9._-]{1,50}){0,3}")
"""What the first part of a commit status context may be."""

COLLECTOR_ENTRY = ""
"""The entry that holds a whole Collector config; agents know it by the empty name."""


class Kind(StrEnum):
    """Every kind of document, as `kind:` names it."""

    FLEET = "Fleet"
    AGENT_GROUP = "AgentGroup"
    COLLECTOR_CONFIG = "CollectorConfig"
    VARIABLES = "Variables"
    INVENTORY = "Inventory"
    DISTRIBUTION = "Distribution"
    CONFIG_TEST = "ConfigTest"


class DriftMode(StrEnum):
    """What happens to an agent that left the config it was synced to."""

    CORRECT = "correct"
    REPORT = "report"


class Unselected(StrEnum):
    """What agents mean that ran a config of ours and that nothing selects any more."""

    HOLD = "hold"
    RELEASE = "release"


class Unmanaged(StrEnum):
    """What connected agents mean that no config ever selected."""

    TOLERATE = "tolerate"
    WARN = "warn"
    FAIL = "fail"


class Missing(StrEnum):
    """What hosts of the inventory mean that were never heard or are away."""

    TOLERATE = "tolerate"
    REQUIRE = "require"


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
        drift_ignores: Where effective configs may differ.
        forget_after: How long an agent that is away counts; None for what the service
            is set to.
    """

    suspend: bool = False
    require_agents: bool = False
    drift: DriftMode = DriftMode.CORRECT
    soak: float = 10.0
    answer_timeout: float = 30.0
    apply_timeout: float = 300.0
    drift_ignores: tuple[DriftIgnore, ...] = ()
    forget_after: float | None = None


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
    """One file or inline block of config, with every position kept.

    Attributes:
        node: The parsed mapping; of a file that is neither YAML nor JSON, its text.
        content: The author's bytes when it is a file of its own; None when inline.
    """

    node: Table | Scalar
    content: bytes | None


class ListMerge(StrEnum):
    """What a document does to a list that documents below it have set."""

    APPEND = "append"
    PREPEND = "prepend"
    INSERT = "insert"
    UNION = "union"
    BY_KEY = "byKey"


@dataclass(frozen=True, slots=True)
class ListRule:
    """One item of `spec.lists`; where no rule is, a list is replaced whole.

    Attributes:
        path: The lists it is for.
        merge: What is done.
        anchor: INSERT: the item that new ones are put before or after.
        before: INSERT: before the anchor instead of after it.
        key: BY_KEY: the field by which mappings of both lists are paired and merged.
        where: The rule itself.
    """

    path: Pattern
    merge: ListMerge
    where: Where
    anchor: Node | None = None
    before: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """One item of `spec.remove`: what lies at these paths below the document goes."""

    path: Pattern
    where: Where


@dataclass(frozen=True, slots=True)
class CollectorConfig:
    """What the agents a selector picks should run; merged low priority to high.

    Attributes:
        lists: What it does to lists instead of replacing them.
        remove: What it takes away from documents below, before its own values.
        scope: The only paths it may touch; None for all.
        variables: Names of the variables it uses.
        content_type: Of its entry; None for what the others of the entry say.
    """

    name: str
    where: Where
    selector: Selector
    priority: int
    fragments: tuple[Fragment, ...]
    entry: str = COLLECTOR_ENTRY
    allow_empty: bool = False
    lists: tuple[ListRule, ...] = ()
    remove: tuple[Removal, ...] = ()
    scope: tuple[Pattern, ...] | None = None
    variables: frozenset[str] = frozenset()
    content_type: str | None = None

    @property
    def mappings(self) -> tuple[Table, ...]:
        """Its files, the earlier first; none where it is text."""
        every = (fragment.node for fragment in self.fragments)
        return tuple(node for node in every if isinstance(node, Table))

    @property
    def text(self) -> Scalar | None:
        """What it is where it is no mapping."""
        node = self.fragments[0].node
        return node if isinstance(node, Scalar) else None

    @property
    def tree(self) -> Table:
        """Its files as one layer, the later over the earlier; variables not filled in.

        What the layer is for an agent, `layers.py` says.
        """
        if self.text:
            return Table({}, self.where)
        return functools.reduce(merge.overlay, self.mappings)


@dataclass(frozen=True, slots=True)
class Variables:
    """Values for the agents a selector picks; the highest priority sets a name.

    Attributes:
        values: Name to (place of the name, value of any shape).
    """

    name: str
    where: Where
    selector: Selector
    priority: int
    values: Mapping[str, tuple[Where, Node]]


@dataclass(frozen=True, slots=True)
class InventoryEntry:
    """Labels that Git vouches for, by what an agent is known as.

    Attributes:
        attributes: Attributes the agent must report, each with this very value.
        certificate: Names of which its client certificate must carry one.
        enrolment: The enrolment it must have come by.
        labels: What it is labelled; stronger than what it says of itself.
        why: Errors, for which the agents it matches keep what they have.
    """

    where: Where
    attributes: Mapping[str, str]
    certificate: frozenset[str]
    enrolment: str | None
    labels: Mapping[str, str]
    why: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """A list of known agents."""

    name: str
    where: Where
    entries: tuple[InventoryEntry, ...]


@dataclass(frozen=True, slots=True)
class DistributionDocument:
    """Which components the agents a selector picks have, as their binary says it."""

    name: str
    where: Where
    selector: Selector
    priority: int
    distribution: Distribution


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing a ConfigTest expects, with its place."""

    where: Where
    value: Node


@dataclass(frozen=True, slots=True)
class ConfigTest:
    """What an agent with given labels must get; run by `reconciler test`.

    Attributes:
        labels: Of the agent; all count as trusted.
        entry: Of the config map that `values` and `absent` look at.
        group: The group it must fall in.
        documents: Names of the `CollectorConfig`s it must get, low priority to high;
            an empty list for an agent that must get nothing.
        values: What must stand at a path.
        absent: Paths at which nothing may stand.
        findings: Rules that must be found, and no others; None to expect no error.
    """

    name: str
    where: Where
    labels: Mapping[str, str]
    entry: str = COLLECTOR_ENTRY
    group: tuple[Where, str] | None = None
    documents: tuple[Where, tuple[str, ...]] | None = None
    values: tuple[tuple[Path, Expected], ...] = ()
    absent: tuple[tuple[Path, Where], ...] = ()
    findings: tuple[Where, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class FolderScope:
    """A rule of the Fleet: what files of a folder, or below it, may touch.

    A folder under such a rule holds `CollectorConfig` and `ConfigTest` only: any other
    kind reaches beyond a path.
    """

    folder: str
    paths: tuple[Pattern, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Guard:
    """How much of the fleet one commit may change without somebody's approval.

    Attributes:
        share: Of the agents, 0 to 1.
        least: Agents from which on it holds.
    """

    share: float = 0.5
    least: int = 10


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that cannot be used, and the agents that depend on it.

    They keep what they have; nobody else is kept from anything.

    Attributes:
        why: Its errors.
        variables: Of `Variables`: the names it would set, None when nobody can tell.
            Agents whose configs use none of them do not depend on it.
    """

    kind: Kind
    name: str
    where: Where
    selector: Selector
    why: tuple[Finding, ...]
    variables: frozenset[str] | None = None


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
        variables: In order of priority, then name.
        broken: Documents that only those depend on whom they select.
        fatal: Errors of which nobody can say whom they concern; with any of these the
            revision is not put in force.
        findings: Everything that was noticed, `fatal` and `broken` included, but what
            `ignores` silences; `render.render` may find more for particular labels.
    """

    revision: Revision
    name: str
    status_prefix: str
    policy: GroupPolicy
    groups: Mapping[GroupName, AgentGroup]
    configs: Mapping[str, CollectorConfig]
    findings: tuple[Finding, ...]
    fatal: tuple[Finding, ...] = ()
    broken: tuple[Broken, ...] = ()
    variables: tuple[Variables, ...] = ()
    inventories: tuple[Inventory, ...] = ()
    distributions: tuple[DistributionDocument, ...] = ()
    tests: tuple[ConfigTest, ...] = ()
    scopes: tuple[FolderScope, ...] = ()
    guard: Guard = field(default_factory=Guard)
    ignores: Ignores = field(default_factory=Ignores)
    unselected: Unselected = Unselected.HOLD
    unmanaged: Unmanaged = Unmanaged.WARN
    missing: Missing = Missing.TOLERATE

    def policy_of(self, group: GroupName) -> GroupPolicy:
        """The policy of a group; the fleet's own for `default`."""
        found = self.groups.get(group)
        return found.policy if found else self.policy
