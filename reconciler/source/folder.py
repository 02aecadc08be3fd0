"""A fleet repo in a local folder: followed live, for work on one's own machine.

Made by `open.py`, followed by `follower.py`. The same files are read and refused as
from Git (`paths.py`). A folder has no commits, so its revision is a digest of what it
holds; and it may be read while someone writes, so two readings in a row must be equal.
"""

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import structlog
import watchfiles

from reconciler.errors import ReconcilerError, Stalled, Waiting
from reconciler.fleet.reading import fleetignore, named
from reconciler.fleet.snapshot import RefusedFile, Snapshot, SourceFile
from reconciler.ids import FOLDER, CommitSha, Revision
from reconciler.source.limits import Limits
from reconciler.source.paths import Kind, Selection
from reconciler.source.source import Failed, Fetched, Moved, Unchanged

log = structlog.get_logger(__name__)

_SETTLE = 0.1
"""Seconds between two readings that must be equal."""

_READINGS = 30
_LOOK_MS = 1000
"""How often to see whether the folder was replaced by another of its name."""

_QUIET_MS = 100
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class FolderSource:
    """Follows one folder; see `source.Source`."""

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        self._path = path.absolute()
        self._limits = limits or Limits()
        self._stopping = threading.Event()

    @property
    def ref(self) -> str:
        """The folder's own name."""
        return self._path.name or str(self._path)

    def close(self) -> None:
        """Call off a fetch that waits for the folder to come to rest."""
        self._stopping.set()

    def fetch(self, last: Revision | None, *, accepted: Revision | None) -> Fetched:
        """Read the folder; `Held` is never answered, as it has no history."""
        known = {one.commit for one in (last, accepted) if one}
        try:
            return self._settled(known)
        except ReconcilerError as error:
            return Failed(f"{self._path}: {error.message}", error.hint or "")
        except OSError as error:
            place = os.fsdecode(error.filename or self._path)
            return Failed(
                f"{self._path}: {place!r} cannot be read: {error.strerror}",
                "Put the folder back, and let this user read all of it.",
            )

    def _settled(self, known: set[CommitSha]) -> Fetched:
        before = None
        for _ in range(_READINGS):
            now = self._read()
            if now and now.revision.commit in known:
                return Unchanged(now.revision)
            if now and before and now.revision == before.revision:
                return Moved(now, "")
            before = now
            if self._stopping.wait(_SETTLE):
                raise Waiting("the reading was called off", hint="We are stopping.")
        raise Waiting("it does not come to rest", hint="It is read again by itself.")

    def _read(self) -> Snapshot | None:
        """What is there now; None when something vanished meanwhile."""
        first = self._look()
        others = named.others(first, self._limits.caps) if first else ()
        return self._look(others) if others else first

    def _look(self, others: Collection[str] = ()) -> Snapshot | None:
        selection = Selection(self._limits, others)
        contents: dict[str, bytes] = {}
        root = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for entry in _walk(root, b"", self._limits):
                size = entry.status.st_size
                path = selection.add(entry.raw, entry.kind, size=size)
                if path is not None:
                    contents[path] = entry.content()
        except (FileNotFoundError, NotADirectoryError):
            return None
        finally:
            os.close(root)
        files, refused = selection.finish(contents)
        return Snapshot(Revision(self.ref, _digest(files, refused)), files, refused)

    async def hints(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """After changes, and when the folder was replaced."""
        while not stop.is_set():
            try:
                async with aclosing(self._changes(stop)) as changes:
                    async for _ in changes:
                        yield
            except (OSError, RuntimeError) as error:  # watchfiles' own is the latter
                log.info("folder is not watched", path=str(self._path), why=str(error))
                await _pause(stop)
            yield

    async def _changes(self, stop: asyncio.Event) -> AsyncGenerator[None]:
        """Until the folder at this path is another one; the first is for the past."""
        watched = self._identity()
        is_first = True
        watch = watchfiles.awatch(
            self._path,
            watch_filter=self._concerns,
            stop_event=stop,
            step=_QUIET_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
        )
        async with aclosing(watch) as changes:
            async for change in changes:
                if change or is_first:
                    yield
                is_first = False
                if self._identity() != watched:
                    return

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _concerns(self, _: watchfiles.Change, path: str) -> bool:
        """Not what happens in hidden files and folders, but for `.fleetignore`."""
        inner = Path(path).parts[len(self._path.parts) :]
        return inner == (fleetignore.PATH,) or not any(
            part.startswith(".") for part in inner
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """Something that is no folder, reached without following a link.

    Attributes:
        raw: Its path from the root, with forward slashes.
        directory: The open folder it lies in.
    """

    raw: bytes
    directory: int
    status: os.stat_result

    @property
    def kind(self) -> Kind:
        if stat.S_ISREG(self.status.st_mode):
            return Kind.FILE
        return Kind.SYMLINK if stat.S_ISLNK(self.status.st_mode) else Kind.SPECIAL

    def content(self) -> bytes:
        """Never more than was counted, however fast the file grows."""
        name = self.raw.rpartition(b"/")[2]
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(name, flags, dir_fd=self.directory), "rb") as opened:
            return opened.read(self.status.st_size)


def _walk(directory: int, inside: bytes, limits: Limits) -> Iterator[_Entry]:
    """Everything below an open folder but hidden folders; errors are raised.

    `os.fwalk` would pass over a root that is no folder, and over a folder that was
    replaced while it looked: an error would mean empty.
    """
    with os.scandir(directory) as listing:
        names = [os.fsencode(entry.name) for entry in listing]
    for name in names:
        raw = inside + name
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            yield _Entry(raw, directory, status)
        elif not name.startswith(b"."):
            _check_depth(raw, limits)
            folder = os.open(name, _FOLDER, dir_fd=directory)
            try:
                yield from _walk(folder, raw + b"/", limits)
            finally:
                os.close(folder)


def _check_depth(raw: bytes, limits: Limits) -> None:
    if len(raw) > limits.path_bytes:
        raise Stalled(
            f"its folders are nested beyond {limits.path_bytes:,} bytes of path",
            hint="Take the nested folders out.",
        )


def _digest(
    files: Mapping[str, SourceFile], refused: Mapping[str, RefusedFile]
) -> CommitSha:
    """Of paths and blob ids, and of what was refused and why."""
    lines = [f"{file.path}\0{file.blob}" for file in files.values()]
    lines += [f"{one.path}\0{one.reason}" for one in refused.values()]
    text = "\n".join(sorted(lines))
    return CommitSha(f"{FOLDER}{hashlib.sha256(text.encode()).hexdigest()}")


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _LOOK_MS / 1000)
    except TimeoutError:
        return
