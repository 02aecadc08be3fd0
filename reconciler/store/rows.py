"""Between records and rows, for everything but agents (`agent_rows.py`).

`changes.py` asks for rows, `reading.py` for records. Reading is strict: a row that does
not read back as it was written raises one of `UNREADABLE`, and bytes that would reach
an agent are held to a checksum. Pure.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import CommitSha, ConfigHash, Generation
from reconciler.state.conditions import CommitState
from reconciler.state.records import RevisionRecord, RevisionState, StatusRecord

Row: TypeAlias = Mapping[str, Any]

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""What a damaged row raises; errors of orjson and of Unicode are ValueErrors."""


def revision_row(record: RevisionRecord) -> Row:
    """The row of table `revisions`."""
    return {
        "ref": record.ref,
        "commit_sha": record.commit,
        "generation": record.generation,
        "state": record.state.value,
        "seen_at": record.seen_at,
        "message": record.message,
    }


def revision_record(row: Row) -> RevisionRecord:
    """The revision of a row; raises `UNREADABLE`."""
    return RevisionRecord(
        ref=row["ref"],
        commit=CommitSha(row["commit_sha"]),
        generation=Generation(row["generation"]),
        state=RevisionState(row["state"]),
        seen_at=row["seen_at"],
        message=row["message"],
    )


def status_row(record: StatusRecord) -> Row:
    """The row of table `statuses`."""
    posted = record.posted_state
    return {
        "commit_sha": record.commit,
        "context": record.context,
        "state": record.state.value,
        "description": record.description,
        "posted_state": None if posted is None else posted.value,
        "posted_description": record.posted_description,
        "error": record.error,
        "changed_at": record.changed_at,
    }


def status_record(row: Row) -> StatusRecord:
    """The commit status of a row; raises `UNREADABLE`."""
    posted = row["posted_state"]
    return StatusRecord(
        commit=CommitSha(row["commit_sha"]),
        context=row["context"],
        state=CommitState(row["state"]),
        description=row["description"],
        posted_state=None if posted is None else CommitState(posted),
        posted_description=row["posted_description"],
        error=row["error"],
        changed_at=row["changed_at"],
    )


def config_row(config: RenderedConfig) -> Row:
    """The row of table `configs`; its entries are rows of their own."""
    return {
        "hash": config.hash,
        "documents_json": orjson.dumps(config.documents).decode(),
        "checksum": _checksum(_config_parts(config)),
    }


def entry_rows(config: RenderedConfig) -> list[Row]:
    """The rows of table `config_entries`."""
    return [
        {
            "hash": config.hash,
            "name": name,
            "content_type": entry.content_type,
            "body": entry.body,
        }
        for name, entry in config.entries.items()
    ]


def config(row: Row, entries: Iterable[Row]) -> RenderedConfig:
    """The config as it was offered, without `nodes`: only a fleet can give those.

    Raises:
        UNREADABLE: The bytes are not those that were stored.
    """
    found = RenderedConfig(
        hash=ConfigHash(row["hash"]),
        entries={
            entry["name"]: ConfigEntry(entry["body"], entry["content_type"])
            for entry in entries
        },
        nodes={},
        documents=tuple(orjson.loads(row["documents_json"])),
    )
    _verify(row, _config_parts(found))
    return found


def snapshot_row(snapshot: Snapshot) -> Row:
    """The one row of table `snapshots`; its files are rows of their own."""
    return {
        "ref": snapshot.revision.ref,
        "commit_sha": snapshot.revision.commit,
        "checksum": _checksum(_snapshot_parts(snapshot)),
    }


def verify_snapshot(row: Row, snapshot: Snapshot) -> None:
    """Hold a snapshot that was read to the one that was stored, as a whole.

    Raises:
        UNREADABLE: A file is missing, added or changed.
    """
    _verify(row, _snapshot_parts(snapshot))


def _config_parts(config: RenderedConfig) -> Iterator[bytes]:
    yield config.hash
    for name in sorted(config.entries):
        entry = config.entries[name]
        yield from (name.encode(), entry.content_type.encode(), entry.body)


def _snapshot_parts(snapshot: Snapshot) -> Iterator[bytes]:
    yield from (snapshot.revision.ref.encode(), snapshot.revision.commit.encode())
    yield len(snapshot.files).to_bytes(8, "big")
    for path in sorted(snapshot.files):
        file = snapshot.files[path]
        yield from (path.encode(), file.blob.encode(), file.content)
    for path in sorted(snapshot.refused):
        refused = snapshot.refused[path]
        yield from (path.encode(), refused.reason.encode(), refused.hint.encode())


def _checksum(parts: Iterable[bytes]) -> bytes:
    state = hashlib.sha256()
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.digest()


def _verify(row: Row, parts: Iterable[bytes]) -> None:
    if row["checksum"] != _checksum(parts):
        raise ValueError("the checksum does not match")
