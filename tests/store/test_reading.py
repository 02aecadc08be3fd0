from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from reconciler.state.actions import SaveAgent, SaveConfig, SaveRevision
from reconciler.store import changes, reading, schema, sqlite
from tests.store import examples

SNAPSHOT = examples.snapshot(a=b"one", b=b"two")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = sqlite.engine(tmp_path / "state.db")
    with engine.begin() as opened:
        schema.upgrade(opened)
        changes.write(
            opened,
            [
                SaveAgent(examples.agent(1)),
                SaveAgent(examples.agent(2)),
                SaveConfig(examples.CONFIG),
                SaveRevision(examples.REVISION),
                examples.STATUS,
                SNAPSHOT,
            ],
        )
        yield opened


@pytest.mark.parametrize(
    "damage",
    [
        "sync = 'Sunk'",
        "failures_json = 'null'",
        "offer_json = '{}'",
        "sequence_num = 'x'",
        "detail = CAST(x'c328' AS TEXT)",
        "group_name = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_damaged_agent_is_left_out_and_the_others_are_read(
    connection: Connection, damage: str
) -> None:
    first = f"uid = x'{1:032x}'"
    connection.exec_driver_sql(f"UPDATE agents SET {damage} WHERE {first}")  # noqa: S608 - words of this test
    with capture_logs() as logs:
        assert reading.load(connection).agents == (examples.agent(2),)
    assert [(entry["table"], entry["key"]) for entry in logs] == [
        ("agents", [examples.agent(1).uid.hex()])
    ]


def test_a_damaged_revision_or_status_is_left_out(connection: Connection) -> None:
    connection.exec_driver_sql("UPDATE revisions SET state = 'maybe'")
    connection.exec_driver_sql("UPDATE statuses SET state = 'green'")
    found = reading.load(connection)
    assert (found.revisions, found.statuses) == ((), ())
    assert found.configs == {examples.HASH: examples.CONFIG}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE config_entries SET body = x'7b7d'",
        "UPDATE config_entries SET content_type = CAST(x'ff' AS TEXT)",
        "DELETE FROM config_entries",
        "UPDATE configs SET documents_json = 'x'",
        "UPDATE configs SET checksum = x'00'",
    ],
)
def test_a_config_whose_bytes_changed_is_left_out(
    connection: Connection, damage: str
) -> None:
    connection.exec_driver_sql(damage)
    assert reading.load(connection).configs == {}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE blobs SET content = x'00' WHERE content = x'6f6e65'",
        "DELETE FROM snapshot_files WHERE path = 'a.yaml'",
        "UPDATE snapshot_files SET path = 'z.yaml' WHERE path = 'a.yaml'",
        "UPDATE snapshot_files SET path = CAST(x'ff' AS TEXT) WHERE path = 'a.yaml'",
        "UPDATE snapshots SET commit_sha = 'main'",
        "INSERT INTO refused_files VALUES ('x', 'symlink', '')",
    ],
)
def test_a_snapshot_is_read_as_a_whole_or_not_at_all(
    connection: Connection, damage: str
) -> None:
    connection.exec_driver_sql(damage)
    with capture_logs() as logs:
        found = reading.load(connection)
    assert found.snapshot is None
    assert len(found.agents) == 2
    assert [entry["table"] for entry in logs] == ["snapshots"]


def test_what_is_left_out_is_logged_without_its_content(
    connection: Connection,
) -> None:
    connection.exec_driver_sql("UPDATE config_entries SET body = 'password: canary'")
    connection.exec_driver_sql("UPDATE agents SET health_json = '[\"canary\"]'")
    with capture_logs() as logs:
        reading.load(connection)
    assert len(logs) == 3
    assert "canary" not in str(logs)
