"""From a fleet and an agent's labels to the config that agent should run.

Called by `state/desired.py`, which caches, and by `reconciler render`. Pure: the same
fleet and labels give the same bytes and hash, whatever the order of files.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.fleet.nodes import Node
from reconciler.ids import ConfigHash, GroupName


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
    fleet: Fleet, labels: Mapping[str, str]
) -> RenderedConfig | Unmatched | Blocked:
    """What an agent with these labels should run."""
    raise NotImplementedError


def group_of(fleet: Fleet, labels: Mapping[str, str]) -> GroupName | Blocked:
    """The one group the labels fall in: highest priority; a tie is an error."""
    raise NotImplementedError
