"""The writer thread: queues changes, writes them in batches, outlives a full disk.

`store.py` puts; one thread takes everything that is queued and writes it as one
transaction. So the file always holds the outcome of all changes up to some moment, and
never of a later one without an earlier. What could not be written goes back under what
came since: the queue is bounded by the number of things that exist, not by how long
the disk is full.
"""

import threading
import time
from collections.abc import Callable, Collection, Hashable

import structlog

from reconciler.store import changes, sqlite
from reconciler.store.changes import Change

log = structlog.get_logger(__name__)

LINGER = 0.1
"""Seconds a change waits for others, unless someone flushes."""

FIRST_RETRY = 0.25
LAST_RETRY = 5.0
"""Seconds between two tries: doubled from the first to the last."""

Write = Callable[[Collection[Change]], None]


class Writer:
    """A queue and its thread; `put` from any thread, never blocks for the disk."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._wake = threading.Condition()
        self._queued: dict[Hashable, Change] = {}
        self._due = 0.0
        self._flushes_asked = 0
        self._flushes_done = 0
        self._running = False
        self._stopping = False
        self._retry_in = 0.0
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self.failing_since: tuple[float, str] | None = None

    def start(self) -> None:
        """Start the thread."""
        self._running = True
        self._thread.start()

    def put(self, *new: Change) -> None:
        """Queue, in the place of an older change of the same key."""
        with self._wake:
            if not self._queued:
                self._due = time.monotonic() + max(LINGER, self._retry_in)
                self._wake.notify_all()
            for change in new:
                self._queued[changes.key_of(change)] = change

    def flush(self) -> None:
        """Block until everything that is queued now was tried once."""
        with self._wake:
            self._flushes_asked += 1
            mine = self._flushes_asked
            self._wake.notify_all()
            self._wake.wait_for(lambda: self._flushes_done >= mine or not self._running)

    def stop(self) -> int:
        """Try what is queued once more and end the thread; returns what is lost."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        return len(self._queued)

    def _run(self) -> None:
        last = False
        while not last:
            with self._wake:
                self._sleep()
                batch, self._queued = self._queued, {}
                asked, last = self._flushes_asked, self._stopping
            if batch:
                self._try(batch)
            with self._wake:
                self._flushes_done, self._running = asked, not last
                self._wake.notify_all()

    def _sleep(self) -> None:
        while not self._stopping and self._flushes_done == self._flushes_asked:
            left = self._due - time.monotonic() if self._queued else None
            if left is not None and left <= 0:
                return
            self._wake.wait(left)

    def _try(self, batch: dict[Hashable, Change]) -> None:
        try:
            self._write(batch.values())
        except Exception as error:  # noqa: BLE001 - a dead writer would lose everything
            self._failed(batch, error)
        else:
            self._succeeded()

    def _failed(self, batch: dict[Hashable, Change], error: Exception) -> None:
        why = sqlite.words(error)
        with self._wake:
            self._retry_in = min(LAST_RETRY, max(FIRST_RETRY, 2 * self._retry_in))
            self._due = time.monotonic() + self._retry_in
            self._queued = batch | self._queued
        if self.failing_since is None:
            log.error("nothing can be stored; trying on", why=why)
            self.failing_since = time.time(), why
        else:
            self.failing_since = self.failing_since[0], why

    def _succeeded(self) -> None:
        with self._wake:
            self._retry_in = 0.0
        if self.failing_since is not None:
            log.warning("storing works again")
            self.failing_since = None
