"""The store as the service sees it: load once, save without waiting.

`service.py` opens it, loads, then hands over actions. Nothing here blocks the event
loop: `save` only queues, one writer thread commits batches.
"""

from pathlib import Path
from typing import TypeAlias

from reconciler.fleet.snapshot import Snapshot
from reconciler.state.actions import (
    DropConfigs,
    ForgetAgent,
    SaveAgent,
    SaveConfig,
    SaveRevision,
)
from reconciler.state.records import StatusRecord, StoredState

Saving: TypeAlias = (
    SaveAgent | ForgetAgent | SaveConfig | DropConfigs | SaveRevision | StatusRecord
)


class Store:
    """One SQLite file; migrated to the newest schema when opened."""

    def __init__(self, path: Path) -> None:
        raise NotImplementedError

    def open(self) -> None:
        """Create or migrate the file and start the writer.

        Raises:
            SetupError: The folder cannot be written, or the file is no database of
                ours, is damaged, or is from a newer version; says how to go on.
        """
        raise NotImplementedError

    def load(self) -> StoredState:
        """Everything that was saved; what cannot be read any more is left out."""
        raise NotImplementedError

    def save(self, what: Saving) -> None:
        """Queue; the newest of one kind and key wins. Never blocks, never raises."""
        raise NotImplementedError

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Queue the snapshot in force, the one that a restart begins with."""
        raise NotImplementedError

    @property
    def failing_since(self) -> tuple[float, str] | None:
        """When and why writing fails (disk full); None when all is well.

        What could not be written stays queued, coalesced, and is tried again.
        """
        raise NotImplementedError

    def flush(self) -> None:
        """Block until everything queued was tried once."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what is queued, stop the writer, checkpoint."""
        raise NotImplementedError
