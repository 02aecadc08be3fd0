"""A name for every string and byte string that means something.

Every room imports these; mixing two of them is a type error. Nothing here does I/O.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, NewType
from uuid import UUID

InstanceUid = NewType("InstanceUid", bytes)
"""The 16 bytes an agent calls itself by (OpAMP `instance_uid`)."""

ConfigHash = NewType("ConfigHash", bytes)
"""SHA-256 over the canonical encoding of a config, 32 bytes (`syntax/hashing.py`)."""

CommitSha = NewType("CommitSha", str)
"""A full Git object id in lower-case hex, 40 or 64 digits; `folder:…` for folders."""

GroupName = NewType("GroupName", str)
"""`metadata.name` of an `AgentGroup`, or `default`."""

Generation = NewType("Generation", int)
"""Counts accepted revisions upwards; an offer never has a lower one than the last."""

UID_BYTES = 16
FOLDER: Final = "folder:"


@dataclass(frozen=True, slots=True)
class Revision:
    """What a source stood at: Flux's `main@sha1:…`.

    Attributes:
        ref: Branch or tag as people say it, or the folder's name.
        commit: The commit, or for a folder a digest of its content.
    """

    ref: str
    commit: CommitSha

    def __str__(self) -> str:
        """Flux's printable form, `ref@algorithm:digest`."""
        if is_folder(self.commit):
            return f"{self.ref}@sha256:{self.commit.removeprefix(FOLDER)}"
        algorithm = "sha1" if len(self.commit) == 40 else "sha256"  # noqa: PLR2004 - hex digits of SHA-1
        return f"{self.ref}@{algorithm}:{self.commit}"

    @property
    def short(self) -> str:
        """Seven digits of the commit, as Git prints it."""
        return self.commit.removeprefix(FOLDER)[:7]


def is_folder(commit: CommitSha) -> bool:
    """Whether it stands for a folder's content, which no forge knows."""
    return commit.startswith(FOLDER)


def format_uid(uid: InstanceUid) -> str:
    """An instance_uid as people write it: a lower-case hyphenated UUID."""
    return str(UUID(bytes=uid))


def parse_uid(text: str) -> InstanceUid:
    """Read a UUID in any spelling `uuid.UUID` takes.

    Raises:
        ValueError: The text is not a UUID.
    """
    return InstanceUid(UUID(text).bytes)


def format_hash(digest: ConfigHash) -> str:
    """The first 12 hex digits of a config hash, enough to tell configs apart."""
    return digest.hex()[:12]


def stable_fraction(*parts: bytes) -> float:
    """A number in [0, 1) that depends on the parts alone: jitter without chance."""
    digest = hashlib.sha256(b"\x00".join(parts)).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
