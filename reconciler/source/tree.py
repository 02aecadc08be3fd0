"""Reading what Git's plumbing prints: listings of a tree, contents of blobs.

Called by `mirror.py`. Pure; works on pieces as they come, because a tree of a few
kilobytes can name more paths than fit into memory.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.errors import Stalled
from reconciler.source.paths import Kind

LONGEST_RECORD = 64 * 1024
"""Bytes of one entry of a listing; far above what any file system takes as a path."""

_KINDS = {
    b"100644": Kind.FILE,
    b"100755": Kind.FILE,
    b"120000": Kind.SYMLINK,
    b"160000": Kind.SUBMODULE,
}
_HASHES = {40: "sha1", 64: "sha256"}


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of `git ls-tree -r -z --long`; `size` counts bytes."""

    raw: bytes
    kind: Kind
    blob: str
    size: int


def entries(pieces: Iterable[bytes]) -> Iterator[TreeEntry]:
    """The entries of a listing that arrives in pieces.

    Raises:
        Stalled: One path is absurdly long.
    """
    rest = b""
    for piece in pieces:
        *records, rest = (rest + piece).split(b"\0")
        yield from map(_entry, records)
        if len(rest) > LONGEST_RECORD:
            raise Stalled(
                f"it holds a path of more than {LONGEST_RECORD:,} bytes",
                hint="Take the nested folders out of the repository.",
            )


def _entry(record: bytes) -> TreeEntry:
    meta, _, raw = record.partition(b"\t")
    mode, _, blob, size = meta.split()
    bytes_ = int(size) if size.isdigit() else 0
    return TreeEntry(raw, _KINDS.get(mode, Kind.SPECIAL), blob.decode(), bytes_)


def blobs(output: bytes) -> Iterator[tuple[str, bytes]]:
    """Id and content of every blob that `git cat-file --batch` printed.

    Raises:
        ValueError: One is missing, cut short, or not what its id says.
    """
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        blob, kind, size = output[at:end].decode().split(" ")
        at = end + 1 + int(size) + 1
        content = output[end + 1 : at - 1]
        if kind != "blob" or _id(blob, content) != blob:
            raise ValueError(f"object {blob} is damaged")
        yield blob, content


def _id(blob: str, content: bytes) -> str:
    """What Git would call this content, in the hash that `blob` was made with."""
    digest = hashlib.new(_HASHES[len(blob)], usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content))
    digest.update(content)
    return digest.hexdigest()
