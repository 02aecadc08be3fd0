"""Which revisions were seen, which is in force, and what each commit is told.

Held by `controller.py`. Every accepted commit reaches a terminal state in every
context, also when a newer one overtakes it (`overtaken.py`); a refused one fails at
once. Nothing turns green on what agents said before the revision, or before a restart,
was judged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.fleet import findings as fleet_findings
from reconciler.fleet.documents import DEFAULT_GROUP, Fleet
from reconciler.fleet.findings import Finding
from reconciler.ids import CommitSha, Generation, GroupName, InstanceUid, Revision
from reconciler.state import conditions, refusals
from reconciler.state.actions import Action, PublishCommitStatus
from reconciler.state.agent import Agent
from reconciler.state.awaited import Awaited
from reconciler.state.census import Census
from reconciler.state.conditions import CommitState, GroupStatus, Standing
from reconciler.state.desired import Resolution, Resolver
from reconciler.state.events import PassedCommit
from reconciler.state.history import History
from reconciler.state.overtaken import Context, OvertakenCommits
from reconciler.state.records import RevisionRecord, RevisionState, StoredState

EMPTY_FOR = 10.0
"""Seconds a revision waits for a first agent before a group counts as empty."""

WORKING_OUT = "working out what changes"
DEFAULT_PREFIX = "fleet"
LINT = "lint"


class Revisions:
    """The history of the source, as far as commits are told about it.

    Attributes:
        newest: The newest revision that was accepted or refused.
        accepted: The newest that was accepted, though it may not be readable any more.
        awaited: The agents that were connected before the process began.
    """

    def __init__(self, census: Census) -> None:
        self.generation = Generation(0)
        self.newest: Revision | None = None
        self.accepted: Revision | None = None
        self._census = census
        self._history = History()
        self._told: dict[Context, tuple[CommitState, str]] = {}
        self._overtaken = OvertakenCommits()
        self._accepted_at = 0.0
        self.awaited = Awaited()

    def records(self) -> list[RevisionRecord]:
        """Newest first."""
        return self._history.newest_first()

    def restore(
        self,
        stored: StoredState,
        fleet: Fleet | None,
        *,
        awaited: Mapping[InstanceUid, GroupName],
        now: float,
    ) -> list[Action]:
        """Begin where the last process ended; `awaited` agents were connected then.

        Args:
            stored: What was kept.
            fleet: That of the stored snapshot; refused as at a fetch if it is fatal.
            awaited: Agents and their groups.
            now: Seconds.
        """
        self._history.restore(stored.revisions)
        self.generation = self._history.generation
        self.awaited.restore(awaited, now)
        if fleet is None:
            return []
        self.accepted = fleet.revision
        if fleet.fatal:
            return self._refuse_stored(stored, fleet, now)
        was = self._history.of(fleet.revision.commit)
        if was is not None and was.state is RevisionState.REFUSED:
            # A process that could not read what it had stored refused it.
            return self.accept(fleet, "", replaced=None, now=now)
        return self._resume(stored, fleet, now)

    def _resume(self, stored: StoredState, fleet: Fleet, now: float) -> list[Action]:
        # One that was refused is read again: limits or settings may be others now.
        self.newest = fleet.revision
        for status in stored.statuses:
            if status.commit == fleet.revision.commit:
                self._told[status.context] = (status.state, status.description)
            elif not status.state.is_terminal:
                self._await_end(status.commit, status.context)
        self._accepted_at = now
        self._census.changed |= self._groups(fleet)
        # The process may have ended between two of one context.
        return [
            PublishCommitStatus(commit, context, state, description)
            for context, (state, description) in self._told.items()
            for commit in self._overtaken.follow(context, state)
        ]

    def _await_end(self, commit: CommitSha, context: Context) -> None:
        record = self._history.of(commit)
        if record is not None and record.state is RevisionState.CARRIED:
            self._overtaken.carry(commit, [context])
        else:
            self._overtaken.end(commit, context)

    def _refuse_stored(
        self, stored: StoredState, fleet: Fleet, now: float
    ) -> list[Action]:
        revision = fleet.revision
        for status in stored.statuses:
            if status.commit != revision.commit and not status.state.is_terminal:
                self._overtaken.end(status.commit, status.context)
        told = [
            status
            for status in stored.statuses
            if status.commit == revision.commit
            and status.state in {CommitState.SUCCESS, CommitState.PENDING}
        ]
        words = f"nobody can be judged: {''.join(refusals.first_error(fleet.fatal))}"
        text = conditions.shorten(words)
        actions: list[Action] = [
            PublishCommitStatus(
                revision.commit, status.context, CommitState.ERROR, text
            )
            for status in told
        ]
        # Without a readable Fleet document the contexts are those known before.
        known = (status.context.rpartition("/")[0] for status in told)
        prefix = fleet.status_prefix if fleet.name else next(known, DEFAULT_PREFIX)
        return actions + self.refuse(revision, fleet.fatal, prefix=prefix, now=now)

    def accept(
        self,
        fleet: Fleet,
        message: str,
        *,
        replaced: Resolver | None,
        now: float,
        passed: tuple[PassedCommit, ...] = (),
    ) -> list[Action]:
        """Put a fleet in force.

        Args:
            fleet: Not fatal.
            message: First line of the commit message.
            replaced: The fleet that was in force, if any: its commit is overtaken.
            now: Seconds.
            passed: Commits that came together with it.
        """
        revision = fleet.revision
        actions = self._overtake(replaced, passed) if replaced else []
        was = self._history.of(revision.commit)
        self.generation = Generation(self.generation + 1)
        self.newest = self.accepted = revision
        self._overtaken.drop(revision.commit)
        self._told = {}
        self._accepted_at = now
        # `default` is told of only if agents are in it once all were judged.
        self._census.changed.add(DEFAULT_GROUP)
        contexts = {
            f"{fleet.status_prefix}/{group}": group
            for group in sorted(fleet.groups) or [DEFAULT_GROUP]
        }
        for commit in passed:
            actions += self._pass(commit, revision, contexts, now)
        actions += self._history.note(
            revision,
            RevisionState.ACCEPTED,
            message,
            generation=self.generation,
            now=now,
        )
        if was is not None and was.state is RevisionState.REFUSED:
            self._told[f"{fleet.status_prefix}/{LINT}"] = _REFUSED
        actions += self._lint(fleet, "agents it selects keep what they have")
        for context, group in contexts.items():
            self._told[context] = (CommitState.PENDING, WORKING_OUT)
            actions.append(
                PublishCommitStatus(revision.commit, context, *self._told[context])
            )
            self._census.changed.add(group)
        return actions

    @property
    def compares(self) -> bool:
        """What agents should run is to be compared with what overtaken commits want."""
        return self._overtaken.compares

    def compare(self, agent: Agent, now: Resolution) -> None:
        """Compare what an agent should run now with what overtaken commits wanted."""
        self._overtaken.compare(agent, now)

    def refuse(
        self,
        revision: Revision,
        why: tuple[Finding, ...],
        *,
        prefix: str,
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
        known = self._history.of(revision.commit)
        if known is not None and known.state is RevisionState.REFUSED:
            return []
        text, more = refusals.first_error(why)
        context = f"{prefix}/{LINT}"
        description = conditions.shorten(text, more)
        told = PublishCommitStatus(
            revision.commit, context, CommitState.FAILURE, description
        )
        text += more
        return [
            *self._history.note(revision, RevisionState.REFUSED, text, now=now),
            told,
        ]

    def publish(self, fleet: Fleet, *, now: float) -> list[Action]:
        """What changed since the last time; every agent was judged by this fleet."""
        actions: list[Action] = []
        if self._overtaken.has_work:
            actions += self._end_overtaken(fleet)
        if not self._census.changed:
            return actions
        # Groups that the fleet has no more are told of no more.
        self._census.changed &= self._groups(fleet)
        if not self.awaited.anybody(now):
            actions += self._lint(fleet, refusals.kept(len(self._census.held)))
        for group in sorted(self._census.changed):
            if not self.awaited.anybody_in(group, now):
                actions += self._publish_group(group, fleet, now)
        return actions

    def _publish_group(
        self, group: GroupName, fleet: Fleet, now: float
    ) -> list[Action]:
        status = self._census.status(group, fleet)
        if self._is_too_early(status, now):
            return []
        self._census.changed.discard(group)
        context = f"{fleet.status_prefix}/{group}"
        told = self._told.get(context)
        if status.settling and told is not None and told[0] is CommitState.SUCCESS:
            # Nothing is known against it yet.
            return []
        return self._tell(fleet.revision, context, status.state, status.description)

    def groups(self, fleet: Fleet) -> list[GroupStatus]:
        """The groups by name: counts as they are, words as the commit has them.

        The words come from what was told, because a tally may still be of what agents
        said before the revision.
        """
        return [self._told_of(fleet, group) for group in sorted(self._groups(fleet))]

    def _told_of(self, fleet: Fleet, group: GroupName) -> GroupStatus:
        status = self._census.status(group, fleet)
        told = self._told.get(f"{fleet.status_prefix}/{group}")
        state, description = told or (CommitState.PENDING, WORKING_OUT)
        return replace(status, state=state, description=description)

    def _is_too_early(self, status: GroupStatus, now: float) -> bool:
        heard = sum(status.counts.values()) - status.counts.get(Standing.ABSENT, 0)
        missing = status.counts.get(Standing.MISSING, 0)
        return now < self._accepted_at + EMPTY_FOR and (missing > 0 or not heard)

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
        carried = self._overtaken.follow(context, state)
        return [
            PublishCommitStatus(commit, context, state, description)
            for commit in (revision.commit, *carried)
        ]

    def _lint(self, fleet: Fleet, kept: str) -> list[Action]:
        """What a commit in force is told of its errors, and who keeps what they have.

        That there are none is told only to a commit that was told of some.
        """
        context = f"{fleet.status_prefix}/{LINT}"
        if fleet_findings.errors(fleet.findings):
            text, more = refusals.first_error(fleet.findings)
            description = conditions.shorten(text, f"{more}; {kept}")
            return self._tell(fleet.revision, context, CommitState.FAILURE, description)
        if context in self._told:
            return self._tell(fleet.revision, context, CommitState.SUCCESS, "no errors")
        return []

    def _overtake(
        self, resolver: Resolver, passed: tuple[PassedCommit, ...]
    ) -> list[Action]:
        """The fleet in force is overtaken; what becomes of its commit may be known."""
        fleet = resolver.fleet
        commit = fleet.revision.commit
        lint = f"{fleet.status_prefix}/{LINT}"
        waiting = {
            context: not state.is_terminal
            for context, (state, _) in self._told.items()
            if state is not CommitState.SUCCESS and context != lint
        }
        if PassedCommit(commit, is_same=True) in passed:
            self._overtaken.carry(commit, waiting)
            return self._history.change(commit, RevisionState.CARRIED)
        return [
            action
            for overtaken in sorted(self._overtaken.add(resolver, waiting))
            for action in self._history.change(overtaken, RevisionState.SUPERSEDED)
        ]

    def _pass(
        self,
        passed: PassedCommit,
        head: Revision,
        contexts: Iterable[Context],
        now: float,
    ) -> list[Action]:
        """A commit that came together with the head was never in force."""
        if self._history.of(passed.commit) is not None:
            return []
        revision = Revision(head.ref, passed.commit)
        if not passed.is_same:
            text = _superseded_by(head)
            return [
                *self._history.note(revision, RevisionState.SUPERSEDED, text, now=now),
                *(
                    PublishCommitStatus(passed.commit, context, CommitState.ERROR, text)
                    for context in contexts
                ),
            ]
        self._overtaken.carry(passed.commit, contexts)
        text = f"means the same as {head.short}"
        actions = self._history.note(revision, RevisionState.CARRIED, text, now=now)
        return actions + [
            PublishCommitStatus(
                passed.commit, context, CommitState.PENDING, WORKING_OUT
            )
            for context in contexts
        ]

    def _end_overtaken(self, fleet: Fleet) -> list[Action]:
        """Decide about overtaken commits, now that every agent was compared."""
        contexts = {
            f"{fleet.status_prefix}/{group}": group for group in self._groups(fleet)
        }
        ended = self._overtaken.superseded(contexts, fleet)
        text = _superseded_by(fleet.revision)
        return [
            PublishCommitStatus(commit, context, CommitState.ERROR, text)
            for commit, context in ended
        ]


_REFUSED = (CommitState.FAILURE, "refused")
"""Stands for whatever was told of a commit when it was refused."""


def _superseded_by(revision: Revision) -> str:
    return f"superseded by {revision.short}"
