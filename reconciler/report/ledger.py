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
- A context that somebody else writes too (`claim.py`) is told once more, with a note.
  Then it is posted for a new state alone, not for new words, and after the first two
  of these every ten minutes at most.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reconciler.errors import Stalled, Waiting
from reconciler.ids import CommitSha, stable_fraction
from reconciler.report import pacing
from reconciler.report.answers import Exhausted
from reconciler.report.claim import Claim, Text
from reconciler.report.pacing import Bucket
from reconciler.report.shown import Listed
from reconciler.state import conditions
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
CONTESTED_BURST, CONTESTED_PERIOD = 2, 600.0
NOTE = "; another service writes this context"
WATCHED = 3
"""Commits that changed last, of which is asked what stands at the forge: the newest,
and those that share its fate."""

TICK = 0.001
"""Sooner than this is now: a timer may wake a little early."""


@dataclass(slots=True)
class Entry:
    """One (commit, context).

    Attributes:
        claim: Whether it is ours alone.
        rare: Spent on new states after the note, while it is not.
        posts: Made by this process.
        sent_at: When the last of them began.
        failed_at: When one failed last; 0 if the last one did not.
        exhausted: The forge takes no more for it.
    """

    record: StatusRecord
    bucket: Bucket
    claim: Claim
    rare: Bucket
    posts: int = 0
    sent_at: float | None = None
    failed_at: float = 0.0
    exhausted: bool = False

    @property
    def is_due(self) -> bool:
        """The forge was not told the truth and would take it; folders have no forge."""
        return (
            not self._is_told
            and self.record.error is None
            and not self.record.commit.startswith("folder:")
        )

    @property
    def description(self) -> str:
        """What the forge is to be told in words."""
        text = self.record.description
        return conditions.shorten(text, NOTE) if self.claim.other else text

    def wait(self, now: float) -> float:
        """Seconds until this may be sent, as far as the context goes."""
        spare = 0 if self.record.state.is_terminal else CONTEXT_SPARE
        wait = self.bucket.wait(1 + spare, now)
        if self.claim.noted:
            wait = max(wait, self.rare.wait(1, now))
        if self.record.state.is_terminal or self.sent_at is None:
            return wait
        return max(wait, self.sent_at + DEBOUNCE - now)

    @property
    def _is_told(self) -> bool:
        record = self.record
        if self.claim.noted:
            return record.posted_state is record.state
        told = record.posted_state, record.posted_description
        return told == (record.state, self.description)


@dataclass(frozen=True, slots=True)
class Post:
    """One status on its way.

    Attributes:
        noted: It says that somebody else writes the context.
        told: What the forge had surely been told before.
    """

    entry: Entry
    state: CommitState
    description: str
    noted: bool
    told: tuple[CommitState | None, str | None]


class Ledger:
    """Every (commit, context) ever published, and the pace of the whole."""

    def __init__(self, records: Iterable[StatusRecord], now: float) -> None:
        self._entries: dict[CommitSha, dict[str, Entry]] = {}
        self._due: dict[tuple[CommitSha, str], Entry] = {}
        self._bucket = pacing.full(FORGE_BURST, FORGE_PERIOD, now)
        self._pause = 0.0
        self._paused_until = 0.0
        self._asked_until = 0.0
        for record in sorted(records, key=lambda record: record.changed_at):
            self._add(record, now, judged=None)

    def records(self, commit: CommitSha) -> list[StatusRecord]:
        """What is kept of one commit, by context."""
        entries = self._entries.get(commit, {})
        return [entries[context].record for context in sorted(entries)]

    @property
    def watched(self) -> list[CommitSha]:
        """The commits that changed last, oldest first, as far as a forge has them."""
        commits = [each for each in self._entries if not each.startswith("folder:")]
        return commits[-WATCHED:]

    @property
    def contested(self) -> list[Entry]:
        """Entries of these commits that somebody else writes too."""
        return [
            entry
            for commit in self.watched
            for entry in self._entries[commit].values()
            if entry.claim.other
        ]

    @property
    def undelivered(self) -> int:
        """How many entries the forge has yet to be told of."""
        return len(self._due)

    def publish(self, action: PublishCommitStatus, now: float) -> StatusRecord | None:
        """Take the newest truth; returns what to save, None when it is not new."""
        entry = self._entries.get(action.commit, {}).get(action.context)
        if entry is None:
            return self._add(_new(action, now), now, judged=0).record
        record = entry.record
        if (record.state, record.description) == (action.state, action.description):
            return None
        self._put_last(action.commit)
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

    def must_rest(self, now: float) -> bool:
        """The forge asked to be left alone."""
        return now < self._asked_until

    def parting(self, now: float) -> list[Entry]:
        """Terminal truths to try once more before the process ends, newest first.

        As many as the budget has left, and none if the forge asked to be left alone.
        """
        if self.must_rest(now):
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
        post = Post(entry, record.state, record.description, noted=False, told=told)
        entry.posts += 1
        entry.sent_at = now
        slower = 1 + entry.posts // SLOWER_EVERY
        entry.bucket.period = CONTEXT_PERIOD * slower
        entry.rare.period = CONTESTED_PERIOD * slower
        entry.bucket.take(now)
        if entry.claim.noted:
            entry.rare.take(now)
        self._bucket.take(now)
        self._keep(entry, _told(record, None, None))
        return self.leaves(post, now)

    def leaves(self, post: Post, now: float) -> Post:
        """The post with the truth of the moment in which it is sent."""
        entry = post.entry
        state, description = entry.record.state, entry.description
        entry.claim.tries((state, description), now)
        noted = entry.claim.other is not None
        return replace(post, state=state, description=description, noted=noted)

    def taken(self, post: Post) -> StatusRecord:
        """The forge has it."""
        self._pause = post.entry.failed_at = 0.0
        post.entry.claim.noted = post.noted and post.entry.claim.other is not None
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

    def look(self, commit: CommitSha, listed: Listed, now: float) -> None:
        """Take what stands at the forge: is every context still ours alone?"""
        for context, shown in listed.items():
            entry = self._entries[commit][context]
            record, was = entry.record, entry.claim.other
            entry.claim.look(
                shown,
                told=_surely_told(record),
                truth=(record.state, record.description),
                now=now,
            )
            if was and not entry.claim.other:
                # What stands there may be theirs.
                record = _told(record, None, None)
            self._keep(entry, record)

    def _wait(self, entry: Entry, now: float) -> float:
        spare = 0 if entry.record.state.is_terminal else FORGE_SPARE
        return max(
            self._paused_until - now,
            self._bucket.wait(1 + spare, now),
            entry.wait(now),
        )

    def _add(self, record: StatusRecord, now: float, *, judged: int | None) -> Entry:
        bucket = pacing.full(CONTEXT_BURST, CONTEXT_PERIOD, now)
        rare = pacing.full(CONTESTED_BURST, CONTESTED_PERIOD, now)
        entry = Entry(record, bucket, Claim(judged), rare)
        entry.claim.tries((record.state, record.description), now)
        self._put_last(record.commit)
        self._entries[record.commit][record.context] = entry
        self._keep(entry, record)
        return entry

    def _put_last(self, commit: CommitSha) -> None:
        """Commits stand in the order in which they changed last."""
        self._entries[commit] = self._entries.pop(commit, {})

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


def _surely_told(record: StatusRecord) -> Text | None:
    state, description = record.posted_state, record.posted_description
    return None if state is None or description is None else (state, description)


def _urgency(entry: Entry) -> tuple[bool, float, float]:
    record = entry.record
    return record.state.is_terminal, -entry.failed_at, record.changed_at
