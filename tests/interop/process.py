"""One program that a test runs: started, watched, stopped or killed by its own pid.

Base of the drivers. Everything it prints goes to a file, which `conftest.py` shows when
the test fails. It leads a process group of its own, so that nothing outlives the test.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.interop import waiting
from tests.interop.waiting import TooLate

STOP_SECONDS = 15.0


class Process:
    """A context manager around one command; it may be stopped and started again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self._environment = os.environ | dict(environment or {})
        self._user = user
        self._popen: subprocess.Popen[str] | None = None
        self._groups: set[int] = set()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._end_groups()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            self._end_groups()

    def start(self) -> None:
        """Run it now; its output is appended to the log."""
        with self.log.open("a") as log:
            self._popen = self._spawn(log)
        self._groups.add(self._popen.pid)

    def _spawn(self, log: IO[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command,
            env=self._environment,
            user=self._user,
            extra_groups=[] if self._user else None,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def running(self) -> bool:
        """Started and not ended."""
        return self._popen is not None and self._popen.poll() is None

    def stop(self) -> int:
        """Ask it to end, as an init system would; its exit code.

        Raises:
            TooLate: It did not; it was killed then.
        """
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without a word, as a crash would; its children stay."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        if self._popen is None:
            return 0
        if self.running:
            self._popen.send_signal(number)
        try:
            return self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
            late = f"{self.name} did not end within {STOP_SECONDS:g} s of {number.name}"
            raise TooLate(late) from None
        finally:
            self._popen = None

    def _end_groups(self) -> None:
        """Children of a killed parent are nobody's; end them too."""
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._groups.clear()
        if self._popen is not None:
            self._popen.wait()
            self._popen = None

    def text(self) -> str:
        """All it has printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for_text(self, words: str, *, within: float) -> None:
        """Come back once it has printed these words; it must not end before."""
        waiting.wait_for(
            lambda: (words in self.text(), self.running),
            lambda seen: seen[0] or not seen[1],
            within=within,
            what=f"{self.name} printing {words!r}",
        )
        assert words in self.text(), f"{self.name} ended without printing {words!r}"


def free_port() -> int:
    """A port for a program whose address must be known before it listens.

    Somebody else may take it in between; that is rare, and the start fails loudly.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
