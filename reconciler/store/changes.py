"""What can be saved, by which key it is coalesced, and the statements that write it.

`store.py` turns what it is handed into changes, `writer.py` queues them by `key_of`,
and `write` puts a batch into one transaction. Plain SQL that every database takes:
a row is replaced by deleting and inserting it.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import structlog
from sqlalchemy import Connection, Table, bindparam, delete, insert, select
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import ConfigHash
from reconciler.state.actions import ForgetAgent, SaveAgent, SaveConfig, SaveRevision
from reconciler.state.records import StatusRecord
from reconciler.store import agent_rows, rows, tables
from reconciler.store.rows import Row

log = structlog.get_logger(__name__)

CHANGE_FAULTS = (
    *rows.UNREADABLE,
    OverflowError,
    IntegrityError,
    DataError,
    InterfaceError,
    ProgrammingError,
)
"""Errors that lie in a change and not in the disk: trying again would never help."""


@dataclass(frozen=True, slots=True)
class DropConfig:
    """One hash of a `DropConfigs`, so that it is coalesced with its `SaveConfig`."""

    hash: ConfigHash


Change: TypeAlias = (
    SaveAgent
    | ForgetAgent
    | SaveConfig
    | DropConfig
    | SaveRevision
    | StatusRecord
    | Snapshot
)


def key_of(change: Change) -> Hashable:
    """What the change is about: of two with one key only the newer one is written."""
    match change:
        case SaveAgent(record):
            return "agent", record.uid
        case ForgetAgent(uid):
            return "agent", uid
        case SaveConfig(config):
            return "config", config.hash
        case DropConfig(digest):
            return "config", digest
        case SaveRevision(record):
            return "revision", record.ref, record.commit
        case StatusRecord():
            return "status", change.commit, change.context
        case Snapshot():
            return "snapshot"


def write(connection: Connection, changes: Collection[Change]) -> None:
    """Write a batch inside the transaction of the caller.

    A change that no database would take is left out and logged; without that, one
    would keep everything after it from being written for ever.

    Raises:
        sqlalchemy.exc.DBAPIError: The disk is full, or whatever else may pass.
    """
    try:
        with connection.begin_nested():
            _write(connection, changes)
    except CHANGE_FAULTS:
        for change in changes:
            _write_alone(connection, change)


def _write_alone(connection: Connection, change: Change) -> None:
    try:
        with connection.begin_nested():
            _write(connection, [change])
    except CHANGE_FAULTS:
        log.exception("left out what cannot be stored", what=type(change).__name__)


def _write(connection: Connection, changes: Collection[Change]) -> None:
    gone: defaultdict[Table, list[Row]] = defaultdict(list)
    saved: defaultdict[Table, list[Row]] = defaultdict(list)
    entries: list[Row] = []
    for change in changes:
        match change:
            case Snapshot():
                _write_snapshot(connection, change)
            case ForgetAgent(uid):
                gone[tables.AGENTS].append({"uid": uid})
            case DropConfig(digest):
                gone[tables.CONFIGS].append({"hash": digest})
            case SaveConfig(config):
                saved[tables.CONFIGS].append(rows.config_row(config))
                entries += rows.entry_rows(config)
            case _:
                table, row = _row(change)
                saved[table].append(row)
    for table, keys in gone.items():
        _delete(connection, table, keys)
    for table, new in saved.items():
        _replace(connection, table, new)
    _insert(connection, tables.CONFIG_ENTRIES, entries)


def _row(change: SaveAgent | SaveRevision | StatusRecord) -> tuple[Table, Row]:
    match change:
        case SaveAgent(record):
            return tables.AGENTS, agent_rows.row(record)
        case SaveRevision(record):
            return tables.REVISIONS, rows.revision_row(record)
        case StatusRecord():
            return tables.STATUSES, rows.status_row(change)


def _write_snapshot(connection: Connection, snapshot: Snapshot) -> None:
    """Put it in the place of the one before; content both have is not written again."""
    for table in (tables.SNAPSHOT_FILES, tables.REFUSED_FILES, tables.SNAPSHOTS):
        connection.execute(delete(table))
    _write_blobs(connection, snapshot)
    files = [{"path": f.path, "blob": f.blob} for f in snapshot.files.values()]
    refused = [
        {"path": entry.path, "reason": entry.reason, "hint": entry.hint}
        for entry in snapshot.refused.values()
    ]
    _insert(connection, tables.SNAPSHOT_FILES, files)
    _insert(connection, tables.REFUSED_FILES, refused)
    _insert(connection, tables.SNAPSHOTS, [rows.snapshot_row(snapshot)])


def _write_blobs(connection: Connection, snapshot: Snapshot) -> None:
    wanted = {file.blob: file.content for file in snapshot.files.values()}
    found = connection.execute(select(tables.BLOBS))
    stored = {row.blob: row.content for row in found}
    # Compared, not only looked up: so a damaged blob is mended by the next snapshot.
    new = [
        {"blob": blob, "content": content}
        for blob, content in wanted.items()
        if stored.get(blob) != content
    ]
    old = [{"blob": blob} for blob in stored if blob not in wanted]
    _delete(connection, tables.BLOBS, old)
    _replace(connection, tables.BLOBS, new)


def _replace(connection: Connection, table: Table, new: Sequence[Row]) -> None:
    keys = [column.name for column in table.primary_key]
    _delete(connection, table, [{key: row[key] for key in keys} for row in new])
    _insert(connection, table, new)


def _delete(connection: Connection, table: Table, keys: Sequence[Row]) -> None:
    if keys:
        found = [column == bindparam(column.name) for column in table.primary_key]
        connection.execute(delete(table).where(*found), keys)


def _insert(connection: Connection, table: Table, new: Sequence[Row]) -> None:
    if new:
        connection.execute(insert(table), new)
