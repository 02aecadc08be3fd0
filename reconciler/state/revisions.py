"""Which revisions were seen, which is in force, and what each commit is told.

Held by `controller.py`. Every accepted commit reaches a terminal state in every
context, also when a newer one overtakes it; a refused one fails at once. Nothing turns
green on what agents said before the revision, or before a restart, was judged.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from reconciler.fleet import findings as fleet_findings
from reconciler.fleet.documents import DEFAULT_GROUP, Fleet
from reconciler.fleet.findings import Finding
from reconciler.ids import CommitSha, Generation, GroupName, InstanceUid, Revision
from reconciler.state import conditions
from reconciler.state.actions import Action, PublishCommitStatus, SaveRevision
from reconciler.state.census import Census
from reconciler.state.conditions import CommitState, GroupStatus
from reconciler.state.records import RevisionRecord, RevisionState, StoredState

AWAIT = 90.0
"""Seconds after a restart in which agents that were connected before are awaited:
clients back off up to 60 s, and no commit changes colour because we restarted."""

EMPTY_FOR = 10.0
"""Seconds a revision waits for a first agent before a group counts as empty."""

KEPT = 200
"""Revisions that are remembered."""

WORKING_OUT = "working out what changes"
DEFAULT_PREFIX = "fleet"
LINT = "lint"


class Revisions:
    """The history of the source, as far as commits are told about it."""

    def __init__(self, census: Census) -> None:
        self.generation = Generation(0)
        self.newest: Revision | None = None
        self._census = census
        self._records: dict[CommitSha, RevisionRecord] = {}
        self._told: dict[str, tuple[CommitState, str]] = {}
        self._accepted_at = 0.0
        self._awaited: dict[InstanceUid, GroupName] = {}
        self._awaited_in: Counter[GroupName] = Counter()
        self._await_until = 0.0

    def records(self) -> list[RevisionRecord]:
        """Newest first."""
        return sorted(self._records.values(), key=lambda r: r.seen_at, reverse=True)

    def restore(
        self,
        stored: StoredState,
        fleet: Fleet | None,
        *,
        awaited: Mapping[InstanceUid, GroupName],
        now: float,
    ) -> None:
        """Begin where the last process ended; `awaited` agents were connected then."""
        self._records = {record.commit: record for record in stored.revisions}
        self.generation = max(
            (record.generation for record in stored.revisions), default=Generation(0)
        )
        self._awaited = dict(awaited)
        self._awaited_in = Counter(awaited.values())
        self._await_until = now + AWAIT
        if fleet is None:
            return
        self.newest = self._newest(fleet.revision)
        self._told = {
            status.context: (status.state, status.description)
            for status in stored.statuses
            if status.commit == fleet.revision.commit
        }
        self._accepted_at = now
        self._census.changed |= self._groups(fleet)

    def heard(self, uid: InstanceUid) -> None:
        """An awaited agent spoke, and enough to be judged by."""
        if self._awaited:
            group = self._awaited.pop(uid, None)
            if group is not None:
                self._awaited_in[group] -= 1

    def accept(
        self, fleet: Fleet, message: str, *, replaced: Revision | None, now: float
    ) -> list[Action]:
        """Put a fleet in force; the one before is told that it was overtaken."""
        revision = fleet.revision
        actions = self._supersede(replaced, revision) if replaced else []
        was = self._records.get(revision.commit)
        self.generation = Generation(self.generation + 1)
        self.newest = revision
        self._told = {}
        self._accepted_at = now
        actions += self._record(revision, RevisionState.ACCEPTED, message, now)
        if was is not None and was.state is RevisionState.REFUSED:
            self._told[f"{fleet.status_prefix}/{LINT}"] = _REFUSED
        actions += self._lint(fleet, "agents it selects keep what they have")
        # `default` is told of only if agents turn out to be in it.
        for group in sorted(fleet.groups) or [DEFAULT_GROUP]:
            context = f"{fleet.status_prefix}/{group}"
            actions += self._tell(revision, context, CommitState.PENDING, WORKING_OUT)
            self._census.changed.add(group)
        return actions

    def refuse(
        self,
        revision: Revision,
        why: tuple[Finding, ...],
        *,
        prefix: str | None,
        now: float,
    ) -> list[Action]:
        """Fail a commit that will not be put in force; once.

        Args:
            revision: What is refused.
            why: Findings, the first error of which is told.
            prefix: Of its contexts.
            now: Seconds.
        """
        self.newest = revision
        known = self._records.get(revision.commit)
        if known is not None and known.state is RevisionState.REFUSED:
            return []
        text, more = _first(why)
        context = f"{prefix or DEFAULT_PREFIX}/{LINT}"
        description = conditions.shorten(text, more)
        told = PublishCommitStatus(
            revision.commit, context, CommitState.FAILURE, description
        )
        text += more
        return [*self._record(revision, RevisionState.REFUSED, text, now), told]

    def publish(self, fleet: Fleet, *, judged: bool, now: float) -> list[Action]:
        """What changed since the last time; `judged` when every agent was judged."""
        if not judged or not self._census.changed:
            return []
        if now >= self._await_until:
            self._awaited_in.clear()
        actions: list[Action] = []
        if not self._awaited_in.total():
            actions += self._lint(fleet, _kept(len(self._census.held)))
        for group in sorted(self._groups(fleet) & self._census.changed):
            if self._awaited_in[group] > 0:
                continue
            status = self._census.status(group, fleet.policy_of(group))
            if not self._is_too_early(status, now):
                self._census.changed.discard(group)
                context = f"{fleet.status_prefix}/{group}"
                actions += self._tell(
                    fleet.revision, context, status.state, status.description
                )
        return actions

    def groups(self, fleet: Fleet) -> list[GroupStatus]:
        """The groups by name: counts as they are, words as the commit has them.

        The words come from what was told, because a tally may still be of what agents
        said before the revision.
        """
        return [self._told_of(fleet, group) for group in sorted(self._groups(fleet))]

    def _told_of(self, fleet: Fleet, group: GroupName) -> GroupStatus:
        status = self._census.status(group, fleet.policy_of(group))
        told = self._told.get(f"{fleet.status_prefix}/{group}")
        state, description = told or (CommitState.PENDING, WORKING_OUT)
        return replace(status, state=state, description=description)

    def _is_too_early(self, status: GroupStatus, now: float) -> bool:
        empty = not any(status.counts.values())
        return empty and now < self._accepted_at + EMPTY_FOR

    def _groups(self, fleet: Fleet) -> set[GroupName]:
        groups = set(fleet.groups)
        told = f"{fleet.status_prefix}/{DEFAULT_GROUP}" in self._told
        if not groups or told or self._census.has(DEFAULT_GROUP):
            groups.add(DEFAULT_GROUP)
        return groups

    def _tell(
        self, revision: Revision, context: str, state: CommitState, description: str
    ) -> list[Action]:
        if self._told.get(context) == (state, description):
            return []
        self._told[context] = (state, description)
        return [PublishCommitStatus(revision.commit, context, state, description)]

    def _lint(self, fleet: Fleet, kept: str) -> list[Action]:
        """What a commit in force is told of its errors, and who keeps what they have.

        That there are none is told only to a commit that was told of some.
        """
        context = f"{fleet.status_prefix}/{LINT}"
        if fleet_findings.errors(fleet.findings):
            text, more = _first(fleet.findings)
            description = conditions.shorten(text, f"{more}; {kept}")
            return self._tell(fleet.revision, context, CommitState.FAILURE, description)
        if context in self._told:
            return self._tell(fleet.revision, context, CommitState.SUCCESS, "no errors")
        return []

    def _supersede(self, old: Revision, new: Revision) -> list[Action]:
        text = f"superseded by {new.short}"
        actions: list[Action] = [
            PublishCommitStatus(old.commit, context, CommitState.ERROR, text)
            for context, (state, _) in self._told.items()
            if not state.is_terminal
        ]
        record = self._records.get(old.commit)
        if record is not None:
            record = replace(record, state=RevisionState.SUPERSEDED)
            self._records[old.commit] = record
            actions.append(SaveRevision(record))
        return actions

    def _record(
        self, revision: Revision, state: RevisionState, message: str, now: float
    ) -> list[Action]:
        accepted = state is RevisionState.ACCEPTED
        record = RevisionRecord(
            ref=revision.ref,
            commit=revision.commit,
            generation=self.generation if accepted else Generation(0),
            state=state,
            seen_at=now,
            message=message,
        )
        self._records.pop(revision.commit, None)
        self._records[revision.commit] = record
        while len(self._records) > KEPT:
            del self._records[next(iter(self._records))]
        return [SaveRevision(record)]

    def _newest(self, in_force: Revision) -> Revision:
        record = max(self._records.values(), key=lambda r: r.seen_at, default=None)
        if record is None or record.state is not RevisionState.REFUSED:
            return in_force
        return Revision(record.ref, record.commit)


_REFUSED = (CommitState.FAILURE, "refused")
"""Stands for whatever was told of a commit when it was refused."""


def _first(why: tuple[Finding, ...]) -> tuple[str, str]:
    """The first error in words, and how many more there are."""
    # A fault with a line says more than one of a whole file.
    first, *others = sorted(fleet_findings.errors(why), key=_without_line)
    text = f"{first.where}: {first.message}" if first.where.path else first.message
    return text, f" (and {len(others)} more)" if others else ""


def _kept(agents: int) -> str:
    match agents:
        case 0:
            return "no agent depends on it"
        case 1:
            return "1 agent keeps what it has"
        case _:
            return f"{agents} agents keep what they have"


def _without_line(finding: Finding) -> bool:
    return not finding.where.line
