"""`reconciler serve` as a process of its own, as a user runs it, on free ports."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

Found = TypeVar("Found")

DEADLINE = 30.0


def until(
    look: Callable[[], Found | None], *, seconds: float = DEADLINE, what: str = ""
) -> Found:
    """Wait for a condition; its first truthy value. Fails with what was seen last."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(
                f"not within {seconds} s: {what}; last seen: {found!r}"
            )
        time.sleep(0.05)


class ServiceProcess:
    """One service over one source and one data folder; can be killed and started."""

    def __init__(
        self,
        source: str,
        data_dir: Path,
        *flags: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self._flags = flags
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._opamp = "127.0.0.1:0"
        self.http = ""

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; its log is shown when the test failed."""
        self.kill()
        if error is not None:
            sys.stdout.write(self.log.read_text()[-8000:])

    def start(self) -> None:
        """Start and wait until it listens; a restart takes the same OpAMP port."""
        listeners = self.data_dir / "listeners.json"
        listeners.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "reconciler", "serve",
                    "--source", self.source,
                    "--data-dir", str(self.data_dir),
                    "--opamp-listen", self._opamp,
                    "--listen", "127.0.0.1:0",
                    "--poll-interval", "1s",
                    *self._flags,
                ],
                stdout=log, stderr=log, env=self._environment,
            )  # fmt: skip
        until(self._listens, what=f"listening, see {self.log}")
        found = json.loads(listeners.read_text())
        self._opamp = found["opamp"]
        self.http = f"http://{found['http']}"

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def websocket_url(self) -> str:
        """Where agents connect."""
        return f"ws://{self._opamp}/v1/opamp"

    @property
    def polling_url(self) -> str:
        """Where agents poll."""
        return f"http://{self._opamp}/v1/opamp"

    def stop(self) -> int:
        """SIGTERM, then wait; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=DEADLINE)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=DEADLINE)

    def get(self, path: str) -> Any:
        """JSON from the API."""
        with urllib.request.urlopen(f"{self.http}{path}", timeout=10) as answer:
            return json.load(answer)

    def ready(self) -> str:
        """What `/readyz?verbose` says, whatever its status code is."""
        try:
            with urllib.request.urlopen(f"{self.http}/readyz?verbose") as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.read().decode()

    def metric(self, name: str) -> float:
        """The sum of one metric over its labels."""
        with urllib.request.urlopen(f"{self.http}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if line.partition("{")[0].partition(" ")[0] == name
        )

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-4000:]
        return (self.data_dir / "listeners.json").exists()
