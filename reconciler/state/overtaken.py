"""Commits that were overtaken before they were green, and what becomes of them.

Held by `revisions.py`. The fate of a commit follows the content that it stands for: in
a group whose agents all should run under the newer commit what they should run under
the older one, the older ends as the newer does; elsewhere it was superseded. An agent
that comes later is compared too, for as long as some commit waits for its end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.fleet import inventory
from reconciler.fleet.documents import Fleet
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.ids import CommitSha, GroupName
from reconciler.state.agent import Agent
from reconciler.state.conditions import CommitState
from reconciler.state.desired import Resolution, Resolver

REMEMBERED = 5
"""Overtaken fleets that are compared with the one in force."""

Context: TypeAlias = str
Ended: TypeAlias = tuple[CommitSha, Context]


@dataclass(slots=True)
class _Overtaken:
    """One fleet that was in force.

    Attributes:
        commits: Those that stand for it in each context where they are not green.
        unended: The contexts in which they were told no end yet.
        differs: Groups in which some agent should run something else now.
    """

    resolver: Resolver
    commits: dict[Context, tuple[CommitSha, ...]]
    unended: set[Context]
    differs: set[GroupName] = field(default_factory=set)

    def end(self, contexts: Iterable[Context]) -> list[Ended]:
        """Drop contexts; returns the commits that nobody told an end of them."""
        return [
            (commit, context)
            for context in list(contexts)
            for commit in self.commits.pop(context, ())
            if context in self.unended
        ]


class OvertakenCommits:
    """Compares the fleets that were in force with the one that is.

    Attributes:
        has_work: `superseded` may name some.
    """

    def __init__(self) -> None:
        self._fleets: list[_Overtaken] = []
        self._same: dict[Context, tuple[CommitSha, ...]] = {}
        self._ended: list[Ended] = []
        self.has_work = False

    @property
    def compares(self) -> bool:
        """Some commit may still end as the one in force does."""
        return bool(self._fleets)

    def carry(self, commit: CommitSha, contexts: Iterable[Context]) -> None:
        """This commit is known to mean what the one in force means."""
        for context in contexts:
            self._same[context] = (*self._same.get(context, ()), commit)
        self.has_work = True

    def end(self, commit: CommitSha, context: Context) -> None:
        """This commit was superseded and not told so."""
        self._ended.append((commit, context))
        self.has_work = True

    def add(
        self, resolver: Resolver, contexts: Mapping[Context, bool]
    ) -> frozenset[CommitSha]:
        """A fleet was overtaken; earlier ones are compared anew, with the newest.

        Returns the commits of which nobody knows after a restart what they mean.

        Args:
            resolver: Of that fleet.
            contexts: Those in which it is not green, and whether it waits for an end.
        """
        own = resolver.fleet.revision.commit
        same = (commit for commits in self._same.values() for commit in commits)
        overtaken = frozenset((own, *same))
        commits = {context: (own, *self._same.get(context, ())) for context in contexts}
        unended = {context for context, waits in contexts.items() if waits}
        self._same.clear()
        for earlier in self._fleets:
            earlier.differs.clear()
        if commits:
            self._fleets.append(_Overtaken(resolver, commits, unended))
        for dropped in self._fleets[:-REMEMBERED]:
            self._ended += dropped.end(dropped.commits)
        del self._fleets[:-REMEMBERED]
        self.has_work = True
        return overtaken

    def drop(self, commit: CommitSha) -> None:
        """A commit is in force again, and needs nobody to follow."""
        for commits in self._following():
            for context, waiting in list(commits.items()):
                commits[context] = tuple(other for other in waiting if other != commit)

    def compare(self, agent: Agent, now: Resolution) -> None:
        """Compare what an agent should run now with what it should have run."""
        for overtaken in self._fleets:
            before = overtaken.resolver.resolve(agent.labels)
            if before.group != now.group or _meaning(before) != _meaning(now):
                overtaken.differs |= {before.group, now.group}
                self.has_work = True

    def superseded(
        self, contexts: Mapping[Context, GroupName], fleet: Fleet
    ) -> list[Ended]:
        """The commits that end here, once every agent was compared.

        Args:
            contexts: Of the commit in force.
            fleet: The one in force.
        """
        for overtaken in self._fleets:
            before = overtaken.resolver.fleet
            other = [
                context
                for context in overtaken.commits
                if (group := contexts.get(context)) is None
                or group in overtaken.differs
                or _demands(before, group) != _demands(fleet, group)
            ]
            self._ended += overtaken.end(other)
        for context in self._same.keys() - contexts.keys():
            # Nobody is in that group any more who could be told of.
            self._ended += [(commit, context) for commit in self._same.pop(context)]
        self._drop_ended()
        ended, self._ended = self._ended, []
        self.has_work = False
        return ended

    def follow(self, context: Context, state: CommitState) -> list[CommitSha]:
        """The commits that are told what the one in force is told; green is an end."""
        found: list[CommitSha] = []
        for commits in self._following():
            found += commits.get(context, ())
            if state is CommitState.SUCCESS:
                commits.pop(context, None)
        for overtaken in self._fleets:
            if state.is_terminal:
                overtaken.unended.discard(context)
            elif context in overtaken.commits:
                overtaken.unended.add(context)
        self._drop_ended()
        return found

    def _following(self) -> list[dict[Context, tuple[CommitSha, ...]]]:
        return [self._same, *(overtaken.commits for overtaken in self._fleets)]

    def _drop_ended(self) -> None:
        self._fleets = [overtaken for overtaken in self._fleets if overtaken.commits]


def _demands(fleet: Fleet, group: GroupName) -> object:
    """What a fleet asks of a group beyond the configs of its agents."""
    return (
        fleet.unselected,
        fleet.unmanaged,
        fleet.missing,
        fleet.policy_of(group).require_agents,
        inventory.expected(fleet.inventories).keys(),
    )


def _meaning(resolution: Resolution) -> object:
    desired = resolution.desired
    return desired.hash if isinstance(desired, RenderedConfig) else desired
