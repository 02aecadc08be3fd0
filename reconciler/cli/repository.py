"""A throw-away Git repository for the demo, begun from the example fleet repo."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, Self

from reconciler.cli import shipped
from reconciler.errors import SetupError

NAME: Final = "Demo"
EMAIL: Final = "demo@example.invalid"
IDENTITY: Final = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", NAME), ("EMAIL", EMAIL))
}
ALONE: Final = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def example() -> Path:
    """The example fleet repo.

    Raises:
        SetupError: This installation has none.
    """
    return shipped.folder("examples", "fleet-repo")


class Repository:
    """A work tree with one branch, `main`; every commit is one step of a story.

    All methods raise `SetupError` when Git is missing or refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def copy(cls, source: Path, path: Path, message: str) -> Self:
        """A repository of one commit that holds a copy of a folder."""
        shutil.copytree(source, path)
        made = cls(path)
        made.git("init", "--quiet", "--initial-branch=main")
        made.commit(message)
        return made

    @property
    def head(self) -> str:
        """The commit on `main`."""
        return self.git("rev-parse", "HEAD")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change every occurrence in one file; there must be one."""
        file = self.path / name
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise SetupError(f"{file} does not say {old!r} as the demo expects")
        file.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, message: str) -> str:
        """Commit everything; returns the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")
        return self.head

    def revert(self) -> str:
        """Undo the last commit by another; returns that."""
        self.git("revert", "--no-edit", "HEAD")
        return self.head

    def changed_lines(self) -> list[str]:
        """The lines that the last commit took away and added."""
        diff = self.git("show", "--unified=0", "--format=", "HEAD").splitlines()
        changes = [line for line in diff if line.startswith(("+", "-"))]
        return [line for line in changes if not line.startswith(("+++", "---"))]

    def git(self, *words: str) -> str:
        """Run Git as nobody in particular; returns what it printed."""
        path = {"PATH": os.environ.get("PATH", os.defpath)}
        try:
            done = subprocess.run(  # noqa: S603 - words of our own
                ["git", "-C", str(self.path), *words],  # noqa: S607 - the user's Git
                env={**path, **IDENTITY, **ALONE},
                capture_output=True,
                text=True,
                check=True,
            )
        except FileNotFoundError:
            raise SetupError("Git is not installed", hint="install git") from None
        except subprocess.CalledProcessError as wrong:
            raise SetupError(f"git {words[0]}: {wrong.stderr.strip()}") from None
        return done.stdout.strip()
