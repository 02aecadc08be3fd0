"""What every source can do, and the four answers of a fetch.

Implemented by `git.py` and `folder.py`; followed by `follower.py`. An error never means
empty: whatever is not `Moved` leaves the last good snapshot in force.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import CommitSha, Revision


@dataclass(frozen=True, slots=True)
class Passed:
    """A commit that the branch moved past since the revision in force.

    Attributes:
        changed: Paths that a fleet may be read from (`paths.py`) and that differ
            between it and the head; None when they cannot be told.
    """

    commit: CommitSha
    changed: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Moved:
    """The source stands at another revision; here is all of it.

    Attributes:
        message: First line of the commit message, empty for a folder.
        passed: What lies between it and the revision in force, newest first and not
            all when that is a lot, then that revision; nothing for a folder.
    """

    snapshot: Snapshot
    message: str
    passed: tuple[Passed, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source stands at a revision that it was told to be known."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class Held:
    """A new revision is there and must not be followed: rewritten history or caps."""

    revision: Revision
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The source could not be asked, or its branch is gone; no secret in the text."""

    message: str
    hint: str


Fetched: TypeAlias = Moved | Unchanged | Held | Failed


class Source(Protocol):
    """One fleet repo, wherever it lives."""

    @property
    def ref(self) -> str:
        """The branch (`HEAD` until the remote said which), or the folder's name."""

    def fetch(self, last: Revision | None, *, accepted: Revision | None) -> Fetched:
        """Ask the source; blocks, so it is called in a thread. Never raises.

        `last` is the newest revision that was accepted, held or refused before, and
        `accepted` the one in force, if any. A `Moved` or `Held` never names either
        again, and a `Moved` descends from `accepted`: were it compared with a held
        one, a second push onto rewritten history would pass.
        """

    def hints(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Yield whenever it is worth asking again, until `stop` is set."""

    def close(self) -> None:
        """Call off a fetch that is under way, so that a stop need not wait for it."""
