import logging
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import autogenerate, command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect

from reconciler.errors import SetupError
from reconciler.store import schema, sqlite, tables

ROOT = Path(__file__).parents[2]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with sqlite.engine(tmp_path / "state.db").begin() as opened:
        yield opened


def test_the_migrated_schema_is_that_of_the_tables(connection: Connection) -> None:
    schema.upgrade(connection)
    options = {"compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    assert autogenerate.compare_metadata(context, tables.METADATA) == []
    found = inspect(connection)
    for table in tables.METADATA.sorted_tables:
        keys = found.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key]
        assert {
            column["name"]: column["nullable"]
            for column in found.get_columns(table.name)
        } == {column.name: column.nullable for column in table.columns}


def test_upgrading_twice_changes_nothing(connection: Connection) -> None:
    schema.upgrade(connection)
    before = connection.exec_driver_sql("SELECT sql FROM sqlite_schema").fetchall()
    schema.upgrade(connection)
    after = connection.exec_driver_sql("SELECT sql FROM sqlite_schema").fetchall()
    assert before == after


def test_agents_of_the_first_version_are_away_since_their_last_message(
    connection: Connection,
) -> None:
    config = Config()
    config.set_main_option("script_location", schema.LOCATION)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    for uid, connected in ((b"a" * 16, 1), (b"b" * 16, 0)):
        connection.exec_driver_sql(
            "INSERT INTO agents (uid, transport, sequence_num, capabilities,"
            " description_json, components_hash, settings_hash, group_name, sync,"
            " reason, detail, since, last_seen, connected, failures_json)"
            " VALUES (?, 'http', 1, 2, '{}', x'', x'', 'edge', 'Synced', 'Running',"
            " '', 1.0, 2.5, ?, '[]')",
            (uid, connected),
        )
    schema.upgrade(connection)
    rows = connection.exec_driver_sql(
        "SELECT disconnected_at, first_heard, forgotten FROM agents ORDER BY uid"
    ).fetchall()
    assert [tuple(row) for row in rows] == [(None, 0.0, 0), (2.5, 0.0, 0)]


def test_a_schema_of_a_newer_version_is_refused(connection: Connection) -> None:
    schema.upgrade(connection)
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SetupError, match="9999, which a newer version wrote") as error:
        schema.upgrade(connection)
    assert error.value.hint


def test_a_migration_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = sqlite.engine(tmp_path / "state.db")

    def break_off() -> None:
        with engine.begin() as connection:
            schema.upgrade(connection)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        break_off()
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        schema.upgrade(connection)


def test_migrating_leaves_the_logging_of_the_program_alone(
    connection: Connection,
) -> None:
    ours, root = logging.getLogger("reconciler.store"), logging.getLogger()
    before = root.level, list(root.handlers), ours.disabled, ours.level
    schema.upgrade(connection)
    assert (root.level, list(root.handlers), ours.disabled, ours.level) == before


def test_migrating_prints_nothing(
    connection: Connection, capfd: pytest.CaptureFixture[str]
) -> None:
    schema.upgrade(connection)
    assert capfd.readouterr() == ("", "")


def test_the_migrations_run_from_a_built_wheel(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    script = (
        "import pathlib, reconciler.store.store as s; print(s.__file__);"
        "store = s.Store(pathlib.Path('state.db')); store.open(); store.close()"
    )
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert str(tmp_path / "installed") in found.stdout
    assert (tmp_path / "state.db").stat().st_size > 0
