"""Everything the controller may ask for: a closed union.

`service.py` executes them and chooses nothing. Actions for an agent ride in the answer
to its message, or are pushed over its WebSocket.
"""

from dataclasses import dataclass
from typing import TypeAlias

from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.ids import CommitSha, ConfigHash, Generation, InstanceUid
from reconciler.state.agent import OfferKind
from reconciler.state.conditions import CommitState
from reconciler.state.observed import EffectiveConfig
from reconciler.state.records import AgentRecord, RevisionRecord


@dataclass(frozen=True, slots=True)
class OfferRemoteConfig:
    """Send this config; finished, so that the executor only serialises."""

    uid: InstanceUid
    config: RenderedConfig
    generation: Generation
    kind: OfferKind


@dataclass(frozen=True, slots=True)
class AskFullState:
    """Set ReportFullState."""

    uid: InstanceUid


@dataclass(frozen=True, slots=True)
class AskComponents:
    """Set ReportAvailableComponents; once for a hash we do not know."""

    uid: InstanceUid


@dataclass(frozen=True, slots=True)
class OfferConnectionSettings:
    """Send the complete OpAMP connection settings (endpoint and interval together)."""

    uid: InstanceUid
    endpoint: str
    heartbeat_seconds: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class AssignInstanceUid:
    """Give the sender another instance_uid (AgentIdentification)."""

    uid: InstanceUid
    new_uid: InstanceUid


@dataclass(frozen=True, slots=True)
class RefuseAgent:
    """Answer with error_response BadRequest and, on a WebSocket, close it."""

    uid: InstanceUid
    reason: str


AgentAction: TypeAlias = (
    OfferRemoteConfig
    | AskFullState
    | AskComponents
    | OfferConnectionSettings
    | AssignInstanceUid
    | RefuseAgent
)


@dataclass(frozen=True, slots=True)
class CompareEffective:
    """Judge containment away from the event loop; answered by `EffectiveCompared`."""

    desired: RenderedConfig
    effective: EffectiveConfig


@dataclass(frozen=True, slots=True)
class SaveAgent:
    """Remember what is known of an agent; the newest record of a uid wins."""

    record: AgentRecord


@dataclass(frozen=True, slots=True)
class ForgetAgent:
    """The agent expired."""

    uid: InstanceUid


@dataclass(frozen=True, slots=True)
class SaveConfig:
    """Keep the bytes of an offered config, so that it can be given back later."""

    config: RenderedConfig


@dataclass(frozen=True, slots=True)
class DropConfigs:
    """No agent runs, wants or may be given back these configs any more."""

    hashes: frozenset[ConfigHash]


@dataclass(frozen=True, slots=True)
class SaveRevision:
    """Remember a revision and what became of it; the newest record wins."""

    record: RevisionRecord


@dataclass(frozen=True, slots=True)
class PublishCommitStatus:
    """The truth of one context of one commit; the outbox sends the last one."""

    commit: CommitSha
    context: str
    state: CommitState
    description: str


Action: TypeAlias = (
    AgentAction
    | CompareEffective
    | SaveAgent
    | ForgetAgent
    | SaveConfig
    | DropConfigs
    | SaveRevision
    | PublishCommitStatus
)
