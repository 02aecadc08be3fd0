"""The revisions that were seen, and what became of each.

Held by `revisions.py`, which says what commits are told about it.
"""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.ids import CommitSha, Generation, Revision
from reconciler.state.actions import Action, SaveRevision
from reconciler.state.records import RevisionRecord, RevisionState

KEPT = 200
"""Revisions that are remembered."""

NEVER_IN_FORCE = Generation(0)


class History:
    """One record a commit, in the order in which they were seen."""

    def __init__(self) -> None:
        self._records: dict[CommitSha, RevisionRecord] = {}

    def restore(self, records: Iterable[RevisionRecord]) -> None:
        """Take what was kept, in any order."""
        by_age = sorted(records, key=_age)
        self._records = {record.commit: record for record in by_age}

    @property
    def generation(self) -> Generation:
        """Of the newest revision that was put in force."""
        generations = (record.generation for record in self._records.values())
        return max(generations, default=NEVER_IN_FORCE)

    def newest_first(self) -> list[RevisionRecord]:
        """All records."""
        return sorted(self._records.values(), key=_age, reverse=True)

    def of(self, commit: CommitSha) -> RevisionRecord | None:
        """What is known of a commit."""
        return self._records.get(commit)

    def note(
        self,
        revision: Revision,
        state: RevisionState,
        message: str,
        *,
        now: float,
        generation: Generation = NEVER_IN_FORCE,
    ) -> list[Action]:
        """A revision was seen, as the newest; the oldest of too many are forgotten."""
        record = RevisionRecord(
            ref=revision.ref,
            commit=revision.commit,
            generation=generation,
            state=state,
            seen_at=now,
            message=message,
        )
        self._records.pop(revision.commit, None)
        self._records[revision.commit] = record
        while len(self._records) > KEPT:
            del self._records[next(iter(self._records))]
        return [SaveRevision(record)]

    def change(self, commit: CommitSha, state: RevisionState) -> list[Action]:
        """Something else became of a commit."""
        record = self._records.get(commit)
        if record is None or record.state is state:
            return []
        record = self._records[commit] = replace(record, state=state)
        return [SaveRevision(record)]


def _age(record: RevisionRecord) -> tuple[float, Generation]:
    # Commits that came together were seen at one time; the head was put in force.
    return record.seen_at, record.generation
