"""Whose a context is: what this service wrote to it, and whether somebody else does.

`ledger.py` keeps one `Claim` for each (commit, context) and shows it what stands at the
forge. Two services that write one context would overwrite each other for ever; so the
other is noticed, and this one writes rarely. Pure; times are seconds.

No false alarm comes before no alarm:

- A post whose answer was lost may have arrived, and late. So every text that was tried
  is our own, and what says the same as the truth does no harm, whoever wrote it.
- An earlier process is known by what it had surely told last: what is newer is not
  ours. Where nothing is sure, nothing is judged until this process has told something.
- Only what is newer than at the last look is judged, and only while every try since
  then is remembered.
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.report import exchange
from reconciler.report.shown import Shown
from reconciler.state.conditions import CommitState

PATIENCE = 1800.0
"""Seconds without a status of somebody else until a context is ours again; twice as
long after each time that this was wrong."""

LAG = 30.0
"""Seconds after which a forge surely lists what it took: it answers from copies."""

REMEMBERED = 200
"""Tries that are known as our own; a forge lists at most half as many."""

Text: TypeAlias = tuple[CommitState, str]
_Key: TypeAlias = tuple[CommitState | None, str]


@dataclass(slots=True)
class Claim:
    """One context of one commit.

    Attributes:
        judged: The status up to which all were judged; None while none can be.
        other: The newest of somebody else, while the context is not ours alone.
        noted: The forge was told of that.
    """

    judged: int | None
    other: Shown | None = None
    noted: bool = False
    _ours: deque[_Key] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _tries: int = 0
    _tried_at: float = 0.0
    _patience: float = PATIENCE
    _quiet_at: float = 0.0

    def tries(self, text: Text, now: float) -> None:
        """A post with this text leaves now, or may have left an earlier process."""
        self._tried_at = now
        key = _key(*text)
        if not self._ours or self._ours[-1] != key:
            self._ours.append(key)
            self._tries += 1

    def look(
        self, shown: Sequence[Shown], *, told: Text | None, truth: Text, now: float
    ) -> None:
        """Judge what stands in the context, as a list has it.

        Args:
            shown: Its statuses, in any order; the newest is among them.
            told: What the forge was surely told last.
            truth: What is true now.
            now: Seconds.
        """
        if self.judged is None or self._tries > REMEMBERED // 2:
            self.judged = self._last_known(shown, told, now)
        if self.judged is None or not shown:
            return
        ours = {*self._ours, _key(*truth)}
        others = [
            status
            for status in shown
            if status.id > self.judged and _key_of(status) not in ours
        ]
        self.judged = max(self.judged, _newest(shown).id)
        self._tries = 0
        if others:
            self._lose(_newest(others), now)
        elif now >= self._quiet_at:
            self._recover()

    def _last_known(
        self, shown: Sequence[Shown], told: Text | None, now: float
    ) -> int | None:
        """From where on to judge: what was told last, once it is surely listed.

        What has not come for long has left the list, and all there counts as history.
        """
        quiet = now - self._tried_at
        if told is None or not shown or quiet < LAG:
            return None
        last = [status for status in shown if _key_of(status) == _key(*told)]
        if not last and quiet < PATIENCE:
            return None
        return _newest(last or shown).id

    def _lose(self, other: Shown, now: float) -> None:
        self.other = other
        self._quiet_at = now + self._patience

    def _recover(self) -> None:
        if self.other is not None:
            self.other = None
            self.noted = False
            self._patience *= 2


def _newest(shown: Sequence[Shown]) -> Shown:
    return max(shown, key=lambda status: status.id)


def _key_of(status: Shown) -> _Key:
    return _key(status.state, status.description)


def _key(state: CommitState | None, description: str) -> _Key:
    """What two statuses are compared by: a forge may change what is no letter."""
    return state, re.sub("[^0-9A-Za-z]", "", exchange.one_line(description))
