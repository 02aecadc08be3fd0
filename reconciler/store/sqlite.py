"""Everything that is true of SQLite alone; the rest of the room speaks plain SQL.

Each commit is forced to the disk (`synchronous=FULL`): decisions have effects outside,
and a power cut that took back a quarantine would send the bad config again. NORMAL
would save nothing worth having, because the writer commits some ten times a second at
most, however many agents report.
"""

import fcntl
import os
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, NullPool, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from reconciler.errors import SetupError

APPLICATION_ID = int.from_bytes(b"opR1")
"""Marks the file as ours; kept by SQLite in the header of the file."""

BUSY_SECONDS = 5.0
"""How long to wait for another process that reads or copies the file."""

WAL_BYTES = 64 << 20
"""What the write-ahead log is cut back to after a burst."""

ON_CONNECT = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA journal_size_limit = {WAL_BYTES}",
)

_WORDS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_PERM": "it may not be opened",
    "SQLITE_CANTOPEN": "it cannot be opened",
    "SQLITE_BUSY": "another process keeps it locked",
    "SQLITE_LOCKED": "another connection keeps it locked",
    "SQLITE_IOERR": "the disk does not read or write",
    "SQLITE_CORRUPT": "it is damaged",
    "SQLITE_NOTADB": "it is no SQLite database",
}
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR"})
"""The last is what statements meet whose tables are no longer as they were made."""

FILE_FAULTS = (SQLAlchemyError, OSError, UnicodeDecodeError)
"""What a file that cannot be used raises; the last is of Python's sqlite3, which cannot
read SQLite's message when that quotes damaged bytes.
"""


def engine(path: Path) -> Engine:
    """Connections to one file, each transaction the only one that writes."""
    made = sqlalchemy.create_engine(
        sqlalchemy.URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        hide_parameters=True,  # errors are logged, and rows hold configs
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(made, "connect", _connected)
    event.listen(made, "begin", _begin)
    return made


def _connected(connection: Any, _record: object) -> None:
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        for pragma in ON_CONNECT:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise


def _begin(connection: Connection) -> None:
    # Explicitly, as Python's sqlite3 begins by itself before an INSERT but not before
    # a CREATE TABLE, and a migration that breaks off must leave nothing behind.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class FileLock:
    """Keeps a second process away; gone with the process, however that ends.

    On a file beside the database, as SQLite's own locks on the database would be lost
    when anything else in this process closed it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            SetupError: Another process has it.
            OSError: The folder cannot be written.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise SetupError(
                f"another process uses the store in {self._path.parent}",
                hint="Stop it, or give this one another --data-dir.",
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; does nothing without it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def check(connection: Connection, path: Path) -> None:
    """Refuse a file that is damaged or that another program wrote.

    Raises:
        SetupError: It must be moved away, and says so.
    """
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise damaged(path)
    tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
    if tables.scalar_one() and _application_id(connection) != APPLICATION_ID:
        raise SetupError(
            f"{path} is a database of another program",
            hint="Give another --data-dir, or move the file away.",
        )


def mark(connection: Connection) -> None:
    """Make the file known as ours."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def _application_id(connection: Connection) -> int:
    found: int = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    return found


def words(error: Exception) -> str:
    """Why the file cannot be used, in half a sentence without any of its content."""
    meaning = _WORDS.get(_primary(error))
    name = _code(error)
    return f"{meaning} ({name})" if meaning else name or type(error).__name__


def setup_error(path: Path, error: Exception) -> SetupError:
    """What a person should do about an error at start."""
    if isinstance(error, OSError):
        return SetupError(
            f"the store cannot be used: {error.filename}: {error.strerror}",
            hint="Give --data-dir a folder that this user may write.",
        )
    if isinstance(error, UnicodeDecodeError) or _primary(error) in _DAMAGED:
        return damaged(path)
    return SetupError(
        f"the store {path} cannot be used: {words(error)}",
        hint="Free the disk or mend the rights of the folder, then start again.",
    )


def damaged(path: Path) -> SetupError:
    """The advice for a file that nobody should trust any more."""
    return SetupError(
        f"the store {path} is damaged",
        hint=(
            f"Move it away together with {path.name}-wal and {path.name}-shm, and start"
            " again. Nothing is lost: Git and the agents' own reports rebuild it, and"
            " no agent gets a config it already runs."
        ),
    )


def _primary(error: Exception) -> str:
    """The code without its detail: SQLITE_IOERR of SQLITE_IOERR_WRITE."""
    return "_".join(_code(error).split("_")[:2])


def _code(error: Exception) -> str:
    """SQLite's name for an error, such as SQLITE_IOERR_WRITE; empty for others."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    found: str = getattr(cause, "sqlite_errorname", "")
    return found
