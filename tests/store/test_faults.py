"""What disks, processes and people do to the store, done for real."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import SetupError
from reconciler.state.actions import SaveAgent, SaveConfig
from reconciler.state.records import StoredState
from reconciler.store import sqlite, writer
from reconciler.store.store import Store
from tests.store import examples

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LAST_RETRY", 0.5)
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def child(script: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


SAVE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from reconciler.state.actions import SaveAgent
from reconciler.store.store import Store
from tests.store import examples

store = Store(Path(sys.argv[1]))
store.open()
for number in itertools.count():
    store.save(SaveAgent(examples.agent(number % 7, sequence_num=number)))
    if number % 97 == 0:
        store.flush()
        print(number, flush=True)
"""


@pytest.mark.parametrize("marks", [1, 2, 9, 30])
def test_a_kill_leaves_everything_up_to_some_moment_and_all_that_was_flushed(
    path: Path, marks: int
) -> None:
    with child(SAVE_FOR_EVER, path) as process:
        flushed = [int(line_of(process)) for _ in range(marks)][-1]
        os.kill(process.pid, signal.SIGKILL)

    store = Store(path)
    store.open()
    found = {agent.uid: agent.sequence_num for agent in store.load().agents}
    store.close()

    last = max(found.values())
    assert last >= flushed
    assert found == {
        examples.agent(number % 7).uid: number for number in range(last + 1)
    }


def test_a_second_process_is_refused_while_the_first_lives(path: Path) -> None:
    with child(SAVE_FOR_EVER, path) as process:
        line_of(process)
        with pytest.raises(SetupError, match="another process uses the store"):
            Store(path).open()
    store = Store(path)
    store.open()
    store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    tool = shutil.which("mount")
    done = tool and subprocess.run(mount, capture_output=True, text=True, check=False)
    if not done or done.returncode:
        why = done.stderr.strip() if done else "no mount command"
        pytest.skip(f"a small disk needs root and mount: {why}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_survived_and_storing_resumes_by_itself(
    small_disk: Path,
) -> None:
    store = Store(small_disk / "state.db")
    store.open()
    ballast = small_disk / "ballast"
    free = os.statvfs(small_disk)
    ballast.write_bytes(bytes((free.f_bavail - 10) * free.f_bsize))
    saved = [examples.agent(number) for number in range(500)]
    for record in saved:
        store.save(SaveAgent(record))
    store.flush()
    assert store.failing_since
    assert store.failing_since[1] == "the disk is full (SQLITE_FULL)"
    assert store.load().agents == ()

    ballast.unlink()
    wait_until(lambda: store.failing_since is None)
    assert list(store.load().agents) == saved
    store.close()


FULL_AND_EMPTIED = """
import resource, sys, time
from pathlib import Path
import structlog
from reconciler.state.actions import SaveAgent
from reconciler.store import writer
from reconciler.store.store import Store
from tests.store import examples

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
writer.LAST_RETRY = 0.5
store = Store(Path(sys.argv[1]))
store.open()
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
for number in range(500):
    store.save(SaveAgent(examples.agent(number)))
store.flush()
print(store.failing_since[1], flush=True)
sys.stdin.readline()
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
while store.failing_since:
    time.sleep(0.01)
print(len(store.load().agents), flush=True)
store.close()
"""


def test_a_file_that_may_not_grow_is_survived_too(path: Path) -> None:
    with child(FULL_AND_EMPTIED, path) as process:
        assert process.stdin
        assert "(SQLITE_IOERR_WRITE)" in line_of(process)
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert line_of(process) == "500"
        assert process.wait(20) == 0


def test_a_file_that_is_locked_for_long_is_written_later(path: Path) -> None:
    store = Store(path)
    store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.save(examples.STATUS)
    store.flush()
    assert store.failing_since
    assert store.failing_since[1] == "another process keeps it locked (SQLITE_BUSY)"
    other.execute("ROLLBACK")
    wait_until(lambda: store.failing_since is None)
    assert store.load().statuses == (examples.STATUS,)
    other.close()
    store.close()


def test_a_reader_that_stays_does_not_keep_anything_from_being_written(
    path: Path,
) -> None:
    store = Store(path)
    store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM statuses").fetchone()
    store.save(examples.STATUS)
    store.flush()
    assert store.failing_since is None
    store.close()
    other.close()
    reopened = Store(path)
    reopened.open()
    assert reopened.load().statuses == (examples.STATUS,)
    reopened.close()


SNAPSHOT = examples.snapshot(fleet=b"kind: Fleet\n" * 500, base=b"receivers: {}\n")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "state.db"
    store = Store(path)
    store.open()
    for number in range(40):
        store.save(SaveAgent(examples.agent(number)))
    store.save(SaveConfig(examples.CONFIG))
    store.save_snapshot(SNAPSHOT)
    store.close()
    return path.read_bytes()


def load_damaged(path: Path, content: bytes) -> StoredState | None:
    path.write_bytes(content)
    store = Store(path)
    try:
        store.open()
        return store.load()
    except SetupError:
        return None
    finally:
        store.close()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_flipped_bits_never_change_what_would_reach_an_agent(
    data: st.DataObject, sound: bytes, tmp_path: Path
) -> None:
    damaged = bytearray(sound)
    header, schema, everything = 100, 4096, len(sound)
    within = data.draw(st.sampled_from([header, schema, everything]))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, within * 8 - 1))
        damaged[place // 8] ^= 1 << place % 8
    found = load_damaged(tmp_path / "state.db", bytes(damaged))
    if found:
        assert found.snapshot in (None, SNAPSHOT)
        assert found.configs in ({}, {examples.HASH: examples.CONFIG})


def test_a_schema_that_sqlite_cannot_even_quote_is_refused_with_advice(
    sound: bytes, tmp_path: Path
) -> None:
    assert sound.count(b"NOT NULL") > 10
    path = tmp_path / "state.db"
    path.write_bytes(sound.replace(b"NOT NULL", b"NOT N\xd5LL"))
    with pytest.raises(SetupError, match="is damaged"):
        Store(path).open()


@pytest.mark.parametrize("kept", [99, 4096, 5000, 40960])
def test_a_truncated_file_is_refused_with_advice(
    sound: bytes, tmp_path: Path, kept: int
) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(sound[:kept])
    with pytest.raises(SetupError, match="is damaged") as error:
        Store(path).open()
    assert "Move it away" in (error.value.hint or "")


def test_a_file_of_noise_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(random.Random(1).randbytes(50_000))  # noqa: S311 - noise
    with pytest.raises(SetupError, match="is damaged"):
        Store(path).open()


def test_a_store_moved_away_is_begun_anew(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(sound[:9000])
    with pytest.raises(SetupError):
        Store(path).open()
    path.rename(tmp_path / "state.db.damaged")
    store = Store(path)
    store.open()
    assert store.load().agents == ()
    store.close()


def test_a_file_whose_log_was_lost_opens_at_an_older_moment(
    path: Path, tmp_path: Path
) -> None:
    store = Store(path)
    store.open()
    store.close()
    store = Store(path)
    store.open()
    store.save(examples.STATUS)
    store.flush()
    without_log = path.read_bytes()
    store.close()
    found = load_damaged(tmp_path / "copy.db", without_log)
    assert found == StoredState(None, (), (), {}, ())
