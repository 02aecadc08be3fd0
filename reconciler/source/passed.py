"""The commits that a branch moved past in one fetch, and how they differ from its head.

That is the one in force, and what lies between.

Called by `follow.py` once the head was read. What is told here decides only what those
commits are told, so nothing in them can hold up the head: what is too much, damaged or
late is not told.
"""

from collections.abc import Iterable
from contextlib import closing
from typing import Final, TypeAlias

from reconciler.errors import Stalled, Waiting
from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import CommitSha
from reconciler.source import paths
from reconciler.source.failures import CommandFailed
from reconciler.source.limits import Limits
from reconciler.source.mirror import Mirror, MirrorDamaged
from reconciler.source.paths import Kind
from reconciler.source.source import Passed
from reconciler.source.tree import TreeEntry

MOST: Final = 20
"""Commits; more at once are an import or a merge by rebase, and nobody waits there."""

MOST_CHANGED: Final = 1000
"""Paths of one commit; by then a fleet is hardly the same."""

_Files: TypeAlias = dict[bytes, tuple[Kind, str]]
_UNREADABLE: Final = (CommandFailed, MirrorDamaged, Stalled, Waiting)


def between(
    mirror: Mirror, since: CommitSha, head: Snapshot, *, limits: Limits
) -> tuple[Passed, ...]:
    """Commits on the way from one in force to its descendant, newest first.

    The one in force is the last, however many of the others are left out.
    The way is that of the branch, along first parents: what a merge brought in stood on
    another one. None when it does not lead to the one in force.
    """
    try:
        way = mirror.between(since, head.revision.commit)
    except _UNREADABLE:
        return ()
    if not way:
        return ()
    commits = [*way[:-1][:MOST], way[-1]]
    reading = _Reading(mirror, limits, frozenset(map(str.encode, head.files)))
    now = reading.files(head.revision.commit)
    return tuple(
        Passed(commit, _changed(now, reading.files(commit))) for commit in commits
    )


def _changed(now: _Files | None, then: _Files | None) -> frozenset[str] | None:
    if now is None or then is None:
        return None
    differing = {raw for raw, _ in then.items() ^ now.items()}
    if len(differing) > MOST_CHANGED:
        return None
    return frozenset(raw.decode("utf-8", "backslashreplace") for raw in differing)


class _Reading:
    """Lists commits, but all together no more than two heads may hold."""

    def __init__(self, mirror: Mirror, limits: Limits, named: frozenset[bytes]) -> None:
        self._mirror = mirror
        self._limits = limits
        self._named = named
        self._left = 2 * limits.entries

    def files(self, commit: CommitSha) -> _Files | None:
        """What is read of a commit, by path: its kind and the id of its content.

        None when it is too much, or cannot be read.
        """
        # `git diff-tree` gathers everything before it prints anything, and a tree of a
        # few kilobytes can name more than fits into memory; a listing comes in pieces.
        try:
            with closing(self._mirror.entries(commit)) as entries:
                return self._sort_out(entries)
        except _UNREADABLE:
            return None

    def _sort_out(self, entries: Iterable[TreeEntry]) -> _Files | None:
        files: _Files = {}
        for entry in entries:
            self._left -= 1
            if paths.is_candidate(entry.raw, entry.kind, self._named):
                files[entry.raw] = entry.kind, entry.blob
            is_too_long = len(entry.raw) > self._limits.path_bytes
            if self._left < 0 or len(files) > self._limits.files or is_too_long:
                return None
        return files
