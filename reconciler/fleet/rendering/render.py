"""From a fleet and an agent's labels to the config that agent should run.

Called by `state/desired.py`, which caches, and by `reconciler render`. Pure: the same
fleet and labels give the same bytes and hash, whatever the order of files.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.components_output import Distribution
from reconciler.fleet.catalogue.model import Catalogue, Setting, Shape
from reconciler.fleet.documents import (
    COLLECTOR_ENTRY,
    DEFAULT_GROUP,
    AgentGroup,
    Broken,
    CollectorConfig,
    DistributionDocument,
    Fleet,
    Kind,
)
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.rendering import entry_contents, layers
from reconciler.fleet.rules import check
from reconciler.fleet.rules import config as collector
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.fleet.syntax import hashing
from reconciler.fleet.syntax.nodes import Node, Table
from reconciler.ids import ConfigHash, GroupName

TIE: Final = "E072"


MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""The largest message between an agent and us, in either direction."""

_ENTRY_OVERHEAD: Final = 64
_MESSAGE_OVERHEAD: Final = 1024
"""Hash, instance_uid, lengths, and what else rides in the message with an offer."""


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """One named blob of an OpAMP config map."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class RenderedConfig:
    """A complete config for an agent.

    Attributes:
        hash: Of the meaning alone (`hashing.py`): entry names, content types, values.
        entries: OpAMP's config map; one entry `""` unless documents name entries.
        nodes: The merged tree of every entry, each leaf with its provenance.
        documents: Names of the `CollectorConfig`s merged, low priority to high.
    """

    hash: ConfigHash
    entries: Mapping[str, ConfigEntry]
    nodes: Mapping[str, Node]
    documents: tuple[str, ...]

    @property
    def message_bytes(self) -> int:
        """The most that a message with it takes, to hold against `MESSAGE_BYTES`."""
        return _MESSAGE_OVERHEAD + sum(
            _ENTRY_OVERHEAD
            + len(name.encode())
            + len(entry.content_type)
            + len(entry.body)
            for name, entry in self.entries.items()
        )

    @property
    def is_too_large(self) -> bool:
        """No message has room for it."""
        return self.message_bytes > MESSAGE_BYTES


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No document selects the labels: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The documents that select the labels contradict each other or render nothing.

    The agent keeps what it has; `findings` say why.
    """

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """A config before it is written down.

    Attributes:
        configs: The documents of every entry, low priority to high.
        nodes: The merged tree of every entry, each leaf with its provenance.
        content_types: Of every entry.
        documents: Names of all of them, low priority to high.
        faults: What the documents disagree on, or cannot do; such a config is not sent.
    """

    configs: Mapping[str, tuple[CollectorConfig, ...]]
    nodes: Mapping[str, Node]
    content_types: Mapping[str, str]
    documents: tuple[str, ...]
    faults: tuple[Finding, ...]


def render(
    fleet: Fleet,
    labels: Mapping[str, str],
    claimed: frozenset[str] = frozenset(),
) -> RenderedConfig | Unmatched | Blocked:
    """What an agent should run.

    Args:
        fleet: At the revision that counts.
        labels: All labels of the agent.
        claimed: Keys that nobody but the agent itself vouches for.
    """
    found = merge(fleet, labels, claimed)
    if not isinstance(found, Merged):
        return found
    report = Report()
    report.add(*found.faults, *errors(fleet, labels, claimed, found))
    return Blocked(report.findings) if report.findings else written(found)


def written(found: Merged) -> RenderedConfig:
    """A merged config as it is sent."""
    types = found.content_types
    return RenderedConfig(
        hash=hashing.config_hash(
            {entry: (types[entry], tree) for entry, tree in found.nodes.items()}
        ),
        entries={
            entry: ConfigEntry(
                body=entry_contents.body(configs, found.nodes[entry], types[entry]),
                content_type=types[entry],
            )
            for entry, configs in found.configs.items()
        },
        nodes=found.nodes,
        documents=found.documents,
    )


