import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import watchfiles
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.snapshot import RefusedFile, SourceFile, blob_id
from reconciler.ids import CommitSha, Revision
from reconciler.source import folder as folders
from reconciler.source.folder import FolderSource
from reconciler.source.limits import Limits
from reconciler.source.source import Failed, Fetched, Moved, Unchanged
from tests.support.git_repo import GitRepo

FILES = {"fleet.yaml": b"kind: Fleet\n", "otel/base.yml": b"receivers: {}\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "fleet"
    write(path, FILES)
    return path


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def moved(fetched: Fetched) -> Moved:
    assert isinstance(fetched, Moved), fetched
    return fetched


def read(fetched: Fetched) -> dict[str, bytes]:
    files = moved(fetched).snapshot.files
    return {path: file.content for path, file in files.items()}


def failure(fetched: Fetched) -> str:
    assert isinstance(fetched, Failed), fetched
    assert fetched.hint
    return fetched.message


def test_all_yaml_of_a_folder_is_read(folder: Path) -> None:
    write(folder, {"README.md": b"no", ".git/x.yaml": b"no", ".hidden.yaml": b"no"})
    source = FolderSource(folder)
    fetched = source.fetch(None, accepted=None)
    assert read(fetched) == FILES
    assert moved(fetched).message == ""
    assert source.ref == moved(fetched).snapshot.revision.ref == "fleet"
    assert moved(fetched).snapshot.refused == {}


def test_a_folder_and_a_repository_with_the_same_files_give_the_same_files(
    folder: Path, tmp_path: Path
) -> None:
    repo = GitRepo(tmp_path / "fleet.git")
    repo.commit(FILES)
    files = moved(FolderSource(folder).fetch(None, accepted=None)).snapshot.files
    blobs = {path: repo.git("rev-parse", f"main:{path}") for path in FILES}
    assert {path: file.blob for path, file in files.items()} == blobs


def test_an_unchanged_folder_is_not_named_again_even_when_touched(folder: Path) -> None:
    source = FolderSource(folder)
    first = moved(source.fetch(None, accepted=None)).snapshot.revision
    write(folder, {**FILES, "README.md": b"new"})
    assert source.fetch(first, accepted=first) == Unchanged(first)
    assert source.fetch(None, accepted=first) == Unchanged(first)


def test_a_folder_that_was_put_back_has_its_old_revision(folder: Path) -> None:
    source = FolderSource(folder)
    first = moved(source.fetch(None, accepted=None)).snapshot.revision
    write(folder, {"fleet.yaml": b"kind: Other\n"})
    second = moved(source.fetch(first, accepted=first)).snapshot.revision
    write(folder, FILES)
    third = moved(source.fetch(second, accepted=second)).snapshot.revision
    assert first == third != second
    assert str(first).startswith("fleet@sha256:")


names = st.dictionaries(st.from_regex(r"[a-z]{1,3}\.yaml", fullmatch=True), st.binary())


@given(names, names)
def test_the_revision_says_exactly_whether_two_folders_are_equal(
    one: dict[str, bytes], two: dict[str, bytes]
) -> None:
    def digest(files: dict[str, bytes]) -> str:
        return folders._digest(
            {path: SourceFile(path, blob_id(c), c) for path, c in files.items()}, {}
        )

    assert (digest(one) == digest(two)) == (one == two)


def test_what_is_refused_is_part_of_the_revision() -> None:
    refused = {"a": RefusedFile("a", "it is a symbolic link", "")}
    assert folders._digest({}, refused) != folders._digest({}, {})


def test_links_pipes_and_odd_names_are_refused_and_never_followed(
    folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    write(outside, {"secret.yaml": b"secret"})
    (folder / "link.yaml").symlink_to(outside / "secret.yaml")
    (folder / "linked").symlink_to(outside)
    (folder / "dangling.yaml").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "a\nb.yaml").touch()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.yaml")).touch()
    (folder / "big.yaml").write_bytes(b"0" * 2_000_000)
    fetched = FolderSource(folder).fetch(None, accepted=None)
    assert read(fetched) == FILES
    refused = moved(fetched).snapshot.refused
    assert {path: one.reason for path, one in refused.items()} == {
        "\\xff.yaml": "its name is not UTF-8",
        "a\\nb.yaml": "its name holds invisible characters",
        "big.yaml": "it is bigger than 1,048,576 bytes",
        "dangling.yaml": "it is a symbolic link",
        "link.yaml": "it is a symbolic link",
        "linked": "it is a symbolic link",
        "pipe.yaml": "it is a device, pipe or socket",
    }


def test_a_socket_is_refused_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("s.yaml")
        refused = moved(
            FolderSource(folder).fetch(None, accepted=None)
        ).snapshot.refused
    assert list(refused) == ["s.yaml"]


def test_the_folder_itself_may_be_reached_through_a_link(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "current").symlink_to(folder)
    source = FolderSource(tmp_path / "current")
    fetched = source.fetch(None, accepted=None)
    assert read(fetched) == FILES
    assert source.ref == "current"


def test_a_folder_that_vanished_is_a_failure_and_no_empty_fleet(folder: Path) -> None:
    source = FolderSource(folder)
    last = moved(source.fetch(None, accepted=None)).snapshot.revision
    away = folder.rename(folder.with_name("away"))
    message = failure(source.fetch(last, accepted=last))
    assert message == f"{folder}: '{folder}' cannot be read: No such file or directory"
    away.rename(folder)
    assert source.fetch(last, accepted=last) == Unchanged(last)


def test_a_file_in_place_of_the_folder_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    message = failure(FolderSource(tmp_path / "file").fetch(None, accepted=None))
    assert message.endswith("cannot be read: Not a directory")


def test_a_file_that_may_not_be_read_is_a_failure_and_not_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: bytes, flags: int, *, dir_fd: int | None = None) -> int:
        if path == b"base.yml":
            raise PermissionError(13, "Permission denied", os.fsdecode(path))
        return real(path, flags, dir_fd=dir_fd)

    real = os.open
    monkeypatch.setattr(os, "open", denied)
    message = failure(FolderSource(folder).fetch(None, accepted=None))
    assert message == f"{folder}: 'base.yml' cannot be read: Permission denied"


