"""The strict fake forge on a port of its own, that knows when it took each status."""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.report import fake_forge
from tests.report.fake_forge import FakeForge, Posted, Reply


@dataclass(frozen=True, slots=True)
class Taken:
    """A status that the forge has.

    Attributes:
        was_green: The status of this commit and context before it was a success.
    """

    at: float
    row: Posted
    was_green: bool


@dataclass(slots=True)
class TimedForge(FakeForge):
    """A forge that also remembers when.

    Attributes:
        record: The ledger with times, oldest first.
        states: The newest of each commit and context.
        changed_at: When something was asked of it last.
    """

    record: list[Taken] = field(default_factory=list)
    states: dict[tuple[str, str], str] = field(default_factory=dict)
    changed_at: float = 0.0

    def receive(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply | None:
        """Answer one request."""
        at, before = time.time(), len(self.posted)
        path = path.removeprefix("/api/v3")  # of a GitHub that is not github.com
        reply = FakeForge.receive(self, method, path, headers, body)
        for row in self.posted[before:]:
            key = (row.commit, row.context)
            was_green = self.states.get(key) == "success"
            self.record.append(Taken(at, row, was_green))
            # On Gitea, `error` is posted as a warning.
            self.states[key] = "error" if row.state == "warning" else row.state
        if method == "POST":
            self.changed_at = at
        return reply

    def contexts(self, commit: str) -> dict[str, str]:
        """The newest state of each context of a commit."""
        return {
            context: state
            for (of, context), state in list(self.states.items())
            if of == commit
        }


@contextmanager
def serve(forge: FakeForge) -> Iterator[str]:
    """Listen in a thread for the length of the block; gives the URL."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    urls: list[str] = []
    listening = threading.Event()

    async def run() -> None:
        async with fake_forge.serve(forge) as url:
            urls.append(url)
            listening.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    listening.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
