"""What the service says of commits, awaited the way a person would watch it."""

import asyncio
import time
from typing import Any

from tests.support.service import ServiceProcess

DEADLINE = 30.0


class Truth:
    """Commit statuses, as `/api/v1/revisions` has them."""

    def __init__(self, service: ServiceProcess) -> None:
        self._service = service

    async def says(self, state: str, words: str, *, commit: str | None = None) -> None:
        """Wait until a commit (the newest) is in this state with these words."""
        end = time.monotonic() + DEADLINE
        while True:
            found = await asyncio.to_thread(self._statuses, commit)
            if any(s["state"] == state and words in s["description"] for s in found):
                return
            assert time.monotonic() < end, f"{state} {words!r} expected, saw {found}"
            await asyncio.sleep(0.05)

    async def said(self, state: str, words: str) -> None:
        """Wait until the log tells of this state, however briefly it lasted."""
        end = time.monotonic() + DEADLINE
        while True:
            lines = self._service.log.read_text().splitlines()
            if any(f"state={state}" in line and words in line for line in lines):
                return
            assert time.monotonic() < end, "\n".join(lines[-20:])
            await asyncio.sleep(0.05)

    def state(self, commit: str) -> str:
        """The state of a commit now."""
        return str(self._statuses(commit)[0]["state"])

    def description(self, commit: str) -> str:
        """The words on a commit now."""
        return str(self._statuses(commit)[0]["description"])

    def _statuses(self, commit: str | None) -> list[dict[str, Any]]:
        revisions = self._service.get("/api/v1/revisions")["revisions"]
        if commit is None:
            revisions = revisions[:1]
        return [
            status
            for revision in revisions
            if commit in (None, revision["commit"])
            for status in revision["statuses"]
        ]
