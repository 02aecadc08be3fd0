"""What is true, what the forge was told, and which post is due when.

`outbox.py` drives it: `publish` takes the truth, `next` names the entry to send or the
time to wait, `begin` and the three outcomes keep the record. Pure; times are seconds.

- Of one (commit, context) only the newest truth is ever sent.
- Terminal truths go at once, the newest verdict first. Progress waits `DEBOUNCE` after
  the last post and leaves part of every budget for terminal truths.
- One context is posted at most 60 times an hour and slower with every hundred posts, so
  that one that flaps for days does not use up the forge's 1,000. All together make at
  most 300 posts an hour and 55 a minute, where GitHub allows some 500 and 80.
- After a failure everything waits: as long as the forge named, or twice as long as
  last time. Then the contexts that did not fail go first.
- A post that fails may still have arrived. So a context counts as untold from the
  moment its post begins until an answer says more; sending again is idempotent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.errors import Stalled, Waiting
from reconciler.ids import CommitSha, stable_fraction
from reconciler.report import pacing
from reconciler.report.answers import Exhausted
from reconciler.report.pacing import Bucket
from reconciler.state.actions import PublishCommitStatus
from reconciler.state.conditions import CommitState
from reconciler.state.records import StatusRecord

DEBOUNCE = 10.0
FORGE_BURST, FORGE_PERIOD = 50, 14.4
FORGE_SPARE = 10
CONTEXT_BURST, CONTEXT_PERIOD = 5, 66.0
CONTEXT_SPARE = 2
SLOWER_EVERY = 100
SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
TICK = 0.001
"""Sooner than this is now: a timer may wake a little early."""


@dataclass(slots=True)
class Entry:
    """One (commit, context).

    Attributes:
        posts: Made by this process.
        sent_at: When the last of them began.
        failed_at: When one failed last; 0 if the last one did not.
        exhausted: The forge takes no more for it.
    """

    record: StatusRecord
    bucket: Bucket
    posts: int = 0
    sent_at: float | None = None
    failed_at: float = 0.0
    exhausted: bool = False

    @property
    def is_due(self) -> bool:
        """The forge was not told the truth and would take it; folders have no forge."""
        told = self.record.posted_state, self.record.posted_description
        return (
            told != (self.record.state, self.record.description)
            and self.record.error is None
            and not self.record.commit.startswith("folder:")
        )

    def wait(self, now: float) -> float:
        """Seconds until this may be sent, as far as the context goes."""
        if self.record.state.is_terminal:
            return self.bucket.wait(1, now)
        spared = self.bucket.wait(1 + CONTEXT_SPARE, now)
        if self.sent_at is None:
            return spared
        return max(spared, self.sent_at + DEBOUNCE - now)


@dataclass(frozen=True, slots=True)
class Post:
    """One status on its way.

    Attributes:
        told: What the forge had surely been told before.
    """

    entry: Entry
    state: CommitState
    description: str
    told: tuple[CommitState | None, str | None]

    def newest(self) -> "Post":
        """The same with the truth of this moment, if it changed since it began."""
        record = self.entry.record
        return replace(self, state=record.state, description=record.description)


class Ledger:
    """Every (commit, context) ever published, and the pace of the whole."""

    def __init__(self, records: Iterable[StatusRecord], now: float) -> None:
        self._entries: dict[CommitSha, dict[str, Entry]] = {}
        self._due: dict[tuple[CommitSha, str], Entry] = {}
        self._bucket = pacing.full(FORGE_BURST, FORGE_PERIOD, now)
        self._pause = 0.0
        self._paused_until = 0.0
        self._asked_until = 0.0
        for record in records:
            self._add(record, now)

    def records(self, commit: CommitSha) -> list[StatusRecord]:
        """What is kept of one commit, by context."""
        entries = self._entries.get(commit, {})
        return [entries[context].record for context in sorted(entries)]

    @property
    def undelivered(self) -> int:
        """How many entries the forge has yet to be told of."""
        return len(self._due)

    def publish(self, action: PublishCommitStatus, now: float) -> StatusRecord | None:
        """Take the newest truth; returns what to save, None when it is not new."""
        entry = self._entries.get(action.commit, {}).get(action.context)
        if entry is None:
            return self._add(_new(action, now), now).record
        record = entry.record
        if (record.state, record.description) == (action.state, action.description):
            return None
        # What the forge refused as it was may do now, if it says something else.
        reopened = action.state is not record.state and not entry.exhausted
        return self._keep(
            entry,
            replace(
                record,
                state=action.state,
                description=action.description,
                error=None if reopened else record.error,
                changed_at=now,
            ),
        )

    def next(self, now: float) -> Entry | float | None:
        """The entry to send now, or seconds until one is due; None when all is told."""
        waits = {key: self._wait(entry, now) for key, entry in self._due.items()}
        ready = [self._due[key] for key, wait in waits.items() if wait <= TICK]
        if ready:
            return max(ready, key=_urgency)
        return min(waits.values(), default=None)

    def parting(self, now: float) -> list[Entry]:
        """Terminal truths to try once more before the process ends, newest first.

        As many as the budget has left, and none if the forge asked to be left alone.
        """
        if now < self._asked_until:
            return []
        terminal = [one for one in self._due.values() if one.record.state.is_terminal]
        terminal.sort(key=_urgency, reverse=True)
        return terminal[: self._bucket.whole(now)]

    def begin(self, entry: Entry, now: float) -> Post:
        """An entry is about to be sent: from now on it counts as untold.

        Its record is to be saved before the post leaves. Else a crash between the two,
        and a truth that goes back to what the forge had been told before, would leave
        the forge with a lie that nobody knows of.
        """
        record = entry.record
        told = record.posted_state, record.posted_description
        entry.posts += 1
        entry.sent_at = now
        entry.bucket.period = CONTEXT_PERIOD * (1 + entry.posts // SLOWER_EVERY)
        entry.bucket.take(now)
        self._bucket.take(now)
        self._keep(entry, _told(record, None, None))
        return Post(entry, record.state, record.description, told)

    def taken(self, post: Post) -> StatusRecord:
        """The forge has it."""
        self._pause = post.entry.failed_at = 0.0
        record = post.entry.record
        return self._keep(post.entry, _told(record, post.state, post.description))

    def refused(self, post: Post, error: Stalled) -> StatusRecord:
        """The forge will not have it; what it was told before still stands."""
        post.entry.exhausted |= isinstance(error, Exhausted)
        record = replace(_told(post.entry.record, *post.told), error=str(error))
        if record.state is not post.state and not post.entry.exhausted:
            record = replace(record, error=None)
        return self._keep(post.entry, record)

    def postponed(self, post: Post, error: Waiting, now: float) -> None:
        """No telling whether it arrived: all wait, and this entry goes last."""
        entry, record = post.entry, post.entry.record
        fraction = stable_fraction(
            record.commit.encode(), record.context.encode(), b"%d" % entry.posts
        )
        named = error.retry_after or 0.0
        again = pacing.doubled(
            self._pause, shortest=SHORTEST_PAUSE, longest=LONGEST_PAUSE
        )
        self._pause = max(named, again)
        self._paused_until = now + pacing.jittered(self._pause, fraction)
        entry.failed_at = now
        self._asked_until = max(self._asked_until, now + named)

    def _wait(self, entry: Entry, now: float) -> float:
        spare = 0 if entry.record.state.is_terminal else FORGE_SPARE
        return max(
            self._paused_until - now,
            self._bucket.wait(1 + spare, now),
            entry.wait(now),
        )

    def _add(self, record: StatusRecord, now: float) -> Entry:
        entry = Entry(record, pacing.full(CONTEXT_BURST, CONTEXT_PERIOD, now))
        self._entries.setdefault(record.commit, {})[record.context] = entry
        self._keep(entry, record)
        return entry

    def _keep(self, entry: Entry, record: StatusRecord) -> StatusRecord:
        entry.record = record
        key = record.commit, record.context
        if entry.is_due:
            self._due[key] = entry
        else:
            self._due.pop(key, None)
        return record


def _new(action: PublishCommitStatus, now: float) -> StatusRecord:
    return StatusRecord(
        commit=action.commit,
        context=action.context,
        state=action.state,
        description=action.description,
        posted_state=None,
        posted_description=None,
        error=None,
        changed_at=now,
    )


def _told(
    record: StatusRecord, state: CommitState | None, description: str | None
) -> StatusRecord:
    return replace(record, posted_state=state, posted_description=description)


def _urgency(entry: Entry) -> tuple[bool, float, float]:
    record = entry.record
    return record.state.is_terminal, -entry.failed_at, record.changed_at
