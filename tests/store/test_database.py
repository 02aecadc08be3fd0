import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from reconciler.errors import SetupError
from reconciler.state.actions import SaveAgent
from reconciler.store.database import Database
from tests.store import examples


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    database = Database(path)
    database.open()
    database.write([SaveAgent(examples.AGENT)])
    modes = {
        entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()
    }
    database.close()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {"state.db", "state.db-wal", "state.db-shm", "state.db.lock"} == set(modes)
    assert set(modes.values()) == {0o600}


def test_closing_leaves_one_complete_file(path: Path) -> None:
    database = Database(path)
    database.open()
    database.write([SaveAgent(examples.AGENT)])
    database.close()
    names = {entry.name for entry in path.parent.iterdir()}
    assert names == {"state.db", "state.db.lock"}


def test_a_folder_that_cannot_be_made_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SetupError, match="/data: File exists") as error:
        Database(tmp_path / "data" / "state.db").open()
    assert "--data-dir" in (error.value.hint or "")


def test_a_folder_in_the_place_of_the_file_is_a_setup_error(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(SetupError, match=r"state\.db: Is a directory"):
        Database(path).open()


def test_a_database_that_is_refused_is_not_kept_locked(path: Path) -> None:
    path.parent.mkdir()
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE bookmarks (url)")
    foreign.close()
    for _ in range(2):
        with pytest.raises(SetupError, match="another program"):
            Database(path).open()


def test_after_an_error_the_next_batch_takes_a_new_connection(path: Path) -> None:
    database = Database(path)
    database.open()
    log = path.with_name("state.db-wal")

    def rename(old: str, new: str) -> None:
        other = sqlite3.connect(path)
        other.execute(f"ALTER TABLE {old} RENAME TO {new}")
        other.close()

    rename("agents", "hidden")
    with pytest.raises(OperationalError):
        database.write([SaveAgent(examples.AGENT)])
    assert not log.exists()
    rename("hidden", "agents")
    database.write([SaveAgent(examples.AGENT)])
    assert log.exists()
    assert database.load().agents == (examples.AGENT,)
    database.close()


def test_a_file_damaged_while_it_was_open_is_a_setup_error(path: Path) -> None:
    database = Database(path)
    database.open()
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(SetupError, match="damaged"):
        database.load()
    database.close()
