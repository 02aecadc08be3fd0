"""The service as real agents meet it, and its verdicts as tests ask for them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tests.interop import process, waiting
from tests.support.service import ServiceProcess

GROUP = "everyone"
"""The group of `tests.support.fleet_repo.FLEET`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A commit status as our own API tells it."""

    state: str
    description: str


class Service(ServiceProcess):
    """One service; agents find it on the same port again after a stop or a kill.

    Args:
        settings_for: Scheme of the endpoint that agents are given, together with a
            heartbeat of one second; polling supervisors would else ask every 30 s.
    """

    def __init__(
        self,
        folder: Path,
        *flags: str,
        source: str,
        settings_for: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        address = f"127.0.0.1:{process.free_port()}"
        if settings_for is not None:
            url = f"{settings_for}://{address}/v1/opamp"
            flags += ("--opamp-url", url, "--heartbeat-interval", "1s")
        super().__init__(source, folder / "data", *flags, environment=environment)
        self.name = "service"
        self._opamp = address

    def _listens(self) -> bool:
        """Also that the file says something: it appears before its words do."""
        file = self.data_dir / "listeners.json"
        return super()._listens() and file.stat().st_size > 0

    @property
    def address(self) -> str:
        """`host:port` for agents."""
        return self._opamp

    def url(self, scheme: str) -> str:
        """The OpAMP endpoint, for `ws` or `http`."""
        return f"{scheme}://{self._opamp}/v1/opamp"

    def text(self) -> str:
        """All it has printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def agents(self) -> dict[str, dict[str, Any]]:
        """All agents by instance_uid."""
        return {one["uid"]: one for one in self.get("/api/v1/agents")["agents"]}

    def agent(self, uid: str) -> dict[str, Any]:
        """Everything it knows of one agent; empty when that is nothing."""
        try:
            detail: dict[str, Any] = self.get(f"/api/v1/agents/{uid}")["agent"]
        except HTTPError as unknown:
            with unknown:
                if unknown.code != HTTPStatus.NOT_FOUND:
                    raise
                return {}
        return detail

    def verdicts(self, commit: str) -> dict[str, Verdict]:
        """What it says of a commit, by group."""
        return {
            status["context"].rpartition("/")[2]: Verdict(
                status["state"], status["description"]
            )
            for revision in self.get("/api/v1/revisions")["revisions"]
            if revision["commit"] == commit
            for status in revision["statuses"]
        }

    def verdict(self, commit: str) -> Verdict | None:
        """What it says of a commit in the one group; None while it says nothing."""
        return self.verdicts(commit).get(GROUP)

    def wait_for_verdict(
        self, commit: str, state: str, *, within: float = 30
    ) -> Verdict:
        """The verdict on a commit, once it is this one."""
        verdict = waiting.wait_for(
            lambda: self.verdict(commit),
            lambda seen: seen is not None and seen.state == state,
            within=within,
            what=f"{commit[:7]} {state}",
        )
        assert verdict is not None
        return verdict

    def wait_for_agent(
        self, uid: str, *, within: float = 30, **facts: object
    ) -> dict[str, Any]:
        """The agent, once its fields are these, as `sync="Synced", healthy=True`."""
        shown = (*facts, "sync", "reason", "detail", "presence")
        waiting.wait_for(
            lambda: self._facts(uid, shown),
            lambda seen: seen.items() >= facts.items(),
            within=within,
            what=f"agent {uid} with {facts}",
        )
        return self.agent(uid)

    def _facts(self, uid: str, names: Iterable[str]) -> dict[str, Any]:
        agent = self.agent(uid)
        return {name: agent.get(name) for name in names}


StartService = Callable[..., Service]
"""What the fixture `start_service` is."""
