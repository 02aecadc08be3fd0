"""A real bare repository to push to and to torture, written with Git's plumbing.

Trees are built from object ids, so that a test can make what no work tree could hold.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True)
class TreeLine:
    """One entry of a tree object, whatever it may be."""

    mode: str
    kind: str
    id: str
    name: str | bytes


class GitRepo:
    """A bare repository; `main` is what its HEAD names."""

    def __init__(self, path: Path, *, object_format: str = "sha1") -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        kind = f"--object-format={object_format}"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", kind, str(path))

    def git(self, *words: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=self.path,
            env=_ENVIRONMENT,
            input=stdin,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def tree(self, *lines: TreeLine) -> str:
        """Git checks nothing here: any name and any mode goes in."""
        text = b"".join(
            f"{line.mode} {line.kind} {line.id}\t".encode()
            + (line.name if isinstance(line.name, bytes) else line.name.encode())
            + b"\0"
            for line in lines
        )
        return self.git("mktree", "-z", "--missing", stdin=text)

    def raw_tree(self, *lines: TreeLine) -> str:
        """As `tree`, but in the order and with the names given, even `..`."""
        body = b"".join(
            f"{line.mode.lstrip('0')} ".encode()
            + (line.name if isinstance(line.name, bytes) else line.name.encode())
            + b"\0"
            + bytes.fromhex(line.id)
            for line in lines
        )
        words = ("hash-object", "-t", "tree", "-w", "--stdin", "--literally")
        return self.git(*words, stdin=body)

    def tree_of(self, files: Mapping[str, bytes]) -> str:
        """A tree of regular files; paths may have folders."""
        folders: dict[str, dict[str, bytes]] = {}
        lines = []
        for path, content in files.items():
            name, _, rest = path.partition("/")
            if rest:
                folders.setdefault(name, {})[rest] = content
            else:
                lines.append(TreeLine("100644", "blob", self.blob(content), name))
        for name, inner in folders.items():
            lines.append(TreeLine("040000", "tree", self.tree_of(inner), name))
        return self.tree(*lines)

    def commit_tree(
        self,
        tree: str,
        *,
        branch: str = "main",
        message: str = "Change the fleet",
        orphan: bool = False,
    ) -> str:
        """A commit on top of the branch, or with no parent; the branch moves to it."""
        tip = "" if orphan else self.tip(branch)
        parents = ["-p", tip] if tip else []
        commit = self.git("commit-tree", tree, *parents, "-m", message)
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def commit(
        self,
        files: Mapping[str, bytes],
        *,
        branch: str = "main",
        message: str = "Change the fleet",
        orphan: bool = False,
    ) -> str:
        """Exactly these files, committed."""
        tree = self.tree_of(files)
        return self.commit_tree(tree, branch=branch, message=message, orphan=orphan)

    def tip(self, branch: str = "main") -> str:
        """The commit of a branch, empty when there is none."""
        ref = f"refs/heads/{branch}"
        return self.git("for-each-ref", "--format=%(objectname)", ref)
