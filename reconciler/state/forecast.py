"""What another revision would do to the agents: which configs change, and for whom.

Called by `reconciler plan`, and by whoever tells a pull request. Pure: two fleets and a
population in, everything there is to say out. Agents resolve as they would in the
running service, so what is forecast is what would be pushed.
"""

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from reconciler.errors import Where
from reconciler.fleet import population
from reconciler.fleet.documents import Fleet, Guard
from reconciler.fleet.findings import Finding
from reconciler.fleet.population import KnownAgent, Population
from reconciler.fleet.rendering import provenance
from reconciler.fleet.rendering.render import (
    MESSAGE_BYTES,
    Blocked,
    RenderedConfig,
    Unmatched,
)
from reconciler.fleet.syntax import differences
from reconciler.fleet.syntax.differences import Difference
from reconciler.fleet.syntax.pointers import Path
from reconciler.ids import GroupName, Revision
from reconciler.state import risks
from reconciler.state.desired import Desired, Resolution, Resolver

MOST_TRACED: Final = 50
"""Values of one change of which it is looked up who took them away."""


class Fate(StrEnum):
    """What becomes of agents."""

    CHANGED = "changed"
    """They get another config than they have."""
    MATCHED = "matched"
    """They are selected for the first time."""
    UNBLOCKED = "unblocked"
    """Broken documents, or the size, held them back, and do no longer."""
    TOO_LARGE = "tooLarge"
    """No message has room for their new config; they keep what they have."""
    BLOCKED = "blocked"
    """Broken documents begin to hold them back; they keep what they have."""
    UNMATCHED = "unmatched"
    """Nothing selects them any more; nothing is sent, so they keep what they have."""

    @property
    def restarts(self) -> bool:
        """They are sent a config, which restarts a Collector."""
        return self in {Fate.CHANGED, Fate.MATCHED, Fate.UNBLOCKED}


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """Agents that go from one config to one other.

    Attributes:
        old: What they should run now; None where that is nothing, or nobody knows.
        new: What they would have to run; None where that is nothing.
        agents: Whom it is about, in order of name.
        groups: The groups they are in afterwards.
        differences: By entry of the config map; empty unless there are both configs.
        taken_away: Where a document removes what is gone, by entry and path; what
            nobody sets any more is not in it.
        why: What blocks them.
        risks: What somebody should look at twice.
    """

    fate: Fate
    old: RenderedConfig | None
    new: RenderedConfig | None
    agents: Population
    groups: tuple[GroupName, ...]
    differences: tuple[tuple[str, Difference], ...] = ()
    taken_away: Mapping[tuple[str, Path], Where] = field(default_factory=dict)
    why: tuple[Finding, ...] = ()
    risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """Agents that change their group."""

    before: GroupName
    after: GroupName
    agents: Population


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """Whether so many agents may change without an approval.

    Attributes:
        touched: Agents that change or are no longer selected.
        total: Of so many.
    """

    guard: Guard
    touched: int
    total: int

    @property
    def share(self) -> float:
        """Of the agents, 0 to 1."""
        return self.touched / self.total if self.total else 0.0

    @property
    def is_exceeded(self) -> bool:
        """The commit needs somebody's approval."""
        return self.total >= self.guard.least and self.share > self.guard.share


@dataclass(frozen=True, slots=True)
class Forecast:
    """Everything that would follow from putting `after` in force where `before` is.

    Attributes:
        known: The agents are known; else each of them stands for a way to match the
            selectors, and numbers count configs.
        complete: All ways to match were looked at.
        agents: How many were looked at.
        changes: The largest first.
        stuck: Agents that were held back before and still are.
        guard: None where no agents are known.
        fatal: Errors that keep the whole revision from being put in force.
        risks: Of the change as a whole.
    """

    before: Revision
    after: Revision
    known: bool
    complete: bool
    agents: int
    changes: tuple[ConfigChange, ...] = ()
    moves: tuple[Move, ...] = ()
    stuck: int = 0
    guard: GuardVerdict | None = None
    fatal: tuple[Finding, ...] = ()
    risks: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """No agent would notice."""
        return not (self.changes or self.moves or self.fatal)

    def count(self, *fates: Fate) -> int:
        """Agents that meet one of these fates."""
        return sum(len(one.agents) for one in self.changes if one.fate in fates)

    @property
    def restarts(self) -> int:
        """Agents that would be sent a config."""
        return self.count(*(fate for fate in Fate if fate.restarts))