def test_folders_nested_without_end_are_a_failure(folder: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counts only
    deep = os.open(folder, os.O_RDONLY)
    for _ in range(520):
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    message = failure(FolderSource(folder).fetch(None, accepted=None))
    assert message == f"{folder}: its folders are nested beyond 1,024 bytes of path"
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208 - counts only
    subprocess.run(["rm", "-r", str(folder)], check=True)  # deeper than Python removes


def test_a_folder_over_the_limits_is_a_failure(folder: Path) -> None:
    source = FolderSource(folder, limits=Limits(files=1))
    message = failure(source.fetch(None, accepted=None))
    assert message == f"{folder}: it holds more than 1 files"


class Writer:
    """Changes the folder each time it was read, as often as told."""

    def __init__(self, folder: Path, times: int) -> None:
        self._folder = folder
        self._left = times
        self._read = FolderSource._read

    def read(self, source: FolderSource) -> object:
        found = self._read(source)
        if self._left:
            self._left -= 1
            write(self._folder, {"fleet.yaml": b"%d" % self._left})
        return found


def fetch_while_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, times: int
) -> Fetched:
    writer = Writer(folder, times)
    monkeypatch.setattr(folders, "_SETTLE", 0.001)
    source = FolderSource(folder)
    monkeypatch.setattr(FolderSource, "_read", lambda _: writer.read(source))
    return source.fetch(None, accepted=None)


def test_a_folder_is_taken_only_once_two_readings_are_equal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = fetch_while_written(folder, monkeypatch, times=3)
    assert read(fetched)["fleet.yaml"] == b"0"


def test_a_folder_that_never_rests_is_a_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = failure(fetch_while_written(folder, monkeypatch, times=1000))
    assert message == f"{folder}: it does not come to rest"


def test_closing_ends_the_wait_for_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_SETTLE", 600)
    source = FolderSource(folder)
    timer = threading.Timer(0.05, source.close)
    timer.start()
    assert failure(source.fetch(None, accepted=None)).endswith("was called off")
    timer.join()


def test_files_that_come_and_go_while_reading_are_no_failure(folder: Path) -> None:
    with churn(folder):
        for _ in range(5):
            fetched = FolderSource(folder).fetch(None, accepted=None)
            assert isinstance(fetched, Moved | Failed)
            if isinstance(fetched, Failed):
                assert "come to rest" in fetched.message


@contextlib.contextmanager
def churn(folder: Path) -> Iterator[None]:
    stop = threading.Event()

    def run() -> None:
        number = 0
        while not stop.wait(0.0005):
            number += 1
            (folder / "sub").mkdir(exist_ok=True)
            (folder / "sub" / f"{number}.tmp").touch()
            if number % 3 == 0:
                shutil.rmtree(folder / "sub")

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


# Hints


