"""`python -m tests.interop.demo_real`: the story of the demo, with real Collectors.

Three of them run under their supervisors and follow a throw-away copy of the example
fleet repo. Ends by itself; exits 1 when a step did not happen, or when Go is missing.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from reconciler.cli import repository
from reconciler.cli.narrator import SHORT, Narrator, Picture
from reconciler.cli.process import CommitStatus
from reconciler.cli.repository import Repository
from reconciler.cli.story import BAD_FILE, BAD_GROUP, BAD_WORDS, GOOD_WORDS
from reconciler.errors import ReconcilerError
from tests.interop import toolchain
from tests.interop.service import Service
from tests.interop.stage import Stage
from tests.interop.supervisor import Supervisor
from tests.interop.toolchain import Built, Unavailable

GATEWAY = "gateway-production-1"
AGENTS = {
    GATEWAY: {"role": "gateway", "deployment.environment.name": "production"},
    "node-production-1": {
        "role": "node-agent",
        "deployment.environment.name": "production",
    },
    "node-staging-1": {"role": "node-agent", "deployment.environment.name": "staging"},
}
NOWHERE = dict.fromkeys(
    ("BACKEND_ENDPOINT", "ARCHIVE_ENDPOINT", "GATEWAY_ENDPOINT"), "127.0.0.1:1"
)
"""Where the Collectors would send data, had they any: nowhere beyond this machine."""

PATIENCE = 60.0
LOOK_SECONDS = 0.1


class RealStory:
    """Told once: green, red with everybody back on the last good config, green."""

    def __init__(
        self,
        narrator: Narrator,
        repo: Repository,
        service: Service,
        supervisors: dict[str, Supervisor],
    ) -> None:
        self._narrator = narrator
        self._repo = repo
        self._service = service
        self._supervisors = supervisors
        self._seen: set[CommitStatus] = set()

    def tell(self) -> None:
        """The three chapters.

        Raises:
            ReconcilerError: Something that must happen did not; says what was seen.
        """
        self._first_commit()
        self._bad_commit()
        self._revert()

    def _first_commit(self) -> None:
        self._narrator.chapter("1. A commit goes green")
        self._say_commit()
        self._until("the first commit turns green", self._lacks_green)
        self._prove_running("green")

    def _bad_commit(self) -> None:
        self._narrator.chapter("2. A bad commit goes red, and no Collector stays down")
        good = self._agents()[GATEWAY]["reportedHash"]
        self._repo.replace(BAD_FILE, GOOD_WORDS, BAD_WORDS)
        self._repo.commit("Archive logs in Kafka")
        self._say_commit()
        self._narrator.quote("\n".join(self._repo.changed_lines()), "dim")
        self._until(f"{BAD_GROUP} turns red", self._lacks_red)
        self._narrator.proven(f"red, as the supervisor of {GATEWAY} said:")
        self._narrator.quote(self._agents()[GATEWAY]["detail"], "red")
        self._until(
            f"{GATEWAY} runs its last good config again, healthy",
            lambda: self._lacks_return(good) or self._lacks_red(),
        )
        self._prove_running("back on the last good config; the commit stays red")

    def _revert(self) -> None:
        self._narrator.chapter("3. The revert goes green")
        self._repo.revert()
        self._say_commit()
        self._until("the revert turns green", self._lacks_green)
        self._prove_running("green again")

    def _say_commit(self) -> None:
        subject = self._repo.git("log", "-1", "--format=%s")
        self._narrator.tell(f"git commit {self._repo.head[:SHORT]}  {subject}")

    def _prove_running(self, words: str) -> None:
        pids = {
            name: one.collectors()
            for name, one in self._supervisors.items()
            if one.collectors()
        }
        if len(pids) < len(self._supervisors):
            raise ReconcilerError(f"only these Collectors are alive: {', '.join(pids)}")
        shown = ", ".join(f"{name} (pid {pid[0]})" for name, pid in pids.items())
        self._narrator.proven(f"{words}: {shown}")

    def _until(self, what: str, lacks: Callable[[], str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while seen := lacks():
            self._show()
            if time.monotonic() > deadline:
                raise ReconcilerError(
                    f"expected within {PATIENCE:g} s: {what}; seen: {seen}"
                )
            time.sleep(LOOK_SECONDS)
        self._show()

    def _show(self) -> None:
        statuses = self._statuses()
        news = [one for one in statuses if one not in self._seen]
        self._seen.update(news)
        alive = sum(len(one.collectors()) for one in self._supervisors.values())
        summary = f"{len(self._agents())} agents, {alive} Collectors alive"
        self._narrator.show(news, Picture(self._repo.head, statuses, summary))

    def _statuses(self) -> list[CommitStatus]:
        commit = self._repo.head
        return [
            CommitStatus(commit, group, verdict.state, verdict.description)
            for group, verdict in sorted(self._service.verdicts(commit).items())
        ]

    def _agents(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self._service.agents().values()}

    def _lacks_green(self) -> str:
        statuses = self._statuses()
        if not statuses:
            return f"nothing is said of {self._repo.head[:SHORT]} yet"
        away = sorted(
            set(AGENTS)
            - {name for name, one in self._agents().items() if one["sync"] == "Synced"}
        )
        if away:
            return f"not there yet: {', '.join(away)}"
        other = [one for one in statuses if one.state != "success"]
        return "; ".join(f"{one.context}: {one.description}" for one in other)

    def _lacks_red(self) -> str:
        verdict = self._service.verdicts(self._repo.head).get(BAD_GROUP)
        return "" if verdict and verdict.state == "failure" else f"{verdict}"

    def _lacks_return(self, good: str) -> str:
        agent = self._agents()[GATEWAY]
        if agent["healthy"] and agent["reportedHash"] == good:
            return "" if self._supervisors[GATEWAY].collectors() else "no Collector"
        return f"healthy: {agent['healthy']}, hash: {agent['reportedHash']}"


def main() -> int:
    """Build what is missing, tell the story; the exit code."""
    console = Console(highlight=False)
    try:
        with console.status("Building a Collector and its supervisor (once, 2 min)"):
            supervisor = toolchain.build(toolchain.SUPERVISOR)
            collector = toolchain.build(toolchain.COLLECTOR)
    except Unavailable as missing:
        console.print(f"The demo with real Collectors cannot run: {missing}")
        return 1
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
        try:
            return _tell(Path(folder), console, supervisor, collector)
        except (ReconcilerError, AssertionError) as wrong:
            console.print(f"✘ {wrong}", style="bold red")
            return 1


def _tell(folder: Path, console: Console, supervisor: Built, collector: Built) -> int:
    repo = Repository.copy(
        repository.example(), folder / "fleet-repo", "Gateways and node agents"
    )
    with Stage(folder) as stage, Narrator(console) as narrator:
        service = stage.start(Service(folder, source=str(repo.path)))
        supervisors = {
            name: stage.start(
                Supervisor(
                    folder / name,
                    url=service.url("ws"),
                    supervisor=supervisor,
                    collector=collector,
                    labels={**labels, "host.name": name},
                    environment=NOWHERE,
                )
            )
            for name, labels in AGENTS.items()
        }
        narrator.tell(f"a repository, a service, {len(supervisors)} real Collectors")
        RealStory(narrator, repo, service, supervisors).tell()
    console.print(f"\nAll of it happened, in {narrator.seconds:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
