from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from structlog.testing import capture_logs

from reconciler.ids import ConfigHash
from reconciler.state.actions import ForgetAgent, SaveAgent, SaveConfig, SaveRevision
from reconciler.store import changes, reading, schema, sqlite, tables
from reconciler.store.changes import Change, DropConfig
from tests.store import examples


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = sqlite.engine(tmp_path / "state.db")
    with engine.begin() as opened:
        schema.upgrade(opened)
        yield opened


def count(connection: Connection, table: str) -> int:
    found = select(func.count()).select_from(tables.METADATA.tables[table])
    return connection.execute(found).scalar_one()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SaveAgent(examples.AGENT), ForgetAgent(examples.AGENT.uid)),
        (SaveConfig(examples.CONFIG), DropConfig(examples.HASH)),
        (
            SaveRevision(examples.REVISION),
            SaveRevision(replace(examples.REVISION, message="")),
        ),
        (examples.STATUS, replace(examples.STATUS, error="gone")),
        (examples.snapshot("a" * 40), examples.snapshot("b" * 40, x=b"")),
    ],
)
def test_changes_about_one_thing_share_a_key(one: Change, other: Change) -> None:
    assert changes.key_of(one) == changes.key_of(other)


def test_changes_about_different_things_never_share_a_key() -> None:
    all_different: list[Change] = [
        SaveAgent(examples.agent(1)),
        SaveAgent(examples.agent(2)),
        SaveConfig(examples.CONFIG),
        DropConfig(ConfigHash(examples.agent(1).uid)),
        SaveRevision(examples.REVISION),
        SaveRevision(replace(examples.REVISION, ref="next")),
        examples.STATUS,
        replace(examples.STATUS, context="fleet/nodes"),
        examples.snapshot(),
    ]
    assert len({changes.key_of(one) for one in all_different}) == len(all_different)


def test_a_batch_of_many_kinds_is_written_at_once(connection: Connection) -> None:
    changes.write(
        connection,
        [
            SaveAgent(examples.agent(1)),
            SaveAgent(examples.agent(2)),
            ForgetAgent(examples.agent(3).uid),
            SaveConfig(examples.CONFIG),
            DropConfig(examples.BAD_HASH),
            SaveRevision(examples.REVISION),
            examples.STATUS,
            examples.snapshot(a=b"same", b=b"same", c=b"other"),
        ],
    )
    counts = {name: count(connection, name) for name in tables.METADATA.tables}
    assert counts == {
        "agents": 2,
        "configs": 1,
        "config_entries": 1,
        "revisions": 1,
        "statuses": 1,
        "snapshots": 1,
        "snapshot_files": 3,
        "blobs": 2,
        "refused_files": 0,
    }


def test_entries_of_a_config_follow_it_when_it_is_replaced_or_dropped(
    connection: Connection,
) -> None:
    entry = examples.CONFIG.entries[""]
    two = replace(examples.CONFIG, entries={"a": entry, "b": entry})
    changes.write(connection, [SaveConfig(two)])
    changes.write(connection, [SaveConfig(examples.CONFIG)])
    assert count(connection, "config_entries") == 1
    changes.write(connection, [DropConfig(examples.HASH)])
    assert count(connection, "config_entries") == 0


def test_blobs_that_no_file_has_any_more_are_removed(connection: Connection) -> None:
    changes.write(connection, [examples.snapshot(a=b"1", b=b"2")])
    changes.write(connection, [examples.snapshot(b=b"2", c=b"3")])
    assert count(connection, "blobs") == 2


def test_a_damaged_blob_is_mended_by_the_next_snapshot(connection: Connection) -> None:
    snapshot = examples.snapshot(a=b"fine")
    changes.write(connection, [snapshot])
    connection.exec_driver_sql("UPDATE blobs SET content = x'00'")
    assert reading.load(connection).snapshot is None
    changes.write(connection, [snapshot])
    assert reading.load(connection).snapshot == snapshot


@pytest.mark.parametrize(
    "poison",
    [
        SaveAgent(examples.agent(1, detail="\ud800")),
        SaveAgent(examples.agent(1, since=float("nan"))),
        SaveAgent(examples.agent(1, sequence_num=2**64)),
        replace(examples.STATUS, context="\udcff"),
        examples.snapshot("\ud800"),
    ],
)
def test_one_change_that_no_database_takes_does_not_keep_the_others_out(
    connection: Connection, poison: Change
) -> None:
    good = SaveAgent(examples.agent(2)), examples.snapshot(a=b"kept")
    changes.write(connection, good)
    with capture_logs() as logs:
        changes.write(connection, [poison, SaveRevision(examples.REVISION)])
    found = reading.load(connection)
    assert found.agents == (good[0].record,)
    assert found.snapshot == good[1]
    assert found.revisions == (examples.REVISION,)
    assert [(entry["log_level"], entry["what"]) for entry in logs] == [
        ("error", type(poison).__name__)
    ]


def test_the_error_of_a_change_does_not_show_its_content(
    connection: Connection,
) -> None:
    poison = SaveAgent(examples.agent(1, since=float("nan"), detail="canary"))
    with pytest.raises(IntegrityError) as error:
        changes._write(connection, [poison])
    assert "canary" not in str(error.value)


def test_trouble_with_the_disk_is_left_to_the_caller(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE statuses")
    with pytest.raises(OperationalError):
        changes.write(connection, [examples.STATUS, SaveAgent(examples.AGENT)])
    assert count(connection, "agents") == 0
