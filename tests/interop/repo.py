"""A fleet repo that a test writes to and pushes, as a person with Git would."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

AUTHOR = {"NAME": "Fleet Owner", "EMAIL": "fleet@example.org"}
BRANCH = "main"


class FleetRepo:
    """A clone in `folder` whose pushes go to `remote`, a path or a URL."""

    def __init__(self, folder: Path, remote: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        self._git("init", "--quiet", f"--initial-branch={BRANCH}")
        self._git("remote", "add", "origin", remote)

    @classmethod
    def local(cls, folder: Path) -> "FleetRepo":
        """A clone beside a bare repository of its own; see `remote`."""
        bare = folder / "remote.git"
        _git(folder, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", bare)
        return cls(folder / "clone", str(bare))

    @property
    def remote(self) -> str:
        """Where it pushes to."""
        return self._git("remote", "get-url", "origin")

    def commit(self, message: str, files: Mapping[str, str]) -> str:
        """Write files, commit and push; the commit's id."""
        for name, text in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        return self._push()

    def revert(self) -> str:
        """Undo the last commit with a new one and push; the new commit's id."""
        self._git("revert", "--no-edit", "HEAD")
        return self._push()

    def _push(self) -> str:
        self._git("push", "--quiet", "origin", BRANCH)
        return self._git("rev-parse", "HEAD")

    def _git(self, *words: str | Path) -> str:
        return _git(self._folder, *words)


def _git(folder: Path, *words: str | Path) -> str:
    """Run Git untouched by the settings of whoever runs the tests."""
    people = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in AUTHOR.items()
    }
    isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=os.environ | people | isolated,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"git {words[0]}: {done.stderr}"
    return done.stdout.strip()
