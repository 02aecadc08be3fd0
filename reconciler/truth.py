"""What the web room is shown of a running service: `web.view.View`, made of its parts.

`service.py` makes one. Reads only, but for `forget`, which is handed in. Keeps nothing
but whether we are draining.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from reconciler.controller import Controller
from reconciler.fleet.compatibility import Components
from reconciler.fleet.documents import Broken
from reconciler.follower import Follower
from reconciler.ids import CommitSha, Generation, InstanceUid, Revision
from reconciler.report.outbox import Outbox
from reconciler.state.agent import Agent
from reconciler.state.conditions import GroupStatus
from reconciler.state.desired import Resolution
from reconciler.state.drift import DriftReport
from reconciler.state.expected import MissingHost
from reconciler.state.records import RevisionRecord, StatusRecord
from reconciler.store.store import Store
from reconciler.web.view import Check, SourceAges


class Forget(Protocol):
    """Whoever lets the controller forget an agent that is away."""

    def __call__(self, uid: InstanceUid, *, peer: str) -> None:
        """Forget it, and say in the log who asked."""


class Truth:
    """The parts of a service, read-only but for `forget`.

    Attributes:
        draining: The process is about to stop.
    """

    def __init__(
        self,
        controller: Controller,
        *,
        outbox: Outbox,
        store: Store,
        follower: Follower,
        counters: Callable[[], Mapping[str, int]],
        forget: Forget,
    ) -> None:
        self._controller = controller
        self._outbox = outbox
        self._store = store
        self._follower = follower
        self._counters = counters
        self._forget = forget
        self.draining = False

    @property
    def agents(self) -> Mapping[InstanceUid, Agent]:
        """Every agent that has not expired."""
        return self._controller.agents

    @property
    def revision(self) -> Revision | None:
        """The revision in force."""
        return self._controller.revision

    @property
    def generation(self) -> Generation:
        """Its generation."""
        return self._controller.generation

    def missing(self) -> Sequence[MissingHost]:
        """The hosts that the inventory names and that were never heard, by name."""
        return self._controller.missing()

    def forgotten_at(self, uid: InstanceUid) -> float | None:
        """When an agent that is away counts no more; None while it is connected."""
        return self._controller.forgotten_at(uid)

    def forget(self, uid: InstanceUid, *, peer: str) -> None:
        """Forget an agent that is away, because somebody at `peer` asked for it."""
        self._forget(uid, peer=peer)

    def groups(self) -> Sequence[GroupStatus]:
        """The groups of the revision in force."""
        return self._controller.groups()

    def broken(self) -> Sequence[Broken]:
        """Documents of the revision in force whose agents keep what they have."""
        fleet = self._controller.fleet
        return fleet.broken if fleet else ()

    def revisions(self) -> Sequence[RevisionRecord]:
        """Newest first."""
        return self._controller.revisions()

    def statuses(self, commit: CommitSha) -> Sequence[StatusRecord]:
        """The commit statuses of one revision."""
        return self._outbox.statuses(commit)

    def resolution(self, uid: InstanceUid) -> Resolution | None:
        """What an agent should run."""
        return self._controller.resolution(uid)

    def drift(self, uid: InstanceUid) -> DriftReport | None:
        """The last comparison of an agent's effective config."""
        return self._controller.drift(uid)

    def builds(self) -> Mapping[bytes, Components]:
        """What each build has that agents told."""
        return self._controller.builds()

    def checks(self) -> Sequence[Check]:
        """Only being without any revision makes us unready; the rest degrades us."""
        failing = self._store.failing_since
        stuck = self._follower.stuck
        revision = str(self.revision) if self.revision else None
        return (
            Check("revision", revision is not None, revision or "none", required=True),
            _degrading("source", self._follower.trouble),
            _degrading("head", str(stuck) if stuck else None),
            _degrading("store", failing[1] if failing else None),
            _degrading("forge", self._outbox.trouble),
            _degrading("contexts", self._outbox.contested),
        )

    def source_ages(self) -> SourceAges:
        """How long the source has been stuck, and silent."""
        return SourceAges(
            head_not_in_force=self._follower.stuck_for,
            last_good_fetch=self._follower.unanswered_for,
        )

    def counters(self) -> Mapping[str, int]:
        """Totals since start."""
        return {**self._counters(), "statuses_undelivered": self._outbox.undelivered}


def _degrading(name: str, trouble: str | None) -> Check:
    return Check(name, trouble is None, trouble or "", required=False)
