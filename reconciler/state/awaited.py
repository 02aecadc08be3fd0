"""The agents that were connected when the last process ended, until they return.

Held by `revisions.py`: no commit changes colour because we restarted.
"""

from collections import Counter
from collections.abc import Mapping

from reconciler.ids import GroupName, InstanceUid

AWAIT = 90.0
"""Seconds that they are awaited for: clients back off up to 60 s."""


class Awaited:
    """Who is awaited, by group."""

    def __init__(self) -> None:
        self._agents: dict[InstanceUid, GroupName] = {}
        self._in: Counter[GroupName] = Counter()
        self._until = 0.0

    def restore(self, agents: Mapping[InstanceUid, GroupName], now: float) -> None:
        """Await these from now on."""
        self._agents = dict(agents)
        self._in = Counter(agents.values())
        self._until = now + AWAIT

    def heard(self, uid: InstanceUid) -> None:
        """One spoke, and enough to be judged by, or another speaks in its place."""
        if self._agents:
            group = self._agents.pop(uid, None)
            if group is not None:
                self._in[group] -= 1

    def lost(self, now: float) -> list[InstanceUid]:
        """Those that did not come in time; each once."""
        if not self._agents or now < self._until:
            return []
        lost = list(self._agents)
        self._agents.clear()
        self._in.clear()
        return lost

    def anybody(self, now: float) -> bool:
        """Somebody is awaited still."""
        return now < self._until and self._in.total() > 0

    def anybody_in(self, group: GroupName, now: float) -> bool:
        """Somebody of a group is awaited still."""
        return now < self._until and self._in[group] > 0
