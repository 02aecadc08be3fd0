import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from reconciler.errors import SetupError
from reconciler.store import sqlite


def test_every_connection_is_durable_and_holds_foreign_keys(tmp_path: Path) -> None:
    with sqlite.engine(tmp_path / "state.db").connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_tables_made_in_a_transaction_that_fails_are_not_there(tmp_path: Path) -> None:
    engine = sqlite.engine(tmp_path / "state.db")

    def create_twice() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE a (b)")
            connection.exec_driver_sql("CREATE TABLE a (b)")

    with pytest.raises(OperationalError):
        create_twice()
    with engine.begin() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
        assert found.scalar_one() == 0


def test_a_second_lock_on_one_file_is_refused_until_the_first_is_released(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    first, second = sqlite.FileLock(path), sqlite.FileLock(path)
    first.acquire()
    with pytest.raises(SetupError, match="another process") as refused:
        second.acquire()
    assert "--data-dir" in (refused.value.hint or "")
    first.release()
    second.acquire()
    second.release()
    second.release()


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite.engine(path).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE bookmarks (url)")
        with pytest.raises(SetupError, match="another program"):
            sqlite.check(connection, path)


def test_an_empty_file_and_a_marked_one_are_ours(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with sqlite.engine(path).begin() as connection:
        sqlite.check(connection, path)
        connection.exec_driver_sql("CREATE TABLE agents (uid)")
        sqlite.mark(connection)
        sqlite.check(connection, path)


def failed(code: str) -> OperationalError:
    cause = sqlite3.OperationalError("SELECT secret FROM somewhere")
    cause.sqlite_errorname = code
    return OperationalError("SELECT secret", {}, cause)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SQLITE_FULL", "the disk is full (SQLITE_FULL)"),
        ("SQLITE_READONLY_DBMOVED", "it is read-only (SQLITE_READONLY_DBMOVED)"),
        ("SQLITE_BUSY", "another process keeps it locked (SQLITE_BUSY)"),
        ("SQLITE_IOERR_FSYNC", "the disk does not read or write (SQLITE_IOERR_FSYNC)"),
        ("SQLITE_NOLFS", "SQLITE_NOLFS"),
    ],
)
def test_errors_are_told_in_words_without_the_statement(code: str, words: str) -> None:
    assert sqlite.words(failed(code)) == words


def test_an_error_that_is_not_of_sqlite_is_told_by_its_type() -> None:
    assert sqlite.words(PermissionError("/secret")) == "PermissionError"


@pytest.mark.parametrize(
    "code", ["SQLITE_NOTADB", "SQLITE_CORRUPT_INDEX", "SQLITE_ERROR"]
)
def test_a_damaged_file_is_to_be_moved_away(code: str) -> None:
    error = sqlite.setup_error(Path("/data/state.db"), failed(code))
    assert str(error) == "the store /data/state.db is damaged"
    assert "state.db-wal" in (error.hint or "")
    assert "Nothing is lost" in (error.hint or "")


def test_other_errors_at_start_say_what_to_mend() -> None:
    error = sqlite.setup_error(Path("/data/state.db"), failed("SQLITE_FULL"))
    assert "the disk is full" in str(error)
    assert error.hint
