"""One running Git: its output piece by piece, until a deadline.

`git.py` starts it in a session of its own, so that killing the group also ends what Git
started (SSH, HTTP, index-pack). One thread, no timers: `select` waits for both pipes.
"""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import IO, TypeAlias

from reconciler.errors import Waiting
from reconciler.source.failures import CommandFailed

_PIECE = 64 * 1024
_KEPT_STDERR = 16 * 1024
_NOTICE = 0.2
"""Seconds until a fetch that is called off notices."""


class Budget:
    """How long one fetch may still take, over all its commands."""

    def __init__(self, seconds: float, stopping: threading.Event) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._stopping = stopping

    def left(self) -> float:
        """Seconds until the deadline.

        Raises:
            Waiting: It has passed, or the fetch was called off.
        """
        left = self._end - time.monotonic()
        if self._stopping.is_set():
            raise Waiting("the fetch was called off", hint="The service is stopping.")
        if left <= 0:
            raise self.spent
        return left

    @property
    def spent(self) -> Waiting:
        """What is said when the deadline has passed."""
        return Waiting(
            f"Git was not done within {self._seconds:g} s",
            hint="Check the network, or allow more time for a big repository.",
        )


class Child:
    """A command under way; `close` ends it, whatever it does."""

    def __init__(self, process: subprocess.Popen[bytes], budget: Budget) -> None:
        self._process = process
        self._budget = budget
        self._stderr = bytearray()

    def pieces(self) -> Iterator[bytes]:
        """Standard output as it comes.

        Raises:
            CommandFailed: After the last piece, when Git ended badly.
            Waiting: The budget is spent.
        """
        stdout, stderr = self._pipes
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(stderr, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(min(self._budget.left(), _NOTICE)):
                    piece = os.read(key.fd, _PIECE)
                    if not piece:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is stdout:
                        yield piece
                    else:
                        self._keep(piece)
        self._check_status()

    def head(self, limit: int = _PIECE) -> bytes:
        """The first bytes of the output; Git need not finish when there is more."""
        taken = bytearray()
        for piece in self.pieces():
            taken += piece
            if len(taken) >= limit:
                break
        return bytes(taken[:limit])

    def close(self) -> None:
        """Kill what still runs and give back the pipes."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for pipe in self._pipes:
            pipe.close()

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        stdout, stderr = self._process.stdout, self._process.stderr
        if stdout is None or stderr is None:
            raise TypeError("a child is made with both pipes")
        return stdout, stderr

    def _keep(self, piece: bytes) -> None:
        """The end counts: what a server says comes before Git's own verdict."""
        self._stderr += piece
        del self._stderr[:-_KEPT_STDERR]

    def _check_status(self) -> None:
        try:
            status = self._process.wait(self._budget.left())
        except subprocess.TimeoutExpired:
            raise self._budget.spent from None
        if status:
            raise CommandFailed(status, self._stderr.decode("utf-8", "replace"))


Run: TypeAlias = Callable[..., AbstractContextManager[Child]]
"""`run(subcommand, *words, stdin=None, env=None)` starts Git and closes it at the end;
`env` comes on top of the variables that Git always gets."""
