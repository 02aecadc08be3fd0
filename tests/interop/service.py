"""`reconciler serve` as a process of its own, and its API as tests ask it."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

from tests.interop import waiting
from tests.interop.process import Process

START_SECONDS = 30.0
POLL_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """A commit status as our own API tells it."""

    state: str
    description: str


class Service(Process):
    """One service on a data folder; after a stop or kill it can be started again.

    The first start takes free ports and keeps them, so that agents find it again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        source: str,
        flags: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._data = folder / "data"
        self._source, self._flags = source, list(flags)
        self._addresses = {"opamp": "127.0.0.1:0", "http": "127.0.0.1:0"}
        self._client = httpx2.Client(trust_env=False)
        super().__init__(
            "service",
            self._command(),
            log=folder / "service.log",
            environment=environment,
        )
        for name in list(self._environment):
            if name.startswith("RECONCILER_") and name not in (environment or {}):
                del self._environment[name]  # the tests' own, or a person's settings

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._client.close()

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "reconciler", "serve"]
        command += ["--source", self._source, "--data-dir", str(self._data)]
        command += ["--opamp-listen", self._addresses["opamp"]]
        command += ["--listen", self._addresses["http"]]
        command += ["--poll-interval", str(POLL_SECONDS), "--log-level", "debug"]
        return command + self._flags

    def start(self) -> None:
        """Run it; it listens when this comes back."""
        listeners = self._data / "listeners.json"
        listeners.unlink(missing_ok=True)
        super().start()
        waiting.wait_for(
            lambda: (listeners.exists(), self.running),
            lambda seen: seen[0] or not seen[1],
            within=START_SECONDS,
            what="the service listening",
        )
        assert listeners.exists(), f"the service ended: {self.text()[-2000:]}"
        self._addresses = json.loads(listeners.read_text())
        self.command = self._command()

    @property
    def opamp(self) -> str:
        """`host:port` for agents."""
        return self._addresses["opamp"]

    def url(self, scheme: str) -> str:
        """The OpAMP endpoint, for `ws` or `http`."""
        return f"{scheme}://{self.opamp}/v1/opamp"

    def get(self, path: str) -> dict[str, Any]:
        """One document of the API."""
        response = self._client.get(f"http://{self._addresses['http']}/api/v1{path}")
        response.raise_for_status()
        document: dict[str, Any] = response.json()
        return document

    def agents(self) -> dict[str, dict[str, Any]]:
        """All agents by instance_uid."""
        return {agent["uid"]: agent for agent in self.get("/agents")["agents"]}

    def verdict(self, commit: str, group: str = "default") -> Verdict | None:
        """What the service says of a commit in a group; None while it says nothing."""
        for revision in self.get("/revisions")["revisions"]:
            for status in revision["statuses"]:
                context = str(status["context"])
                if revision["commit"] == commit and context.endswith(f"/{group}"):
                    return Verdict(status["state"], status["description"])
        return None

    def wait_for_verdict(
        self, commit: str, state: str, *, group: str = "default", within: float = 30
    ) -> Verdict:
        """The verdict on a commit, once it is this one."""
        verdict = waiting.wait_for(
            lambda: self.verdict(commit, group),
            lambda seen: seen is not None and seen.state == state,
            within=within,
            what=f"{commit[:7]} {state} in group {group}",
        )
        assert verdict is not None
        return verdict

    def wait_for_agent(
        self, uid: str, *, within: float = 30, **facts: object
    ) -> dict[str, Any]:
        """The agent, once its fields are these, as `sync="Synced", healthy=True`."""
        agent = waiting.wait_for(
            lambda: self.agents().get(uid),
            lambda seen: seen is not None and seen.items() >= facts.items(),
            within=within,
            what=f"agent {uid} with {facts}",
        )
        assert agent is not None
        return agent
