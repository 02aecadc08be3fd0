"""Reads back everything that was saved; called by `store.py` once, at start.

What cannot be read is left out and logged with its key alone, never mended by a guess:
Git and the agents rebuild it. A snapshot is read as a whole or not at all, because a
fleet repo with a file missing would mean something else.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Table, select

from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.snapshot import RefusedFile, Snapshot, SourceFile
from reconciler.ids import CommitSha, Revision
from reconciler.state.records import StoredState
from reconciler.store import agent_rows, rows, tables
from reconciler.store.rows import UNREADABLE, Row

log = structlog.get_logger(__name__)

T = TypeVar("T")


def load(connection: Connection) -> StoredState:
    """All records, in the order of their keys."""
    return StoredState(
        snapshot=_snapshot(connection),
        agents=tuple(_records(connection, tables.AGENTS, agent_rows.record)),
        revisions=tuple(_records(connection, tables.REVISIONS, rows.revision_record)),
        configs={config.hash: config for config in _configs(connection)},
        statuses=tuple(_records(connection, tables.STATUSES, rows.status_record)),
    )


def _records(
    connection: Connection, table: Table, convert: Callable[[Row], T]
) -> Iterator[T]:
    for row in _rows(connection, table):
        try:
            yield convert(_readable(row))
        except UNREADABLE as error:
            _left_out(table, row, error)


def _configs(connection: Connection) -> Iterator[RenderedConfig]:
    entries: defaultdict[bytes, list[Row]] = defaultdict(list)
    for row in _rows(connection, tables.CONFIG_ENTRIES):
        entries[row["hash"]].append(row)

    def convert(row: Row) -> RenderedConfig:
        return rows.config(row, map(_readable, entries[row["hash"]]))

    return _records(connection, tables.CONFIGS, convert)


def _snapshot(connection: Connection) -> Snapshot | None:
    for row in _rows(connection, tables.SNAPSHOTS):
        try:
            return _whole_snapshot(connection, _readable(row))
        except UNREADABLE as error:
            _left_out(tables.SNAPSHOTS, row, error)
    return None


def _whole_snapshot(connection: Connection, row: Row) -> Snapshot:
    contents = {
        blob["blob"]: blob["content"] for blob in _rows(connection, tables.BLOBS)
    }
    files = map(_readable, _rows(connection, tables.SNAPSHOT_FILES))
    refused = map(_readable, _rows(connection, tables.REFUSED_FILES))
    snapshot = Snapshot(
        Revision(row["ref"], CommitSha(row["commit_sha"])),
        files={
            file["path"]: SourceFile(file["path"], file["blob"], contents[file["blob"]])
            for file in files
        },
        refused={entry["path"]: RefusedFile(**entry) for entry in refused},
    )
    rows.verify_snapshot(row, snapshot)
    return snapshot


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    for row in connection.execute(select(table).order_by(*table.primary_key)):
        yield row._asdict()


def _readable(row: Row) -> Row:
    """The row itself, if all its text is text.

    SQLite hands over damaged text with its odd bytes escaped (`sqlite.py`), so that
    one bad byte costs one row.
    """
    for value in row.values():
        if isinstance(value, str):
            value.encode()
    return row


def _left_out(table: Table, row: Row, error: Exception) -> None:
    key = [_printable(row[column.name]) for column in table.primary_key]
    log.warning(
        "left out a row that cannot be read",
        table=table.name,
        key=key,
        why=type(error).__name__,
    )


def _printable(key: Any) -> Any:
    return key.hex() if isinstance(key, bytes) else key
