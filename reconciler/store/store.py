"""The store as the service sees it: load once, save without waiting.

`service.py` opens it, loads, then hands over actions. Nothing here blocks the event
loop: `save` only queues, one writer thread commits batches of about 100 ms, each
forced to the disk (`sqlite.py` says why). A batch holds everything queued so far, so
that a kill at any moment leaves a state that once was true as a whole.
"""

from pathlib import Path
from typing import TypeAlias

import structlog

from reconciler.fleet.snapshot import Snapshot
from reconciler.state.actions import (
    DropConfigs,
    ForgetAgent,
    SaveAgent,
    SaveConfig,
    SaveRevision,
)
from reconciler.state.records import StatusRecord, StoredState
from reconciler.store.changes import DropConfig
from reconciler.store.database import Database
from reconciler.store.writer import Writer

log = structlog.get_logger(__name__)

Saving: TypeAlias = (
    SaveAgent | ForgetAgent | SaveConfig | DropConfigs | SaveRevision | StatusRecord
)


class Store:
    """One SQLite file; migrated to the newest schema when opened."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._writer = Writer(self._database.write)

    def open(self) -> None:
        """Create or migrate the file and start the writer.

        Raises:
            SetupError: The folder cannot be written, another process uses the file,
                or it is no database of ours, is damaged, or is from a newer version;
                says how to go on.
        """
        self._database.open()
        self._writer.start()

    def load(self) -> StoredState:
        """Everything that was saved; what cannot be read any more is left out.

        Raises:
            SetupError: The file was damaged since it was opened.
        """
        return self._database.load()

    def save(self, what: Saving) -> None:
        """Queue; the newest of one kind and key wins. Never blocks, never raises."""
        match what:
            case DropConfigs(hashes):
                self._writer.put(*map(DropConfig, hashes))
            case _:
                self._writer.put(what)

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Queue the snapshot in force, the one that a restart begins with."""
        self._writer.put(snapshot)

    @property
    def failing_since(self) -> tuple[float, str] | None:
        """When and why writing fails (disk full); None when all is well.

        What could not be written stays queued, coalesced, and is tried again. Seconds
        since the epoch.
        """
        return self._writer.failing_since

    def flush(self) -> None:
        """Block until everything queued was tried once."""
        self._writer.flush()

    def close(self) -> None:
        """Write what is queued, stop the writer, checkpoint."""
        lost = self._writer.stop()
        if lost:
            log.error("stopped with changes that could not be stored", changes=lost)
        self._database.close()
