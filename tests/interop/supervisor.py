"""The Collector's own supervisor with a Collector below it, as people deploy them.

The supervisor keeps its state in `folder/storage`, so that a driver started again on
the same folder is the same agent. Its Collector's ports are the config's business.
"""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.interop import process, waiting
from tests.interop.process import Process
from tests.interop.toolchain import Built

APPLY_TIMEOUT = 2.0
"""Seconds until the supervisor says APPLIED; it says so only when they are over."""

# The port between supervisor and Collector is given, for a reason: the supervisor else
# takes a new one while it starts, and a config that arrives in that moment still gets
# the old one; its Collector then never reaches it and the config counts as failed.

QUIET = "service::telemetry::metrics::level=none"
"""Every Collector serves its own metrics on port 8888, and dies when that is taken."""


class Supervisor(Process):
    """One supervisor; `url` says by its scheme how it talks (ws or http)."""

    def __init__(
        self,
        folder: Path,
        *,
        url: str,
        supervisor: Built,
        collector: Built,
        labels: Mapping[str, str],
        reports_components: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.storage = folder / "storage"
        self._collector = collector.binary
        self._port = process.free_port()
        settings = folder / "supervisor.yaml"
        given = self._settings(url, labels)
        # Off by default, and so nobody foresees a config that it cannot run.
        given["capabilities"]["reports_available_components"] = reports_components
        settings.write_text(yaml.safe_dump(given))
        super().__init__(
            f"supervisor {folder.name}",
            [str(supervisor.binary), "--config", str(settings)],
            log=folder / "supervisor.log",
            environment=environment,
        )

    def _settings(self, url: str, labels: Mapping[str, str]) -> dict[str, Any]:
        return {
            "server": {"endpoint": url},
            "capabilities": {
                "accepts_remote_config": True,
                "reports_remote_config": True,
                "reports_effective_config": True,
                "reports_health": True,
                "reports_heartbeat": True,
                "accepts_restart_command": True,
                "accepts_opamp_connection_settings": True,
                "reports_own_metrics": False,
            },
            "agent": {
                "executable": str(self._collector),
                "bootstrap_timeout": "30s",
                "opamp_server_port": self._port,
                "config_apply_timeout": f"{APPLY_TIMEOUT:g}s",
                "args": ["--set", QUIET],
                "description": {"non_identifying_attributes": dict(labels)},
            },
            "storage": {"directory": str(self.storage)},
            "telemetry": {"logs": {"level": "debug"}},
        }

    @property
    def uid(self) -> str:
        """Its instance_uid as a UUID; it makes one at its first start and keeps it."""
        state = waiting.wait_for(
            self._state, bool, within=30, what=f"{self.name} making its instance_uid"
        )
        return str(state["instance_id"])

    def _state(self) -> dict[str, Any]:
        path = self.storage / "persistent_state.yaml"
        return yaml.safe_load(path.read_bytes()) or {} if path.exists() else {}

    def collectors(self) -> list[int]:
        """Pids of the Collectors that live and were started from this folder."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it may end while we look
                words = (entry / "cmdline").read_bytes().split(b"\x00")
                if words[0] == os.fsencode(self._collector) and any(
                    os.fsencode(self.storage) in word for word in words
                ):
                    found.append(int(entry.name))
        return found

    def kill_collector(self) -> None:
        """Let the Collector crash; the supervisor is to notice."""
        for pid in self.collectors():
            os.kill(pid, signal.SIGKILL)

    def effective(self) -> str:
        """The file that the Collector was last started with."""
        path = self.storage / "effective.yaml"
        return path.read_text() if path.exists() else ""

    def text(self) -> str:
        """The supervisor's log, then its Collector's."""
        path = self.storage / "agent.log"
        return super().text() + (path.read_text() if path.exists() else "")


StartSupervisor = Callable[..., Supervisor]
"""What the fixture `start_supervisor` is."""
