"""`reconciler serve` as a process of its own, as the demo runs it, and its log."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import orjson

from reconciler.errors import SetupError
from reconciler.settings import ENV_PREFIX

START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.05
LAST_LINES: Final = 5


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """One commit status as it was published, or would be with a forge."""

    commit: str
    context: str
    state: str
    description: str


class StatusLog:
    """The commit statuses in a service's log, each told once: none is missed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def news(self) -> list[CommitStatus]:
        """Those that were published since the last call."""
        with self._path.open("rb") as log:
            log.seek(self._read)
            lines = log.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read += sum(map(len, whole))
        return [found for line in whole if (found := _commit_status(line))]


def _commit_status(line: bytes) -> CommitStatus | None:
    try:
        match orjson.loads(line):
            case {
                "event": "commit status",
                "commit": str(commit),
                "context": str(context),
                "state": str(state),
                "description": str(description),
            }:
                return CommitStatus(commit, context, state, description)
            case _:
                return None
    except orjson.JSONDecodeError:
        return None  # of a library, or a trace


class ServiceProcess:
    """A service on free ports of the loopback; an async context manager.

    Attributes:
        log: What it prints, as JSON lines.
        http: URL for people, once started.
        opamp: URL for agents, once started.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        self.log = folder / "service.log"
        self.http = ""
        self.opamp = ""
        self._source = source
        self._data = folder / "data"
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        """Start, and wait until it listens.

        Raises:
            SetupError: It ended instead, or took too long; its last words are told.
        """
        # Settings of the user are about another service.
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(ENV_PREFIX)
        }
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "reconciler", "serve"),
                *("--source", str(self._source), "--poll-interval", "1s"),
                *("--data-dir", str(self._data), "--log-format", "json"),
                *("--listen", "127.0.0.1:0", "--opamp-listen", "127.0.0.1:0"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C is ours; we stop it in our order
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._listening(self._process)
        except BaseException as wrong:
            await self._stop()
            if isinstance(wrong, TimeoutError):
                message = f"the service does not listen after {START_SECONDS:g} s"
                raise SetupError(message, hint=f"see {self.log}") from None
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let it drain, then stop."""
        await self._stop()

    async def _listening(self, process: Process) -> None:
        file = self._data / "listeners.json"
        while True:
            try:
                found = orjson.loads(file.read_bytes())
            except (FileNotFoundError, orjson.JSONDecodeError):
                pass  # not yet, or not all of it
            else:
                self.http = f"http://{found['http']}"
                self.opamp = f"ws://{found['opamp']}/v1/opamp"
                return
            if process.returncode is not None:
                words = self.log.read_text(encoding="utf-8", errors="replace")
                last = "\n".join(words.splitlines()[-LAST_LINES:])
                raise SetupError(f"the service ended by itself: {last}")
            await asyncio.sleep(LOOK_SECONDS)

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
