"""What the web room may see of the service; `service.py` implements it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.fleet.compatibility import Components
from reconciler.fleet.documents import Broken
from reconciler.ids import CommitSha, Generation, InstanceUid, Revision
from reconciler.state.agent import Agent
from reconciler.state.conditions import GroupStatus
from reconciler.state.desired import Resolution
from reconciler.state.drift import DriftReport
from reconciler.state.expected import MissingHost
from reconciler.state.records import RevisionRecord, StatusRecord


@dataclass(frozen=True, slots=True)
class Check:
    """One part of `/readyz?verbose`: degraded parts do not make us unready."""

    name: str
    ok: bool
    detail: str
    required: bool


@dataclass(frozen=True, slots=True)
class SourceAges:
    """How far the source is behind, in seconds.

    Attributes:
        head_not_in_force: Since the newest head was refused or held; 0 when it is in
            force.
        last_good_fetch: Since the source last answered, or since the start.
    """

    head_not_in_force: float
    last_good_fetch: float


class View(Protocol):
    """Synchronous, cheap, called on the event loop; read-only but for `forget`."""

    @property
    def agents(self) -> Mapping[InstanceUid, Agent]:
        """Every agent that has not expired."""

    @property
    def revision(self) -> Revision | None:
        """The revision in force."""

    @property
    def generation(self) -> Generation:
        """Its generation; 0 before the first."""

    def missing(self) -> Sequence[MissingHost]:
        """The hosts that the inventory names and that were never heard, by name."""

    def forgotten_at(self, uid: InstanceUid) -> float | None:
        """When an agent that is away counts no more; None while it is connected."""

    def forget(self, uid: InstanceUid, *, peer: str) -> None:
        """Forget an agent that is away, because somebody at `peer` asked for it."""

    def groups(self) -> Sequence[GroupStatus]:
        """The groups of the revision in force."""

    def broken(self) -> Sequence[Broken]:
        """Documents of the revision in force whose agents keep what they have."""

    def revisions(self) -> Sequence[RevisionRecord]:
        """Newest first."""

    def statuses(self, commit: CommitSha) -> Sequence[StatusRecord]:
        """The commit statuses of one revision."""

    def resolution(self, uid: InstanceUid) -> Resolution | None:
        """What an agent should run; None for an unknown agent or before a revision."""

    def drift(self, uid: InstanceUid) -> DriftReport | None:
        """The last comparison of an agent's effective config."""

    def builds(self) -> Mapping[bytes, Components]:
        """What each build has that agents told, by their hash of it."""

    def checks(self) -> Sequence[Check]:
        """Revision, source and its head, store, forge."""

    def source_ages(self) -> SourceAges:
        """How long the source has been stuck, and silent."""

    @property
    def draining(self) -> bool:
        """The process is about to stop."""

    def counters(self) -> Mapping[str, int]:
        """Totals since start: messages, offers, refusals, connections by name."""
