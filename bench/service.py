"""`reconciler serve` as a process of its own, and what it costs.

Memory and CPU are read from `/proc`, so that nothing inside the service is touched.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import orjson

from reconciler.errors import SetupError
from reconciler.settings import ENV_PREFIX

START_SECONDS = 30.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 1.0
"""How often it looks at the repository, the shortest there is."""

_WAIT_SECONDS = 0.02
_UNLIMITED = "1000000"
"""Of new connections a second: the service is measured, not its admission."""


class Service:
    """One service on the loopback; it can be stopped and started again.

    Attributes:
        http: Where its API listens; empty until it was started.
        opamp: Where agents find it; the same after a restart.
    """

    def __init__(self, source: Path, folder: Path, *, agents: int) -> None:
        self.http = self.opamp = "127.0.0.1:0"
        self._words = (
            *(sys.executable, "-m", "reconciler", "serve"),
            *("--source", str(source), "--poll-interval", f"{LOOK_SECONDS:g}s"),
            *("--data-dir", str(folder / "data"), "--log-level", "warning"),
            *("--max-connections", str(2 * agents), "--max-handshakes", _UNLIMITED),
        )
        self._listeners = folder / "data" / "listeners.json"
        self._log = folder / "service.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises:
            SetupError: It ended instead, or took longer than 30 s.
        """
        self._listeners.unlink(missing_ok=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(ENV_PREFIX)
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._words, "--listen", self.http, "--opamp-listen", self.opamp],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # an interrupt is ours; we stop it in our order
            )
        self._wait_until_it_listens(self._process)

    def stop(self) -> None:
        """Let it drain and end; kill it when that takes longer than 30 s."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def kib(self) -> int:
        """Resident memory now, in KiB."""
        for line in (self._proc / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise self._ended

    @property
    def cpu_seconds(self) -> float:
        """CPU time it used since it was started."""
        after_name = (self._proc / "stat").read_text().rpartition(")")[2].split()
        user, system = int(after_name[11]), int(after_name[12])
        return (user + system) / os.sysconf("SC_CLK_TCK")

    @property
    def _proc(self) -> Path:
        if self._process is None or self._process.poll() is not None:
            raise self._ended
        return Path("/proc") / str(self._process.pid)

    @property
    def _ended(self) -> SetupError:
        words = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return SetupError("the service does not run: " + "\n".join(words[-5:]))

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                found = orjson.loads(self._listeners.read_bytes())
            except (FileNotFoundError, orjson.JSONDecodeError):
                time.sleep(_WAIT_SECONDS)
                continue
            self.http, self.opamp = found["http"], found["opamp"]
            return
        raise self._ended
