"""What is asked of the bare mirror, the one repository that only we write to.

`git.py` opens a `Mirror` for the length of one fetch. It holds one ref, the newest
state of the branch we follow; everything else is read by commit id, so that a branch
that moves meanwhile cannot mix two commits.

The mirror begins with the newest commit alone, unless it must be compared with an
accepted one; then it has the whole history. Later fetches add what is new. When a
commit does not seem to descend from the accepted one and the mirror is shallow, it is
deepened before anyone is told so.
"""

import tempfile
from collections.abc import Collection, Generator, Iterable
from contextlib import closing
from pathlib import Path

from reconciler.fleet.reading import named
from reconciler.fleet.snapshot import Snapshot
from reconciler.ids import CommitSha, Revision
from reconciler.source import tree
from reconciler.source.child import Run
from reconciler.source.failures import CommandFailed
from reconciler.source.limits import Limits
from reconciler.source.paths import Selection
from reconciler.source.tree import TreeEntry

_HEAD = "refs/source/head"
_TITLE = 200
_STEPS = 1000
"""As many ids fit into what `Child.head` reads."""

_LEFTOVERS = (
    "*.lock",
    "shallow_*",
    "refs/**/*.lock",
    "objects/tmp_*",
    "objects/*/tmp_*",
    "objects/pack/.tmp-*",
)


class MirrorDamaged(Exception):  # noqa: N818 - never leaves this room
    """The mirror does not hold what it should; it is thrown away and fetched anew."""


class Mirror:
    """A bare repository, opened."""

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._run = run

    @property
    def is_shallow(self) -> bool:
        """Whether history was cut off."""
        return (self._path / "shallow").exists()

    def fetch(self, url: str, ref: str, *, history: bool) -> str:
        """Bring the mirror to the newest commit of a full ref name; return its id.

        Raises:
            CommandFailed: The remote or the way to it; nothing is left behind.
            MirrorDamaged: The fetched commit cannot be read.
        """
        depth = [] if history or self._has(_HEAD) else ["--depth=1"]
        self._fetch(*depth, "--", url, f"+{ref}:{_HEAD}")
        return self._commit()

    def deepen(self, url: str, ref: str) -> str:
        """Fetch the history that a shallow mirror lacks; as `fetch`."""
        self._fetch("--unshallow", "--", url, f"+{ref}:{_HEAD}")
        return self._commit()

    def descends(self, commit: str, ancestor: str) -> bool:
        """Whether one commit is the other or came after it, as far as is known.

        Raises:
            MirrorDamaged: The history cannot be walked.
        """
        try:
            self._read("merge_base", "--is-ancestor", ancestor, commit)
        except CommandFailed as failed:
            if failed.status != 1 and self._has(ancestor):
                raise MirrorDamaged(failed.stderr) from failed
            return False
        return True

    def snapshot(
        self, revision: Revision, limits: Limits, *, folder: str = ""
    ) -> Snapshot:
        """All files of a commit, or of one folder in it, that a fleet repo can use.

        Raises:
            Stalled: It holds more than the limits allow.
            MirrorDamaged: It cannot be read.
        """
        first = self._snapshot(revision, limits, folder)
        others = named.others(first, limits.caps)
        return self._snapshot(revision, limits, folder, others) if others else first

    def _snapshot(
        self,
        revision: Revision,
        limits: Limits,
        folder: str,
        others: Collection[str] = (),
    ) -> Snapshot:
        selection, ids = Selection(limits, others), {}
        tree_ish = f"{revision.commit}:{folder}" if folder else revision.commit
        with closing(self.entries(tree_ish)) as entries:
            for entry in entries:
                path = selection.add(entry.raw, entry.kind, size=entry.size)
                if path is not None:
                    ids[path] = entry.blob
        blobs = self._blobs(set(ids.values()))
        files, refused = selection.finish({path: blobs[ids[path]] for path in ids})
        return Snapshot(revision, files, refused)

    def between(self, since: str, commit: str) -> list[CommitSha]:
        """Commits on the way along first parents from one to another, newest first.

        The one it begins at is the last. Empty when the way does not lead there, or is
        absurdly long.

        Raises:
            CommandFailed: The history cannot be walked.
        """
        # `since` is on the way, or not printed: where history was cut off, a line that
        # leads past it would not end.
        words = ("--first-parent", f"--max-count={_STEPS}", commit, f"^{since}^@")
        way = self._read("rev_list", *words).decode().split()[1:]
        if since not in way:
            return []
        return [CommitSha(before) for before in way[: way.index(since) + 1]]

    def entries(self, tree_ish: str) -> Generator[TreeEntry]:
        """Everything a commit or tree holds, with the sizes of its files.

        Raises:
            MirrorDamaged: It cannot be read.
            Stalled: One path is absurdly long.
        """
        try:
            with self._run("ls_tree", "-r", "-z", "--long", tree_ish) as child:
                yield from tree.entries(child.pieces())
        except CommandFailed as failed:
            raise MirrorDamaged(failed.stderr) from failed

    def _blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Contents by id; their sizes were checked before."""
        with tempfile.TemporaryFile() as wanted:
            wanted.write("".join(f"{one}\n" for one in ids).encode())
            wanted.seek(0)
            try:
                with self._run("cat_file", "--batch", stdin=wanted) as child:
                    return dict(tree.blobs(b"".join(child.pieces())))
            except (CommandFailed, ValueError) as error:
                raise MirrorDamaged(str(error)) from error

    def subject(self, commit: str) -> str:
        """What a commit message begins with, on one line that is safe to print."""
        words = ("--max-count=1", "--no-commit-header", "--format=%s", commit)
        try:
            text = self._read("rev_list", *words).decode("utf-8", "replace")
        except CommandFailed as failed:
            raise MirrorDamaged(failed.stderr) from failed
        return "".join(c if c.isprintable() else " " for c in text).strip()[:_TITLE]

    def check(self) -> None:
        """Walk what the mirror holds, after a failure that may be its own.

        Raises:
            MirrorDamaged: Something is missing or cannot be read.
        """
        try:
            self._read("fsck", "--connectivity-only", "--no-dangling")
        except CommandFailed as failed:
            raise MirrorDamaged(failed.stderr) from failed

    def _fetch(self, *words: str) -> None:
        self._sweep()
        try:
            self._read(
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-recurse-submodules",
                "--no-write-fetch-head",
                "--update-shallow",
                *words,
            )
        finally:
            self._sweep()

    def _commit(self) -> str:
        try:
            line = self._read("rev_parse", "--verify", f"{_HEAD}^{{commit}}")
        except CommandFailed as failed:
            raise MirrorDamaged(failed.stderr) from failed
        return line.decode().strip()

    def _has(self, commit: str) -> bool:
        try:
            self._read("cat_file", "-e", f"{commit}^{{commit}}")
        except CommandFailed:
            return False
        return True

    def _read(self, *words: str) -> bytes:
        with self._run(*words) as child:
            return child.head()

    def _sweep(self) -> None:
        """Remove what a killed Git left lying; no other process writes here."""
        for pattern in _LEFTOVERS:
            for path in self._path.glob(pattern):
                path.unlink(missing_ok=True)
