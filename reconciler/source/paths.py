"""Which entries of a repository or folder are read, ignored or refused.

`git.py` and `folder.py` put every entry they meet through one `Selection`, so both see
the same fleet repo. Read are regular files named `*.yaml` or `*.yml` outside hidden
folders, what their documents name beside them, and `.fleetignore`; ignored is what no
fleet repo can use; refused is what only looks usable.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from reconciler.errors import Stalled
from reconciler.fleet.reading import fleetignore
from reconciler.fleet.snapshot import RefusedFile, SourceFile, blob_id
from reconciler.source.limits import Limits, how_to_raise

_SUFFIXES = (b".yaml", b".yml")
_IGNORE = fleetignore.PATH.encode()
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_SHOWN = 200


class Kind(StrEnum):
    """What an entry is, in words for `RefusedFile.reason`."""

    FILE = "a regular file"
    SYMLINK = "a symbolic link"
    SUBMODULE = "a submodule"
    SPECIAL = "a device, pipe or socket"


_HINTS = {
    Kind.SYMLINK: "Put the file itself here; links are never followed.",
    Kind.SUBMODULE: "Copy the files into this repository; submodules are not fetched.",
    Kind.SPECIAL: "Put a regular file here.",
}
_LFS_HINT = "Store YAML in Git itself; LFS objects are not fetched."
_RENAME = "Rename it: letters, digits, `-`, `_` and `.` are always fine."


class Selection:
    """Judges entries one by one, counts them, and sorts out what was read.

    Args:
        limits: How much may be read.
        named: Paths of files that are no YAML and are read all the same.
    """

    def __init__(self, limits: Limits, named: Iterable[str] = ()) -> None:
        self._limits = limits
        self._named = frozenset(path.encode() for path in named)
        self._entries = 0
        self._bytes = 0
        self._paths: list[str] = []
        self._refused: dict[str, RefusedFile] = {}

    def add(self, raw: bytes, kind: Kind, *, size: int) -> str | None:
        """The path of an entry that should be read; None for any other.

        `raw` is the path with forward slashes, `size` counts bytes.

        Raises:
            Stalled: The source holds more than the limits allow.
        """
        self._entries += 1
        self._check(self._entries, "entries", "entries")
        if not is_candidate(raw, kind, self._named):
            return None
        path = _show(raw, self._limits)
        refused = self._judge(raw, path, kind, size=size)
        if refused:
            self._refused[path] = refused
        else:
            self._paths.append(path)
            self._bytes += size
        self._check(len(self._paths) + len(self._refused), "files", "files")
        self._check(self._bytes, "total_bytes", "bytes of YAML")
        return None if refused else path

    def finish(
        self, contents: Mapping[str, bytes]
    ) -> tuple[dict[str, SourceFile], dict[str, RefusedFile]]:
        """Files and refusals by path; twins and stand-ins are among the refused."""
        refused = self._refused | _twins(self._paths)
        for path, content in contents.items():
            if content.startswith(_LFS_POINTER):
                refused[path] = RefusedFile(path, "it is a Git LFS pointer", _LFS_HINT)
        files = {
            path: SourceFile(path, blob_id(content), content)
            for path, content in sorted(contents.items())
            if path not in refused
        }
        return files, dict(sorted(refused.items()))

    def _judge(
        self, raw: bytes, path: str, kind: Kind, *, size: int
    ) -> RefusedFile | None:
        if odd := _odd_name(raw, self._limits):
            return RefusedFile(path, odd, _RENAME)
        if kind is not Kind.FILE:
            return RefusedFile(path, f"it is {kind}", _HINTS[kind])
        if size > self._limits.file_bytes:
            return _oversize(path, self._limits)
        return None

    def _check(self, count: int, limit: str, what: str) -> None:
        most: int = getattr(self._limits, limit)
        if count > most:
            raise Stalled(
                f"it holds more than {most:,} {what}",
                hint="Keep the fleet repo apart from other data, "
                f"{how_to_raise(limit)}.",
            )


def _oversize(path: str, limits: Limits) -> RefusedFile:
    """The refusal of a file that is too big."""
    reason = f"it is bigger than {limits.file_bytes:,} bytes"
    hint = f"Split it into several files, {how_to_raise('file_bytes')}."
    return RefusedFile(path, reason, hint)


def _show(raw: bytes, limits: Limits) -> str:
    """A path as text that is safe to print; exact when the name is a good one."""
    text = raw.decode("utf-8", "backslashreplace")
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(raw) <= limits.path_bytes else text[:_SHOWN] + "…"


def is_candidate(
    raw: bytes, kind: Kind, named: Collection[bytes] = frozenset()
) -> bool:
    """Whether an entry is read or refused; no other can matter to a fleet.

    `named` are files that are no YAML and are read all the same.
    """
    if raw == _IGNORE:
        return True
    is_yaml = raw.lower().endswith(_SUFFIXES)
    if kind is Kind.FILE and not is_yaml and raw not in named:
        return False
    parts = raw.split(b"/")
    return any(_is_reserved(part) for part in parts) or not any(
        part.startswith(b".") for part in parts
    )


def _is_reserved(part: bytes) -> bool:
    """Names that mean something to Git or to a file system."""
    return part.lower().rstrip(b". ") in {b"", b".git", b"git~1"}


def _odd_name(raw: bytes, limits: Limits) -> str | None:
    if len(raw) > limits.path_bytes:
        return f"its path is longer than {limits.path_bytes:,} bytes"
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "its name is not UTF-8"
    if not path.isprintable():
        return "its name holds invisible characters"
    if "\\" in path:
        return "its name holds a backslash"
    if any(_is_reserved(part) for part in raw.split(b"/")):
        return "its path holds `.`, `..`, `.git` or an empty name"
    return None


def _fold(path: str) -> str:
    """What a file system that ignores case or composes characters makes of it."""
    folded = unicodedata.normalize("NFKC", path).casefold()
    return unicodedata.normalize("NFKC", folded)


def _twins(paths: Iterable[str]) -> dict[str, RefusedFile]:
    """All paths that some file system would take for another of them."""
    by_fold = defaultdict(list)
    for path in paths:
        by_fold[_fold(path)].append(path)
    groups = [same for same in by_fold.values() if len(same) > 1]
    return {path: _twin(path, same) for same in groups for path in same}


def _twin(path: str, twins: list[str]) -> RefusedFile:
    other = next(twin for twin in twins if twin != path)
    reason = f"its name differs from {other!r} only in case or spelling of characters"
    return RefusedFile(path, reason, "Rename one of the two.")