class Hints:
    """Counts what a source hints, in the background."""

    def __init__(self) -> None:
        self.count = 0
        self._more = asyncio.Condition()

    async def collect(self, source: FolderSource, stop: asyncio.Event) -> None:
        async for _ in source.hints(stop):
            async with self._more:
                self.count += 1
                self._more.notify_all()

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(10), self._more:
            await self._more.wait_for(lambda: self.count >= count)

    async def settle(self) -> None:
        """Until none came for longer than a look takes."""
        with contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0.3):
                    await self.reach(self.count + 1)


@asynccontextmanager
async def hinting(folder: Path) -> AsyncIterator[Hints]:
    hints, stop = Hints(), asyncio.Event()
    task = asyncio.create_task(hints.collect(FolderSource(folder), stop))
    try:
        yield hints
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_LOOK_MS", 50)
    monkeypatch.setattr(folders, "_QUIET_MS", 10)


@pytest.mark.usefixtures("quick")
async def test_a_hint_comes_once_watching_and_after_each_change(folder: Path) -> None:
    async with hinting(folder) as hints:
        await hints.reach(1)
        for number in range(2, 5):
            write(folder, {"otel/base.yml": b"%d" % number})
            await hints.reach(number)


@pytest.mark.usefixtures("quick")
async def test_new_folders_are_watched_too(folder: Path) -> None:
    async with hinting(folder) as hints:
        await hints.reach(1)
        write(folder, {"a/b/c.yaml": b"1"})
        await hints.reach(2)
        seen = hints.count
        write(folder, {"a/b/c.yaml": b"2"})
        await hints.reach(seen + 1)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("gone_first", [True, False])
async def test_a_replaced_folder_is_watched_again(
    folder: Path, *, gone_first: bool
) -> None:
    async with hinting(folder) as hints:
        await hints.reach(1)
        seen = hints.count
        os.rename(folder, folder.with_name("away"))  # noqa: PTH104 - quick enough here
        if gone_first:
            await hints.reach(seen + 1)
        write(folder, FILES)
        await hints.reach(seen + 2)
        await hints.settle()
        seen = hints.count
        write(folder, {"fleet.yaml": b"new"})
        await hints.reach(seen + 1)


@pytest.mark.usefixtures("quick")
async def test_a_link_that_is_turned_to_another_folder_is_hinted(
    folder: Path, tmp_path: Path
) -> None:
    write(tmp_path / "next", {"fleet.yaml": b"next"})
    link, other = tmp_path / "current", tmp_path / "other"
    link.symlink_to(folder)
    other.symlink_to(tmp_path / "next")
    async with hinting(link) as hints:
        await hints.reach(1)
        write(folder, {"fleet.yaml": b"changed"})
        await hints.reach(2)
        seen = hints.count
        os.replace(other, link)  # noqa: PTH105 - quick enough here
        await hints.reach(seen + 1)
        await hints.settle()
        seen = hints.count
        write(tmp_path / "next", {"fleet.yaml": b"changed"})
        await hints.reach(seen + 1)
    assert read(FolderSource(link).fetch(None, accepted=None)) == {
        "fleet.yaml": b"changed"
    }


@pytest.mark.usefixtures("quick")
async def test_a_folder_that_appears_later_is_hinted(tmp_path: Path) -> None:
    async with hinting(tmp_path / "later") as hints:
        await hints.reach(1)
        write(tmp_path / "later", FILES)
        seen = hints.count
        await hints.reach(seen + 1)


def test_what_happens_in_hidden_places_is_no_concern(folder: Path) -> None:
    source = FolderSource(folder)
    change = watchfiles.Change.modified
    assert source._concerns(change, str(folder / "a" / "b.yaml"))
    assert source._concerns(change, str(folder / ".fleetignore"))
    assert not source._concerns(change, str(folder / ".git" / "index"))
    assert not source._concerns(change, str(folder / "a" / ".b.yaml.swp"))


def test_a_hidden_folder_above_does_not_hide_the_fleet(tmp_path: Path) -> None:
    write(tmp_path / ".work" / "fleet", FILES)
    source = FolderSource(tmp_path / ".work" / "fleet")
    path = str(tmp_path / ".work" / "fleet" / "fleet.yaml")
    assert source._concerns(watchfiles.Change.modified, path)
    assert read(source.fetch(None, accepted=None)) == FILES


def test_a_revision_of_git_is_never_taken_for_the_folders(folder: Path) -> None:
    elsewhere = Revision("main", CommitSha("1" * 40))
    assert read(FolderSource(folder).fetch(elsewhere, accepted=elsewhere)) == FILES
