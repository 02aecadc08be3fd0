"""A fleet repo whose owner can also take commits back, and push them to a forge."""

from collections.abc import Mapping
from pathlib import Path

from tests.support import fleet_repo
from tests.support.fleet_repo import FleetRepo

FLEET = fleet_repo.FLEET.replace(
    "soak: 0s", "soak: 0s, answerTimeout: 3s, applyTimeout: 6s"
)
"""The fleet of the other tests, less patient: real agents lose what they are sent."""


class Clone(FleetRepo):
    """A work tree; with a `remote`, every commit is pushed there at once."""

    def __init__(self, path: Path, remote: str | None = None) -> None:
        super().__init__(path)
        self._pushes = remote is not None
        if remote is not None:
            self.git("remote", "add", "origin", remote)

    def commit(self, files: Mapping[str, str | None], message: str = "change") -> str:
        """Commit, and push if there is a remote; the commit."""
        commit = super().commit(files, message)
        self._push()
        return commit

    def revert(self) -> str:
        """Undo the last commit with a new one; the new commit."""
        self.git("revert", "--no-edit", "HEAD")
        self._push()
        return self.git("rev-parse", "HEAD")

    def _push(self) -> None:
        if self._pushes:
            self.git("push", "--quiet", "origin", "main")
