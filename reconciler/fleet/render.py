"""From a fleet and an agent's labels to the config that agent should run.

Called by `state/desired.py`, which caches, and by `reconciler render`. Pure: the same
fleet and labels give the same bytes and hash, whatever the order of files.
"""

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.fleet import dump, findings, hashing, merge
from reconciler.fleet.catalogue import bundled
from reconciler.fleet.documents import (
    COLLECTOR_ENTRY,
    DEFAULT_GROUP,
    AgentGroup,
    CollectorConfig,
    Fleet,
)
from reconciler.fleet.findings import Finding, Report
from reconciler.fleet.nodes import Node, Table
from reconciler.fleet.rules import check
from reconciler.fleet.rules import config as collector
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.ids import ConfigHash, GroupName

CONTENT_TYPE: Final = "text/yaml"
EMPTY: Final = "E051"
TIE: Final = "E072"


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


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No document selects the labels: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The documents that select the labels contradict each other or render nothing.

    The agent keeps what it has; `findings` say why.
    """

    findings: tuple[Finding, ...]


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
    if broken := _broken(fleet, labels, claimed):
        return Blocked(broken)
    selected = [
        one for one in fleet.configs.values() if one.selector.matches(labels, claimed)
    ]
    if not selected:
        return Unmatched()
    report = Report()
    nodes: dict[str, Node] = {}
    bodies: dict[str, ConfigEntry] = {}
    for entry in sorted({config.entry for config in selected}):
        configs = [config for config in selected if config.entry == entry]
        tree = nodes[entry] = _merge(configs, report)
        report.add(*_check(entry, tree, configs, labels))
        bodies[entry] = ConfigEntry(_body(configs, tree), CONTENT_TYPE)
    if report.findings:
        return Blocked(report.findings)
    return RenderedConfig(
        hash=hashing.config_hash(
            {name: (CONTENT_TYPE, node) for name, node in nodes.items()}
        ),
        entries=bodies,
        nodes=nodes,
        documents=tuple(config.name for config in selected),
    )


def _broken(
    fleet: Fleet, labels: Mapping[str, str], claimed: frozenset[str]
) -> tuple[Finding, ...]:
    """Why nobody can say what such an agent should run."""
    report = Report()
    for one in fleet.broken:
        if one.selector.matches(labels, claimed):
            report.add(*one.why)
    return report.findings


def _merge(configs: list[CollectorConfig], report: Report) -> Table:
    """Low priority to high; inside one priority nobody wins, so order cannot matter."""
    ranked = sorted(configs, key=lambda config: (config.priority, config.name))
    bands = itertools.groupby(ranked, key=lambda config: config.priority)
    return functools.reduce(
        merge.overlay, (_unite(list(band), report) for _, band in bands)
    )


def _unite(equals: list[CollectorConfig], report: Report) -> Table:
    tree = equals[0].tree
    for config in equals[1:]:
        tree, conflicts = merge.unite(tree, config.tree)
        report.add(*(merge.describe(conflict) for conflict in conflicts))
    return tree


def _check(
    entry: str,
    tree: Table,
    configs: list[CollectorConfig],
    labels: Mapping[str, str],
) -> Iterable[Finding]:
    if not tree.items:
        return () if any(one.allow_empty for one in configs) else (_empty(configs),)
    if entry != COLLECTOR_ENTRY:
        return ()
    catalogue = bundled.bundled()
    return check.errors(Subject(collector.read(tree), catalogue, Basis.GUESSED, labels))


def _empty(configs: list[CollectorConfig]) -> Finding:
    names = ", ".join(config.name for config in configs)
    return findings.error(
        EMPTY,
        f"the config rendered from {names} is empty, which stops a Collector",
        configs[-1].where,
        "set `spec.allowEmpty: true` if that is meant",
    )


def _body(configs: list[CollectorConfig], tree: Table) -> bytes:
    fragments = [fragment for config in configs for fragment in config.fragments]
    if len(fragments) == 1 and fragments[0].content is not None:
        return fragments[0].content
    return dump.dump(tree)


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
