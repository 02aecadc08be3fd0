"""The story that the demo tells, and what must be seen for it to be true.

A commit goes green, a bad one goes red and hurts nobody, its revert goes green, a
drifted agent is brought back. Everything is done through Git and seen through the HTTP
API and the commit statuses in the log; an expectation that is not met in time ends the
story with what was seen.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from reconciler.cli.client import Client
from reconciler.cli.narrator import SHORT, Narrator, Picture
from reconciler.cli.process import CommitStatus, StatusLog
from reconciler.cli.repository import Repository
from reconciler.errors import ReconcilerError

PATIENCE: Final = 30.0
FAILED: Final = frozenset({"Failed", "RolledBack"})
LOOK_SECONDS: Final = 0.1
BAD_FILE: Final = "overlays/gateway-production.collector.yaml"
GOOD_WORDS: Final = "otlp_grpc/archive"
BAD_WORDS: Final = "kafka/archive"
BAD_GROUP: Final = "gateways-production"
DRIFT_GROUP: Final = "node-agents-staging"


class Fleet(Protocol):
    """The agents of the story; the service knows nothing of this face of theirs."""

    @property
    def size(self) -> int:
        """How many there are."""

    def drift(self, group: str) -> str:
        """Let one agent of a group run something else; returns its host name."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the service said at one moment, and what it published up to then.

    Attributes:
        commit: The newest revision; empty before the first.
        statuses: Its commit statuses as they are now.
        told: All that were published since the chapter began, in order.
        on_it: How many agents count as running what Git says.
        agents: All of them, as the API lists them.
    """

    commit: str
    statuses: Sequence[CommitStatus]
    told: Sequence[CommitStatus]
    on_it: int
    agents: Sequence[dict[str, Any]]

    def members(self, group: str) -> list[dict[str, Any]]:
        """The agents of one group."""
        return [one for one in self.agents if one["group"] == group]


Missing = Callable[[Sight], str]
"""What an expectation still lacks; empty when it is met."""


class Story:
    """Told once, from the first commit to the last."""

    def __init__(
        self,
        repository: Repository,
        *,
        client: Client,
        log: StatusLog,
        fleet: Fleet,
        narrator: Narrator,
    ) -> None:
        self._repository = repository
        self._client = client
        self._log = log
        self._fleet = fleet
        self._narrator = narrator
        self._told: list[CommitStatus] = []

    async def tell(self) -> None:
        """The four chapters.

        Raises:
            ReconcilerError: Something that must happen did not; says what was expected
                and what was seen.
        """
        before = await self._first_commit()
        await self._bad_commit(before)
        await self._revert()
        await self._drift()

    async def _first_commit(self) -> Sight:
        self._chapter("1. A commit goes green")
        self._say_commit()
        green = await self._until_green("the first commit turns green")
        self._narrator.proven(
            f"green: all {self._fleet.size} agents say APPLIED and are healthy"
        )
        return green

    async def _bad_commit(self, before: Sight) -> None:
        self._chapter("2. A bad commit goes red, and no Collector stays down")
        self._repository.replace(BAD_FILE, GOOD_WORDS, BAD_WORDS)
        bad = self._repository.commit("Archive logs in Kafka")
        self._say_commit()
        self._narrator.quote("\n".join(self._repository.changed_lines()), "dim")
        red = await self._until(
            f"{BAD_GROUP} turns red in the agents' own words",
            lambda sight: _is_red_in_its_words(sight, bad, BAD_WORDS),
        )
        first = red.members(BAD_GROUP)[0]
        self._narrator.proven(f"red, as {first['name']} said:")
        self._narrator.quote(first["detail"], "red")
        hashes = {one["uid"]: one["reportedHash"] for one in before.members(BAD_GROUP)}
        await self._until(
            f"every agent of {BAD_GROUP} runs its last good config again, healthy",
            lambda sight: _are_back(sight, bad, hashes),
        )
        self._narrator.proven(
            f"all of {BAD_GROUP} ({len(hashes)}) run their last good config again and "
            "are healthy; the commit stays red"
        )

    async def _revert(self) -> None:
        self._chapter("3. The revert goes green")
        self._repository.revert()
        self._say_commit()
        await self._until_green("the revert turns green")
        self._narrator.proven("green again")

    async def _drift(self) -> None:
        self._chapter("4. An agent drifts and is brought back")
        name = self._fleet.drift(DRIFT_GROUP)
        self._narrator.tell(f"somebody changed the config of {name} by hand")
        await self._until(
            f"{DRIFT_GROUP} turns red because of {name}",
            lambda sight: _was_red(sight, DRIFT_GROUP, name),
        )
        self._narrator.proven(f"red: {name} does not run what Git says")
        await self._until_green(f"{name} is healed and {DRIFT_GROUP} green")
        self._narrator.proven(f"green: {name} was given its config again")

    def _chapter(self, title: str) -> None:
        self._told.clear()
        self._narrator.chapter(title)

    def _say_commit(self) -> None:
        subject = self._repository.git("log", "-1", "--format=%s")
        self._narrator.tell(f"git commit {self._repository.head[:SHORT]}  {subject}")

    async def _until_green(self, what: str) -> Sight:
        commit, size = self._repository.head, self._fleet.size
        return await self._until(what, lambda sight: _is_green(sight, commit, size))

    async def _until(self, what: str, missing: Missing) -> Sight:
        deadline = time.monotonic() + PATIENCE
        while lacks := missing(sight := await self._look()):
            if time.monotonic() > deadline:
                raise ReconcilerError(
                    f"expected within {PATIENCE:g} s: {what}; seen: {lacks}"
                )
            await asyncio.sleep(LOOK_SECONDS)
        return sight

    async def _look(self) -> Sight:
        news = self._log.news()
        self._told += news
        sight = await asyncio.to_thread(self._ask)
        unhealthy = sum(not one["healthy"] for one in sight.agents)
        summary = f"{len(sight.agents)} agents, {unhealthy} unhealthy"
        self._narrator.show(news, Picture(sight.commit, sight.statuses, summary))
        return sight

    def _ask(self) -> Sight:
        pages = list(self._client.agents({}))
        groups = self._client.get("groups")["groups"]
        commit, statuses = _newest(self._client.get("revisions", limit=1)["revisions"])
        return Sight(
            commit,
            statuses,
            tuple(self._told),
            on_it=sum(one["counts"].get("on it", 0) for one in groups),
            agents=[one for page in pages for one in page["agents"]],
        )


def _newest(revisions: list[dict[str, Any]]) -> tuple[str, list[CommitStatus]]:
    if not revisions:
        return "", []
    commit = revisions[0]["commit"]
    return commit, [
        CommitStatus(commit, one["context"], one["state"], one["description"])
        for one in revisions[0]["statuses"]
    ]


def _is_of(group: str, status: CommitStatus) -> bool:
    return status.context.endswith(f"/{group}")


def _is_green(sight: Sight, commit: str, size: int) -> str:
    if sight.commit != commit or not sight.statuses:
        return f"the newest revision is {sight.commit[:SHORT] or 'none'}"
    red = [one for one in sight.statuses if one.state != "success"]
    if red:
        return "; ".join(f"{one.context} {one.state}: {one.description}" for one in red)
    return "" if sight.on_it == size else f"{sight.on_it} of {size} agents are on it"


def _is_red(sight: Sight, commit: str) -> str:
    found = [one for one in sight.statuses if _is_of(BAD_GROUP, one)]
    if sight.commit == commit and any(one.state == "failure" for one in found):
        return ""
    seen = [f"{one.state}: {one.description}" for one in found]
    return f"{sight.commit[:SHORT]} {', '.join(seen)}"


def _is_red_in_its_words(sight: Sight, commit: str, words: str) -> str:
    if red := _is_red(sight, commit):
        return red
    members = sight.members(BAD_GROUP)
    rejected = [one for one in members if one["sync"] in FAILED]
    if not members or len(rejected) < len(members):
        return f"{len(rejected)} of {len(members)} agents failed"
    others = [one for one in members if words not in one["detail"]]
    return "; ".join(f"{one['name']} said {one['detail']!r}" for one in others)


def _are_back(sight: Sight, commit: str, hashes: dict[str, str]) -> str:
    if red := _is_red(sight, commit):
        return red
    away = [
        one["name"]
        for one in sight.members(BAD_GROUP)
        if one["reportedHash"] != hashes[one["uid"]] or not one["healthy"]
    ]
    return f"not back: {', '.join(away)}" if away else ""


def _was_red(sight: Sight, group: str, name: str) -> str:
    for status in sight.told:
        words = status.description
        if _is_of(group, status) and status.state == "failure" and name in words:
            return ""
    seen = [f"{one.state}: {one.description}" for one in sight.told]
    return ", ".join(seen) or "nothing was published"