def merge(
    fleet: Fleet,
    labels: Mapping[str, str],
    claimed: frozenset[str] = frozenset(),
) -> Merged | Unmatched | Blocked:
    """The same before the rules have looked at it, and before it is written down."""
    selected = layers.select(fleet, labels, claimed)
    if broken := _broken(fleet, labels, claimed, selected):
        return Blocked(broken)
    if not selected:
        return Unmatched()
    report = Report()
    values = layers.values(fleet, labels, claimed)
    entries: dict[str, tuple[CollectorConfig, ...]] = {}
    trees: dict[str, Node] = {}
    types: dict[str, str] = {}
    for entry in sorted({config.entry for config in selected}):
        configs = tuple(config for config in selected if config.entry == entry)
        entries[entry] = configs
        trees[entry] = layers.content(configs, values, report)
        types[entry] = entry_contents.content_type(configs, report)
        report.add(*entry_contents.check(configs, trees[entry], types[entry]))
    names = tuple(config.name for config in selected)
    return Merged(entries, trees, types, names, report.findings)


def _broken(
    fleet: Fleet,
    labels: Mapping[str, str],
    claimed: frozenset[str],
    selected: tuple[CollectorConfig, ...],
) -> tuple[Finding, ...]:
    """Why nobody can say what such an agent should run."""
    report = Report()
    used = frozenset(name for config in selected for name in config.variables)
    for one in fleet.broken:
        if one.kind is Kind.VARIABLES and not _uses(used, one):
            continue
        if one.selector.matches(labels, claimed):
            report.add(*one.why)
    return report.findings


def _uses(used: frozenset[str], broken: Broken) -> bool:
    """Whether one of these variables is, or may be, what broken `Variables` set."""
    return bool(used if broken.variables is None else used & broken.variables)


def errors(
    fleet: Fleet, labels: Mapping[str, str], claimed: frozenset[str], found: Merged
) -> Iterable[Finding]:
    """What keeps agents from the config, unless a comment in the fleet repo says not.

    Of agents nobody pinned, the catalogue knows no errors, so it is not even loaded.
    """
    tree = found.nodes.get(COLLECTOR_ENTRY)
    if not isinstance(tree, Table) or not tree.items:
        return ()
    pinned = distribution_of(fleet, labels, claimed)
    subject = Subject(
        collector.read(tree),
        catalogue_of(pinned) if pinned else _NO_CATALOGUE,
        Basis.PINNED if pinned else Basis.GUESSED,
        labels,
    )
    wrong = check.errors(subject)
    return (finding for finding in wrong if not fleet.ignores.covers(finding))


_NO_CATALOGUE: Final = Catalogue("", Setting(Shape.ANY), {})


def distribution_of(
    fleet: Fleet, labels: Mapping[str, str], claimed: frozenset[str] = frozenset()
) -> DistributionDocument | None:
    """The document that says what such an agent's binary has: the highest priority."""
    matching = (
        one for one in fleet.distributions if one.selector.matches(labels, claimed)
    )
    return min(matching, key=lambda one: (-one.priority, one.name), default=None)


def catalogue_of(document: DistributionDocument) -> Catalogue:
    """What is known of the components of a binary; made once for each document."""
    return _catalogue(_ByIdentity(document.distribution))


_MOST_CATALOGUES: Final = 16


class _ByIdentity:
    """A distribution as a key: comparing two would cost as much as what is saved."""

    def __init__(self, distribution: Distribution) -> None:
        self.distribution = distribution

    def __hash__(self) -> int:
        return id(self.distribution)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _ByIdentity) and self.distribution is other.distribution
        )


@functools.lru_cache(maxsize=_MOST_CATALOGUES)
def _catalogue(pinned: _ByIdentity) -> Catalogue:
    return bundled.bundled().of(pinned.distribution)


def group_of(
    fleet: Fleet,
    labels: Mapping[str, str],
    claimed: frozenset[str] = frozenset(),
) -> GroupName | Blocked:
    """The one group the labels fall in: highest priority; a tie is an error."""
    matching = [
        one for one in fleet.groups.values() if one.selector.matches(labels, claimed)
    ]
    if not matching:
        return DEFAULT_GROUP
    highest = max(group.priority for group in matching)
    first, *others = sorted(
        (group for group in matching if group.priority == highest),
        key=lambda group: group.name,
    )
    if not others:
        return first.name
    return Blocked(tuple(_tie(first, other) for other in others))


def _tie(one: AgentGroup, other: AgentGroup) -> Finding:
    return findings.error(
        TIE,
        f"groups `{one.name}` and `{other.name}` both take the agent with priority "
        f"{one.priority}; the other stands at {one.where}",
        other.where,
        "give one of them a higher priority, or narrow its selector",
    )
