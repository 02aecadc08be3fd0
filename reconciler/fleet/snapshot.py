"""What a source delivers: the files of a fleet repo at one commit.

Made by `source/`, read by `reading/parse.py`, stored by `store/`. Immutable; a file is
known by the id of its content, so equal files of two commits are one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.ids import Revision


def blob_id(content: bytes) -> str:
    """Git's object id of a blob (SHA-1), also used for files of a local folder."""
    header = b"blob %d\x00" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its path with forward slashes, the id of its content, the content."""

    path: str
    blob: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """An entry that was not read on purpose: symlink, submodule, oversize, odd name.

    A `CollectorConfig` that names it is invalid; one that nobody names is a warning.
    """

    path: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All files of one revision, by path."""

    revision: Revision
    files: Mapping[str, SourceFile]
    refused: Mapping[str, RefusedFile] = field(default_factory=dict)
