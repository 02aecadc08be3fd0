"""Between agent records and rows of table `agents`.

`changes.py` asks for rows, `reading.py` for records. Nested parts are JSON with the
field names of the records and byte strings in hex; a test keeps a row of old to notice
when a renamed field would make stored agents unreadable. Pure.
"""

from typing import Any

import orjson

from reconciler.ids import ConfigHash, GroupName, InstanceUid
from reconciler.state.agent import Doubt, Failure, Offer, OfferKind, Reason, Sync
from reconciler.state.observed import (
    AgentDescription,
    Capability,
    ConfigStatus,
    Health,
    RemoteConfigStatus,
    Transport,
)
from reconciler.state.records import AgentRecord
from reconciler.store.rows import Row


def row(record: AgentRecord) -> Row:
    """The row of an agent."""
    return {
        "uid": record.uid,
        "transport": record.transport.value,
        "sequence_num": _signed(record.sequence_num),
        "capabilities": _signed(record.capabilities),
        "description_json": _dump(record.description),
        "health_json": _dump(record.health),
        "remote_config_status_json": _dump(record.remote_config_status),
        "components_hash": record.components_hash,
        "settings_hash": record.settings_hash,
        "group_name": record.group,
        "sync": record.sync.value,
        "reason": record.reason.value,
        "detail": record.detail,
        "since": record.since,
        "last_seen": record.last_seen,
        "desired": record.desired,
        "offer_json": _dump(record.offer),
        "good": record.good,
        "failures_json": _dump(record.failures),
        "moved_from_json": orjson.dumps(sorted(record.moved_from)).decode(),
        "has_run_ours": record.has_run_ours,
        "doubt_json": _dump(record.doubt),
        "first_heard": record.first_heard,
        "disconnected_at": record.disconnected_at,
        "poll_interval": record.interval,
        "is_clone": record.is_clone,
        "forgotten": record.forgotten,
    }


def record(row: Row) -> AgentRecord:
    """The agent of a row.

    Raises:
        UNREADABLE: The row is not one that `row` made.
    """
    return AgentRecord(
        uid=InstanceUid(row["uid"]),
        transport=Transport(row["transport"]),
        sequence_num=_unsigned(row["sequence_num"]),
        capabilities=Capability(_unsigned(row["capabilities"])),
        description=AgentDescription(**orjson.loads(row["description_json"])),
        health=_health(row["health_json"]),
        remote_config_status=_status(row["remote_config_status_json"]),
        components_hash=row["components_hash"],
        settings_hash=row["settings_hash"],
        group=GroupName(row["group_name"]),
        sync=Sync(row["sync"]),
        reason=Reason(row["reason"]),
        detail=row["detail"],
        since=row["since"],
        last_seen=row["last_seen"],
        desired=row["desired"],
        offer=_offer(row["offer_json"]),
        good=row["good"],
        failures=tuple(map(_failure, orjson.loads(row["failures_json"]))),
        moved_from=frozenset(map(GroupName, orjson.loads(row["moved_from_json"]))),
        has_run_ours=row["has_run_ours"],
        doubt=_doubt(row["doubt_json"]),
        first_heard=row["first_heard"],
        disconnected_at=row["disconnected_at"],
        interval=row["poll_interval"],
        is_clone=row["is_clone"],
        forgotten=row["forgotten"],
    )


def _health(text: str | None) -> Health | None:
    return None if text is None else Health(**orjson.loads(text))


def _status(text: str | None) -> RemoteConfigStatus | None:
    if text is None:
        return None
    found = orjson.loads(text)
    return RemoteConfigStatus(
        _hash(found["hash"]), ConfigStatus(found["status"]), found["error"]
    )


def _offer(text: str | None) -> Offer | None:
    if text is None:
        return None
    found = orjson.loads(text)
    hash_, kind = _hash(found.pop("hash")), OfferKind(found.pop("kind"))
    return Offer(hash=hash_, kind=kind, **found)


def _doubt(text: str | None) -> Doubt | None:
    if text is None:
        return None
    found = orjson.loads(text)
    return Doubt(Sync(found["sync"]), Reason(found["reason"]), found["detail"])


def _failure(found: dict[str, Any]) -> Failure:
    return Failure(
        _hash(found["hash"]), Reason(found["reason"]), found["detail"], found["at"]
    )


def _hash(text: str) -> ConfigHash:
    return ConfigHash(bytes.fromhex(text))


def _dump(value: object) -> str | None:
    return None if value is None else orjson.dumps(value, default=bytes.hex).decode()


def _signed(number: int) -> int:
    """OpAMP counts in 64 bits without a sign, databases with one."""
    return int.from_bytes(number.to_bytes(8), signed=True)


def _unsigned(number: int) -> int:
    return int.from_bytes(number.to_bytes(8, signed=True))
