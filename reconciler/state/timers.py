"""When to look at an agent again though nothing happened.

Held by `controller.py`. Setting a timer anew costs a heap entry; the entries it made
useless are passed over when they come up, or swept out when they are many.
"""

import heapq

from reconciler.ids import InstanceUid

WORTH_SWEEPING = 500
"""Useless entries that are put up with."""


class Timers:
    """At most one due time an agent."""

    def __init__(self) -> None:
        self._due: dict[InstanceUid, float] = {}
        self._heap: list[tuple[float, InstanceUid]] = []

    def set(self, uid: InstanceUid, due: float | None) -> None:
        """Replace the agent's timer; None takes it away."""
        if due is None:
            self._due.pop(uid, None)
        elif self._due.get(uid) != due:
            self._due[uid] = due
            heapq.heappush(self._heap, (due, uid))
            if len(self._heap) > WORTH_SWEEPING + 2 * len(self._due):
                self._sweep()

    def _sweep(self) -> None:
        self._heap = [(due, uid) for uid, due in self._due.items()]
        heapq.heapify(self._heap)

    def pop(self, now: float, *, most: int) -> list[InstanceUid]:
        """Take out up to `most` agents whose time has come."""
        ripe: list[InstanceUid] = []
        while self._heap and self._heap[0][0] <= now and len(ripe) < most:
            due, uid = heapq.heappop(self._heap)
            if self._due.get(uid) == due:
                del self._due[uid]
                ripe.append(uid)
        return ripe

    def is_due(self, now: float) -> bool:
        """Some entry has come up."""
        return bool(self._heap) and self._heap[0][0] <= now