def forecast(before: Fleet, after: Fleet, known: Population = ()) -> Forecast:
    """What `after` would do to agents for whom `before` is in force.

    Args:
        before: A fleet that is in force, so without fatal errors.
        after: Any fleet.
        known: The agents; without any, those that the selectors of both fleets allow.
    """
    agents, complete = (known, True) if known else population.possible(before, after)
    start = Forecast(
        before.revision,
        after.revision,
        known=bool(known),
        complete=complete,
        agents=len(agents),
        fatal=after.fatal,
    )
    if after.fatal:
        return start  # such a revision is refused whole: everybody keeps what they have
    old, new = Resolver(before), Resolver(after)
    outcomes = [_outcome(one, old, new) for one in agents]
    changes = tuple(_changes(outcomes, after))
    guard = _guard(after.guard, changes, len(agents)) if known else None
    return replace(
        start,
        changes=changes,
        moves=tuple(_moves(outcomes)),
        stuck=sum(one.is_stuck for one in outcomes),
        guard=guard,
        risks=tuple(_risks(outcomes)),
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One agent under both fleets; `seen` is how the second one labels it."""

    agent: KnownAgent
    seen: KnownAgent
    before: Resolution
    after: Resolution

    @property
    def fate(self) -> Fate | None:
        """None for those who notice nothing."""
        match self.before.desired, self.after.desired:
            case (Blocked(), Blocked()) | (Unmatched(), Unmatched()):
                return None
            case RenderedConfig(hash=old), RenderedConfig(hash=new) if old == new:
                return None
            case _, Blocked():
                return Fate.BLOCKED
            case _, Unmatched():
                return Fate.UNMATCHED
            case _, RenderedConfig() as new if new.is_too_large:
                return Fate.TOO_LARGE
            case old, _ if _is_held(old):
                return Fate.UNBLOCKED
            case Unmatched(), _:
                return Fate.MATCHED
            case _:
                return Fate.CHANGED

    @property
    def is_stuck(self) -> bool:
        both = (self.before.desired, self.after.desired)
        return self.fate is None and all(map(_is_held, both))

    @property
    def kind(self) -> Hashable:
        """Equal for agents that are told of together."""
        return self.fate, _identity(self.before.desired), _identity(self.after.desired)


def _outcome(agent: KnownAgent, before: Resolver, after: Resolver) -> _Outcome:
    """What the inventory of `before` says of the agent is no longer true in `after`."""
    vouched = frozenset(agent.labels.keys() - agent.claimed)
    now = before.resolve(agent.labels, vouched=vouched)
    own = {
        key: value for key, value in agent.labels.items() if key not in now.inventory
    }
    then = after.resolve(own, vouched=vouched & own.keys())
    given = then.inventory
    seen = replace(agent, labels={**own, **given}, claimed=agent.claimed - given.keys())
    return _Outcome(agent, seen, now, then)


def _is_held(desired: Desired) -> bool:
    """Something is meant for the agent, and cannot be sent."""
    match desired:
        case RenderedConfig():
            return desired.is_too_large
        case Blocked():
            return True
        case Unmatched():
            return False


def _identity(desired: Desired) -> Hashable:
    match desired:
        case RenderedConfig(hash=digest):
            return digest
        case Blocked(findings):
            return findings
        case Unmatched():
            return None


def _changes(outcomes: Iterable[_Outcome], after: Fleet) -> Iterator[ConfigChange]:
    alike: defaultdict[Hashable, list[_Outcome]] = defaultdict(list)
    for one in outcomes:
        if one.fate is not None:
            alike[one.kind].append(one)
    made = [
        _change(fate, same, after) for same in alike.values() if (fate := same[0].fate)
    ]
    yield from sorted(made, key=lambda one: (-len(one.agents), one.agents[0].name))


def _change(fate: Fate, alike: list[_Outcome], fleet: Fleet) -> ConfigChange:
    old, new = (_config(one) for one in (alike[0].before, alike[0].after))
    found = tuple(_differences(old, new)) if old and new else ()
    after = alike[0].after.desired
    builds = (one.agent.components for one in alike)
    lacking = risks.lacking(new.nodes, builds) if new else ()
    return ConfigChange(
        fate,
        old,
        new,
        _by_name(one.agent for one in alike),
        tuple(sorted({one.after.group for one in alike})),
        differences=found,
        taken_away=dict(_taken_away(found, alike[0].seen, fleet)),
        why=after.findings if isinstance(after, Blocked) else (),
        risks=(*_size(new), *lacking, *risks.of(found)),
    )


def _size(new: RenderedConfig | None) -> Iterator[str]:
    if new and new.is_too_large:
        yield (
            f"takes {new.message_bytes:,} bytes, and a message to an agent holds "
            f"{MESSAGE_BYTES:,}: it cannot be sent"
        )


def _config(resolution: Resolution) -> RenderedConfig | None:
    desired = resolution.desired
    return desired if isinstance(desired, RenderedConfig) else None


def _differences(
    old: RenderedConfig, new: RenderedConfig
) -> Iterator[tuple[str, Difference]]:
    for name in dict.fromkeys((*old.nodes, *new.nodes)):
        match old.nodes.get(name), new.nodes.get(name):
            case None, added:
                yield name, Difference((), None, added)
            case removed, None:
                yield name, Difference((), removed, None)
            case one, other:
                yield from ((name, found) for found in differences.between(one, other))


def _taken_away(
    found: Iterable[tuple[str, Difference]], agent: KnownAgent, fleet: Fleet
) -> Iterator[tuple[tuple[str, Path], Where]]:
    gone = ((entry, one.path) for entry, one in found if one.new is None)
    for entry, path in itertools.islice(gone, MOST_TRACED):
        steps = provenance.trace(
            fleet, agent.labels, path, entry=entry, claimed=agent.claimed
        )
        if steps and steps[-1].value is None:
            yield (entry, path), steps[-1].where


def _moves(outcomes: Iterable[_Outcome]) -> Iterator[Move]:
    """Whoever is held back has no group that anybody could tell."""
    moved: defaultdict[tuple[GroupName, GroupName], list[KnownAgent]] = defaultdict(
        list
    )
    for one in outcomes:
        settled = not isinstance(one.after.desired, Blocked)
        if settled and one.before.group != one.after.group:
            moved[one.before.group, one.after.group].append(one.agent)
    for (before, after), agents in sorted(moved.items()):
        yield Move(before, after, _by_name(agents))


def _by_name(agents: Iterable[KnownAgent]) -> Population:
    return tuple(sorted(agents, key=lambda one: one.name))


def _guard(guard: Guard, changes: Iterable[ConfigChange], total: int) -> GuardVerdict:
    counted = {Fate.CHANGED, Fate.UNMATCHED}
    touched = sum(len(one.agents) for one in changes if one.fate in counted)
    return GuardVerdict(guard, touched, total)


def _risks(outcomes: list[_Outcome]) -> Iterator[str]:
    touched = [one.fate for one in outcomes if one.fate]
    if len(outcomes) > 1 and len(touched) == len(outcomes):
        yield "it touches every agent"
