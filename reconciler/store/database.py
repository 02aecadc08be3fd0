"""One SQLite file: opened, migrated, read at start, written by the writer thread.

Used by `store.py` alone. Between two batches the writer's connection stays open; after
an error it is closed and the next batch opens another, so that a disk that came back
is noticed.
"""

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.state.records import StoredState
from reconciler.store import changes, reading, schema, sqlite
from reconciler.store.changes import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Database:
    """The file and its lock; `open` before anything else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = sqlite.engine(path)
        self._lock = sqlite.FileLock(path)
        self._writing: Connection | None = None

    def open(self) -> None:
        """Lock, create or migrate the file.

        Raises:
            SetupError: As `Store.open`.
        """
        try:
            self._create_file()
            self._lock.acquire()
            self._migrate()
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite.FILE_FAULTS):
                raise sqlite.setup_error(self._path, error) from error
            raise

    def load(self) -> StoredState:
        """Everything that was saved.

        Raises:
            SetupError: The file was damaged since it was opened.
        """
        try:
            with self._engine.begin() as connection:
                return reading.load(connection)
        except sqlite.FILE_FAULTS as error:
            raise sqlite.setup_error(self._path, error) from error

    def write(self, batch: Collection[Change]) -> None:
        """Commit a batch as one transaction; only ever called by one thread.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: Nothing of it was written.
        """
        connection = self._writing = self._writing or self._engine.connect()
        try:
            with connection.begin():
                changes.write(connection, batch)
        except BaseException:
            self._stop_writing()
            raise

    def close(self) -> None:
        """Close the file, which makes SQLite clear its write-ahead log; unlock it."""
        self._stop_writing()
        self._engine.dispose()
        self._lock.release()

    def _create_file(self) -> None:
        """Configs may hold credentials: the file is its owner's alone."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def _migrate(self) -> None:
        with self._engine.begin() as connection:
            sqlite.check(connection, self._path)
            schema.upgrade(connection)
            sqlite.mark(connection)

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.close()
            self._writing = None
