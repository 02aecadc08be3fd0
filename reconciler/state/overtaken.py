"""Commits that were overtaken before they were green, and what becomes of them.

Held by `revisions.py`. The fate of a commit follows the content that it stands for: in
a group whose agents all should run under the newer commit what they should run under
the older one, the older ends as the newer does; elsewhere it was superseded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.ids import CommitSha, GroupName
from reconciler.state.agent import Agent
from reconciler.state.desired import Resolution, Resolver

REMEMBERED = 5
"""Overtaken fleets that are compared with the one in force."""

Context: TypeAlias = str


@dataclass(slots=True)
class _Overtaken:
    """One fleet that was in force.

    Attributes:
        commits: Those that stand for it in each context: its own, and carried ones.
        open: The contexts in which they were told no end yet.
        differs: Groups in which some agent should run something else now.
    """

    resolver: Resolver
    commits: Mapping[Context, tuple[CommitSha, ...]]
    open: frozenset[Context]
    differs: set[GroupName] = field(default_factory=set)

    def ended(self, contexts: Iterable[Context]) -> list[tuple[CommitSha, Context]]:
        """The commits that nobody told an end of these contexts."""
        return [
            (commit, context)
            for context in contexts
            if context in self.open
            for commit in self.commits[context]
        ]


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of the commits that waited.

    Attributes:
        carried: They mean what the commit in force means, and are told what it is told.
        superseded: They end here.
    """

    carried: frozenset[CommitSha]
    superseded: tuple[tuple[CommitSha, Context], ...]


class OvertakenCommits:
    """Compares the fleets that were in force with the one that is."""

    def __init__(self) -> None:
        self._fleets: list[_Overtaken] = []
        self._carried: dict[Context, tuple[CommitSha, ...]] = {}
        self._ended: list[tuple[CommitSha, Context]] = []

    @property
    def has_work(self) -> bool:
        """Some commit waits for its end."""
        return bool(self._fleets or self._ended)

    @property
    def undecided(self) -> bool:
        """Some commit waits for a comparison."""
        return bool(self._fleets)

    def carry(self, commit: CommitSha, context: Context) -> None:
        """This commit is told what the one in force is told."""
        self._carried[context] = (*self._carried.get(context, ()), commit)

    def end(self, commit: CommitSha, context: Context) -> None:
        """This commit was superseded and not told so."""
        self._ended.append((commit, context))

    def carried(self, context: Context, *, ends: bool = False) -> tuple[CommitSha, ...]:
        """The commits that are told what the one in force is told.

        Args:
            context: Where.
            ends: It is the last that they are told: it is green, and stays so for them.
        """
        commits = self._carried.get(context, ())
        if ends:
            self._carried.pop(context, None)
        return commits

    def add(self, resolver: Resolver, contexts: Mapping[Context, bool]) -> None:
        """A fleet was overtaken; earlier ones are compared anew, with the newest.

        Args:
            resolver: Of that fleet.
            contexts: Those in which it is not green, and whether it waits for an end.
        """
        own = resolver.fleet.revision.commit
        commits = {
            context: (own, *self._carried.get(context, ())) for context in contexts
        }
        waiting = frozenset(context for context, is_open in contexts.items() if is_open)
        self._carried.clear()
        for overtaken in self._fleets:
            overtaken.differs.clear()
        if commits:
            self._fleets.append(_Overtaken(resolver, commits, waiting))
        for dropped in self._fleets[:-REMEMBERED]:
            self._ended += dropped.ended(dropped.commits)
        del self._fleets[:-REMEMBERED]

    def compare(self, agent: Agent, now: Resolution) -> None:
        """Compare what an agent should run now with what it should have run."""
        for overtaken in self._fleets:
            before = overtaken.resolver.resolve(agent.labels)
            if before.group != now.group or _meaning(before) != _meaning(now):
                overtaken.differs |= {before.group, now.group}

    def decide(self, contexts: Mapping[Context, GroupName]) -> Fates:
        """The end of comparing: every agent was compared.

        Args:
            contexts: Of the commit in force.
        """
        carried: set[CommitSha] = set()
        for overtaken in self._fleets:
            same = {
                context
                for context in overtaken.commits
                if (group := contexts.get(context)) and group not in overtaken.differs
            }
            for context in same:
                for commit in overtaken.commits[context]:
                    self.carry(commit, context)
                    carried.add(commit)
            self._ended += overtaken.ended(overtaken.commits.keys() - same)
        self._fleets.clear()
        ended, self._ended = self._ended, []
        return Fates(frozenset(carried), tuple(ended))


def _meaning(resolution: Resolution) -> object:
    desired = resolution.desired
    return desired.hash if isinstance(desired, RenderedConfig) else desired
