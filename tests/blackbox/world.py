"""The whole of it, real but for the forge, and everything that can be done to it.

`story.py` chooses what happens; here is how. What was done is written down, so that a
failure can be told.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.blackbox import forge as forges
from tests.blackbox.agents import Agents
from tests.blackbox.documents import PREFIX, Documents, Section
from tests.blackbox.forge import TimedForge
from tests.interop.service import Service
from tests.interop.stage import Stage
from tests.interop.toolchain import Built
from tests.report.fake_forge import TOKEN, Answer, Drop, Fault
from tests.support import git_http
from tests.support.fleet_repo import FleetRepo
from tests.support.git_http import GitHttp
from tests.support.git_repo import GitRepo

ROLES: Final = {"gateways": "gateway", "edges": "edge", "nodes": "node"}
FIRST_TAG: Final = 10
POLLS_FOR: Final = 7.0
FETCHED_WITHIN: Final = 2.5


@dataclass(frozen=True, slots=True)
class Commit:
    """One that was pushed.

    Attributes:
        is_passed: A newer one was pushed with it.
        is_beside: It came with or after a rewrite that may not have been seen. Then no
            way leads to it from the commit in force, and nothing is owed to it.
    """

    sha: str
    documents: Documents
    at: float
    is_passed: bool = False
    is_beside: bool = False


@dataclass(slots=True)
class HostSettings:
    """One host of the fleet.

    Attributes:
        tempers: How it takes configs that contain a text.
        home: The group in which a config selected it when all was at rest last.
    """

    role: str
    scheme: str
    is_there: bool = False
    tempers: dict[str, str] = field(default_factory=dict)
    home: str | None = None


@dataclass(slots=True)
class World:
    """The parts, and what was done to them.

    Attributes:
        commits: Oldest first; those that a rewrite took away are gone.
        had: Groups that had agents when all was at rest last.
        story: What was done, in words.
        acted_at: When something was done last.
        rested_at: When all was at rest last.
        is_rewritten: The history was, since then.
    """

    service: Service
    agents: Agents
    forge: TimedForge
    git: GitHttp
    repo: FleetRepo
    hosts: dict[str, HostSettings]
    commits: list[Commit] = field(default_factory=list)
    had: set[str] = field(default_factory=set)
    story: list[str] = field(default_factory=list)
    tag: int = FIRST_TAG
    started_at: float = field(default_factory=time.time)
    acted_at: float = 0.0
    rested_at: float = 0.0
    is_rewritten: bool = False
    _asked_before: int = 0

    def tell(self, words: str) -> None:
        """Write down what is done now."""
        self.acted_at = time.time()
        self.story.append(f"{time.time() - self.started_at:7.2f}  {words}")

    # What is known without asking the service.

    @property
    def documents(self) -> Documents:
        """The newest ones that can be read."""
        return self.in_force.documents

    @property
    def in_force(self) -> Commit:
        """The commit that the service must have put in force."""
        return next(
            commit
            for commit in reversed(self.commits)
            if not (commit.documents.is_unreadable or commit.is_passed)
        )

    @property
    def asked(self) -> int:
        """Requests to the forge since the service was started."""
        return len(self.forge.answered) - self._asked_before

    def present(self, *, scheme: str = "") -> list[str]:
        """Names of the hosts whose agent runs."""
        return [
            name
            for name, host in self.hosts.items()
            if host.is_there and scheme in {"", host.scheme}
        ]

    # Git.

    def push(self, *series: Documents, rewrite: bool = False) -> None:
        """Commit each, and push them together."""
        if rewrite:
            self.repo.git("reset", "--quiet", "--hard", "HEAD~1")
            self.commits.pop()
            self.is_rewritten = True
        at = time.time()
        shas = [self._commit(documents) for documents in series]
        force = ["--force"] if rewrite else []
        self.repo.git("push", "--quiet", *force, "origin", "main")
        for number, (sha, documents) in enumerate(zip(shas, series, strict=True)):
            passed = number < len(series) - 1
            beside = self.is_rewritten
            self.commits.append(
                Commit(sha, documents, at, is_passed=passed, is_beside=beside)
            )
        self.tell(f"pushed {', '.join(sha[:7] for sha in shas)}")

    def let_fetch(self) -> None:
        """Until the service must have seen the last commit by itself."""
        time.sleep(max(0.0, self.commits[-1].at + FETCHED_WITHIN - time.time()))

    def _commit(self, documents: Documents) -> str:
        files: dict[str, str | None] = dict(documents.files())
        here = {path.name for path in self.repo.path.glob("*.yaml")}
        return self.repo.commit(files | dict.fromkeys(here - files.keys()))

    def new_tag(self) -> int:
        """One that no config had yet."""
        self.tag += 1
        return self.tag

    # Agents.

    def join(
        self, name: str, *, new_uid: bool = False, forgetful: bool = False
    ) -> None:
        """Start the agent of a host."""
        host = self.hosts[name]
        host.is_there = True
        self.agents.start_agent(
            name,
            self.service.url(host.scheme),
            role=host.role,
            tempers=host.tempers,
            new_uid=new_uid,
            forgetful=forgetful,
        )

    def leave(self, name: str, how: str) -> None:
        """End the agent of a host: stop or kill."""
        host = self.hosts[name]
        host.is_there = False
        if host.scheme == "http":
            self._let_poll(name)
        self.agents.order(name, how)

    def _let_poll(self, name: str) -> None:
        """Until the service can know how often it polls: else it is awaited long."""
        at, heard = self.agents.testimonies[name].reachable[-1]
        if heard:
            time.sleep(max(0.0, at + POLLS_FOR - time.time()))

    def temper(self, name: str, tempers: dict[str, str]) -> None:
        """How a host takes configs from now on."""
        self.hosts[name].tempers = tempers
        if self.hosts[name].is_there:
            self.agents.order(name, "temper", tempers=tempers)

    # Service and forge.

    def kill_service(self, pause: float) -> None:
        """End it without a word and start it again on what it had written."""
        self.service.kill()
        self.agents.cannot_be_heard()
        time.sleep(pause)
        self._asked_before = len(self.forge.answered)
        self.service.start()

    def trouble_forge(self, outage: Fault | None, *faults: Fault) -> None:
        """What the forge does with requests from now on, and with the next ones."""
        self.forge.outage = outage
        self.forge.faults.extend(faults)

    def heal_services(self) -> None:
        """Forge and Git do as they should."""
        self.forge.outage = None
        self.forge.faults.clear()
        self.git.heal()


OUTAGES: Final[dict[str, Fault]] = {
    "is down": Drop(),
    "answers 503": Answer(503),
    "answers 429": Answer(429, "slow down", {"retry-after": "1"}),
    "answers 403": Answer(403, "secondary rate limit", {"retry-after": "2"}),
}


def first_documents() -> Documents:
    """Two groups, each with a config."""
    names = ("gateways", "edges")
    sections = {
        name: Section(name, ROLES[name], ROLES[name], FIRST_TAG - number)
        for number, name in enumerate(names)
    }
    return Documents(sections)


@contextmanager
def open_world(stage: Stage, binary: Built, forge: TimedForge) -> Iterator[World]:
    """Everything started, the first commit pushed, no agent there yet."""
    bare = GitRepo(stage.folder / "git" / "fleet.git")
    with git_http.serve(bare.path.parent) as git, forges.serve(forge) as forge_url:
        repo = FleetRepo(stage.folder / "clone")
        repo.git("remote", "add", "origin", git.url(bare.path.name))
        service = Service(
            stage.folder,
            *("--forge", forge.kind.value, "--forge-url", forge_url),
            *("--forge-repo", f"{forge.owner}/{forge.repo}", "--allow-rewrites"),
            source=git.url(bare.path.name),
            environment={"RECONCILER_FORGE_TOKEN": TOKEN},
        )
        agents = Agents(stage.folder / "agents", binary)
        world = World(service, agents, forge, git, repo, _hosts())
        world.push(first_documents())
        stage.start(agents)
        stage.start(service)
        yield world


def _hosts() -> dict[str, HostSettings]:
    return {
        "gateway-1": HostSettings("gateway", "ws"),
        "gateway-2": HostSettings("gateway", "http"),
        "gateway-3": HostSettings("gateway", "ws"),
        "edge-1": HostSettings("edge", "ws"),
        "edge-2": HostSettings("edge", "http"),
        "node-1": HostSettings("node", "ws"),
        "stray-1": HostSettings("gatway", "ws"),
    }


def context_of(group: str) -> str:
    """What its commit status is called."""
    return f"{PREFIX}{group}"
