"""A real bare repository to push to and to torture.

Objects are written as Git stores them, but by Python: it starts no process, and checks
nothing, so that a test can make what no work tree could hold. Real Git reads them.
"""

import hashlib
import os
import subprocess
import zlib
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
}
_PERSON = "Ada <ada@example.com> 1767225600 +0000"


@dataclass(frozen=True)
class TreeLine:
    """One entry of a tree object, whatever it may be."""

    mode: str
    id: str
    name: str | bytes

    @property
    def raw(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @property
    def order(self) -> bytes:
        """Git sorts folders as if their names ended with a slash."""
        return self.raw + b"/" if self.mode == FOLDER else self.raw


FILE = "100644"
PROGRAM = "100755"
LINK = "120000"
SUBMODULE = "160000"
FOLDER = "40000"


class GitRepo:
    """A bare repository; `main` is what its HEAD names."""

    def __init__(self, path: Path, *, object_format: str = "sha1") -> None:
        self.path = path
        self._format = object_format
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
        return self._write("blob", content)

    def tree(self, *lines: TreeLine) -> str:
        """Any name and any mode goes in."""
        body = b"".join(
            line.mode.encode() + b" " + line.raw + b"\0" + bytes.fromhex(line.id)
            for line in sorted(lines, key=lambda line: line.order)
        )
        return self._write("tree", body)

    def tree_of(self, files: Mapping[str, bytes]) -> str:
        """A tree of regular files; paths may have folders."""
        folders: dict[str, dict[str, bytes]] = {}
        lines = []
        for path, content in files.items():
            name, _, rest = path.partition("/")
            if rest:
                folders.setdefault(name, {})[rest] = content
            else:
                lines.append(TreeLine(FILE, self.blob(content), name))
        for name, inner in folders.items():
            lines.append(TreeLine(FOLDER, self.tree_of(inner), name))
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
        parent = "" if orphan else self.tip(branch)
        lines = [f"tree {tree}", *([f"parent {parent}"] if parent else [])]
        lines += [f"author {_PERSON}", f"committer {_PERSON}", "", message]
        commit = self._write("commit", "\n".join(lines).encode())
        self.move(branch, commit)
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

    def move(self, branch: str, commit: str) -> None:
        """Point a branch at a commit, forwards, backwards or sideways."""
        ref = self.path / "refs" / "heads" / branch
        ref.parent.mkdir(parents=True, exist_ok=True)
        new = ref.with_name(f"{ref.name}.new")
        new.write_text(f"{commit}\n")
        new.rename(ref)

    def tip(self, branch: str = "main") -> str:
        """The commit of a branch, empty when there is none."""
        ref = self.path / "refs" / "heads" / branch
        if ref.exists():
            return ref.read_text().strip()
        name = f"refs/heads/{branch}"
        return self.git("for-each-ref", "--format=%(objectname)", name)

    def _write(self, kind: str, body: bytes) -> str:
        whole = f"{kind} {len(body)}\0".encode() + body
        name = hashlib.new(self._format, whole, usedforsecurity=False).hexdigest()
        path = self.path / "objects" / name[:2] / name[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole, 1))
        return name
