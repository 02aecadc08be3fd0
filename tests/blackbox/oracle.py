"""What commits must be told, worked out from nothing but what the agents say.

Knows the documents of a commit and the words of the agents, and nothing of how the
service thinks. Only the state is judged: green or not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.blackbox.agents import Testimony, Words
from tests.blackbox.documents import DEFAULT, HELD, SOAK, Documents

UNDER_WAY: Final = 1.0
"""Seconds in which words reach the service, and its answer the forge."""

WELL_FOR: Final = SOAK + UNDER_WAY
"""Seconds of good health that the service must have noticed."""


@dataclass(frozen=True, slots=True)
class Host:
    """One agent at one moment.

    Attributes:
        home: The group in which a config selected it last, if that is sure.
        since: When what it should run was first committed.
        left: When it could be heard last; None while it can be heard.
    """

    name: str
    testimony: Testimony
    home: str | None
    since: float
    left: float | None

    @property
    def words(self) -> Words:
        """Its last ones."""
        return self.testimony.words[-1]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a context must say.

    Attributes:
        why: Why it must not be green; green when there is nothing.
        doubts: Why it may be red; what the agents say does not decide.
        settles: It does not stay pending: nobody is waited for who is away.
    """

    why: tuple[str, ...]
    doubts: tuple[str, ...]
    settles: bool

    def contradicts(self, state: str | None) -> str:
        """What is wrong with a state; empty when nothing is."""
        if state is None:
            return "was told nothing"
        if state == "success":
            return f"is green, but {'; '.join(self.why)}" if self.why else ""
        if not self.why and not self.doubts:
            return f"is {state}, but all its agents are on it"
        return "is still pending" if state == "pending" and self.settles else ""


class Oracle:
    """One commit that is in force.

    Args:
        configs: What the hashes mean that agents were offered.
        had: Groups that had agents when all was at rest last.
    """

    def __init__(
        self, documents: Documents, configs: Mapping[str, Any], had: frozenset[str]
    ) -> None:
        self._documents = documents
        self._configs = configs
        self._had = had

    def groups(self, hosts: list[Host]) -> set[str]:
        """Those that must be told of."""
        places = {self.place(host, host.words) for host in hosts if self._counts(host)}
        return {*self._documents.sections} | ({DEFAULT} & places)

    def homeless(self, hosts: list[Host]) -> list[str]:
        """Agents that were left behind by a group that is gone."""
        return [
            host.name
            for host in hosts
            if self._counts(host) and self.place(host, host.words) is None
        ]

    def expected(self, group: str, hosts: list[Host]) -> Expected:
        """What the context of a group must say when all is at rest."""
        here = [host for host in hosts if self.place(host, host.words) == group]
        counted = [host for host in here if self._counts(host)]
        heard = [host for host in counted if host.left is None]
        why = list(self._complaints(heard))
        doubts: list[str] = []
        for host in counted:
            if host.left is not None:
                text, sure = self._remembered(host)
                (why if sure else doubts).extend([f"{host.name} {text}"] * bool(text))
        if counted and not heard:
            why.append("nobody is there to be on it")
        if not counted and group in self._had and not self._documents.release:
            why.append("it lost every agent it had")
        settles = bool(heard) or not counted
        return Expected(tuple(why), tuple(doubts), settles)

    def place(self, host: Host, words: Words) -> str | None:
        """The group in which an agent with these words counts; None for one gone."""
        if self._documents.wanted(words.role) is not None or not ran(
            host, self._configs
        ):
            return self._documents.group_of(words.role)
        known = {*self._documents.sections, DEFAULT}
        return host.home if host.home in known else None

    def objection(self, host: Host, words: Words) -> str:
        """Why a group is not green whose agent says this; empty for no reason."""
        wanted = self._documents.wanted(words.role)
        if wanted is None:
            lost = ran(host, self._configs) and not self._documents.release
            return "is selected by nothing any more" if lost else ""
        if wanted == HELD:
            return "should run a config that has an error"
        if words.status != "APPLIED":
            return f"says {words.status}"
        return self._differs(words, wanted) or ("" if words.healthy else "is unhealthy")

    def _complaints(self, hosts: list[Host]) -> Iterator[str]:
        for host in hosts:
            if text := self.objection(host, host.words):
                yield f"{host.name} {text}"

    def _counts(self, host: Host) -> bool:
        if self._documents.wanted(host.words.role) is not None:
            return True
        return ran(host, self._configs) and not self._documents.release

    def _differs(self, words: Words, wanted: Any) -> str:
        if self._configs.get(words.hash) != wanted:
            return "says the hash of another config"
        return "" if words.effective == wanted else "runs another config"

    def _remembered(self, host: Host) -> tuple[str, bool]:
        """What is known against an agent that is away, and whether that is certain."""
        wanted = self._documents.wanted(host.words.role)
        if wanted is None:
            return "was selected by nothing any more", True
        if wanted == HELD:
            return "should run a config that has an error", False
        left = host.left or 0.0
        words, good = host.words, self._well_at(host, wanted)
        for failed in host.testimony.words:
            of_it = self._configs.get(failed.hash) == wanted and failed.at > good
            if of_it and failed.status == "FAILED":
                sure = failed.at > host.since and failed.at < left - UNDER_WAY
                return "failed it before it left", sure
        if good > host.since and self._differs(words, wanted):
            return "had drifted when it left", words.at < left - 2 * WELL_FOR
        if self._configs.get(words.hash) == wanted and not words.healthy:
            return "was unhealthy when it left", False
        offered = [self._configs.get(digest) for _, digest in host.testimony.offers]
        return ("did not answer", False) if offered[-1:] == [wanted] else ("", False)

    def _well_at(self, host: Host, wanted: Any) -> float:
        """When it was well on what it should run last; 0 for never."""
        times = [
            words.at
            for words, seconds in host.testimony.lasting()
            if seconds > WELL_FOR and is_well(words, self._configs)
            if self._configs.get(words.hash) == wanted
        ]
        return max(times, default=0.0)


def ran(host: Host, configs: Mapping[str, Any]) -> bool:
    """Whether it ever ran a config of ours."""
    return any(
        words.status == "APPLIED" and words.hash in configs
        for words in host.testimony.words
    )


def is_well(words: Words, configs: Mapping[str, Any]) -> bool:
    """Whether it says that it runs what it was offered, in good health."""
    applied = words.status == "APPLIED" and words.healthy
    return applied and configs.get(words.hash, HELD) == words.effective


def left_down(testimony: Testimony, configs: Mapping[str, Any]) -> str:
    """What an agent that was well once was not given back; empty when nothing is.

    It is down when its last words are that a config failed, or that it is unhealthy on
    one; then it must have been offered something since.
    """
    words = testimony.words[-1]
    down = words.status == "FAILED" or (words.status == "APPLIED" and not words.healthy)
    if not down:
        return ""
    bad = configs.get(words.hash)
    first = _first_of(testimony, words)
    good = [
        configs[said.hash]
        for said, seconds in testimony.lasting()
        if said.at < words.at and seconds > WELL_FOR and is_well(said, configs)
    ]
    if not good or good[-1] == bad:
        return ""
    later = (configs[digest] for at, digest in testimony.offers if at > first)
    given = any(config != bad for config in later)
    return "" if given else "is down, and was not given its last good config back"


def _first_of(testimony: Testimony, last: Words) -> float:
    """When the last words began to be about the config they are about."""
    first = last.at
    for words in reversed(testimony.words):
        if words.hash != last.hash or words.status not in {last.status, "APPLYING"}:
            break
        first = words.at
    return first
