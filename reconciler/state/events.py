"""Everything that can happen to the controller: a closed union.

Rooms on the third floor make these; `controller.handle(event, now)` is the only
reader. `now` is seconds since the epoch on a clock that never jumps (`loop.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding
from reconciler.ids import CommitSha, ConfigHash, InstanceUid, Revision
from reconciler.state.drift import DriftReport
from reconciler.state.observed import AgentReport, ConnectionId, Transport


@dataclass(frozen=True, slots=True)
class AgentReported:
    """An agent sent a well-formed message; the answer must hold what follows from it.

    Attributes:
        first: It is the first message of this agent on this connection.
    """

    report: AgentReport
    connection: ConnectionId
    transport: Transport
    first: bool


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """A WebSocket is gone, with every agent that spoke over it."""

    connection: ConnectionId
    agents: Sequence[InstanceUid]


@dataclass(frozen=True, slots=True)
class PassedCommit:
    """A commit that the source moved past in one fetch: in force before, or never.

    Attributes:
        is_same: No file that the fleet is read from differs between it and the head.
    """

    commit: CommitSha
    is_same: bool


@dataclass(frozen=True, slots=True)
class RevisionFetched:
    """A source moved to a new revision and it was parsed; findings are inside.

    Attributes:
        message: First line of the commit message.
        passed: Commits that arrived together with it and were never in force, and the
            one that was.
    """

    fleet: Fleet
    message: str = ""
    passed: tuple[PassedCommit, ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionRefused:
    """A new revision is known but must not be followed (rewritten history, caps)."""

    revision: Revision
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class EffectiveCompared:
    """The answer to `actions.CompareEffective`."""

    hash: ConfigHash
    digest: bytes
    report: DriftReport


@dataclass(frozen=True, slots=True)
class AgentForgotten:
    """Somebody says that an agent which is away will not return."""

    uid: InstanceUid


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; also sent while `Controller.has_work` says so."""


Event: TypeAlias = (
    AgentReported
    | ConnectionClosed
    | RevisionFetched
    | RevisionRefused
    | EffectiveCompared
    | AgentForgotten
    | Tick
)
