"""The builds of the Collector that agents run, by their own hash of what is in them.

Held by `controller.py`. A fleet has few builds, so each is asked for once and kept once
for all its agents, in memory alone: after a restart it is asked for again. Agents send
what they like, so all of it is bounded, and a set that another agent contradicts is
believed no more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.fleet import compatibility
from reconciler.fleet.compatibility import Components
from reconciler.fleet.documents import Fleet
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.fleet.rules import ids
from reconciler.ids import ConfigHash, InstanceUid
from reconciler.state.agent import Agent
from reconciler.state.observed import AvailableComponents, Capability

MOST_BUILDS = 256
"""Builds that are kept at a time; of others nothing is asked and nothing is known."""

MOST_TYPES = 2_000
"""Component types of one build; the largest distribution has some 300."""

MOST_JUDGED = 4_096
"""Configs that are remembered as judged for one build."""

ANSWER_WITHIN = 60.0
"""Seconds an agent has to tell its components before another one is asked."""

TOLD_WITHIN = 35.0
"""Seconds that a config waits for the first answer: polling agents take that long."""

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the build of an agent can run a config.

    Attributes:
        lacks: What it would need, and where that is written; empty when there is
            nothing, or nobody knows.
        told_by: Until when it is waited for what the build has; 0 for not at all.
    """

    lacks: str = ""
    told_by: float = 0.0


FITS = Fit()


@dataclass(slots=True)
class _Build:
    """What is known of one build.

    Attributes:
        components: None until they are told, and for good once they are not believed.
        asked_first: When that was; 0 before.
        fits: The answers by config.
    """

    users: set[InstanceUid] = field(default_factory=set)
    asked: set[InstanceUid] = field(default_factory=set)
    asked_first: float = 0.0
    asked_at: float = 0.0
    components: Components | None = None
    fits: dict[ConfigHash, Fit] = field(default_factory=dict)


class Builds:
    """Every build that some agent has."""

    def __init__(self) -> None:
        self._builds: dict[bytes, _Build] = {}
        self._untold: dict[bytes, _Build] = {}
        self._of: dict[InstanceUid, bytes] = {}
        self._fleet: Fleet | None = None

    def sets(self) -> Mapping[bytes, Components]:
        """The components of each build that is known."""
        return {
            digest: build.components
            for digest, build in self._builds.items()
            if build.components is not None
        }

    def aim(self, fleet: Fleet) -> None:
        """Judge the configs of this fleet from now on."""
        self._fleet = fleet
        for build in self._builds.values():
            build.fits.clear()

    def fit(self, agent: Agent, config: RenderedConfig) -> Fit:
        """Whether the agent can run a config; judged once for each config and build."""
        build = self._builds.get(agent.components_hash)
        if build is None or not agent.has(Capability.REPORTS_AVAILABLE_COMPONENTS):
            return FITS
        if build.components is None:
            is_awaited = agent.components_hash in self._untold and build.asked_first
            return Fit(told_by=build.asked_first + TOLD_WITHIN) if is_awaited else FITS
        fit = build.fits.get(config.hash)
        if fit is None:
            if len(build.fits) >= MOST_JUDGED:
                build.fits.clear()
            fit = build.fits[config.hash] = self._judge(config, build.components)
        return fit

    def restore(self, agents: Iterable[Agent]) -> None:
        """Count agents that were known before this process began."""
        for agent in agents:
            self._count(agent.uid, agent.components_hash)

    def take(self, agent: Agent, told: AvailableComponents) -> tuple[InstanceUid, ...]:
        """Count an agent for the build it reports, and keep what it tells of it.

        Returns the agents that have to be judged again.
        """
        if not agent.has(Capability.REPORTS_AVAILABLE_COMPONENTS):
            return ()
        self._count(agent.uid, told.hash)
        build = self._builds.get(told.hash)
        if build is None or told.components is None:
            return ()
        given = _checked(told.components)
        if self._untold.pop(told.hash, None) is not None:
            build.components = given
        elif given == build.components or build.components is None:
            return ()
        else:
            build.components = None
        build.asked.clear()
        build.fits.clear()
        return tuple(build.users)

    def is_to_tell(self, agent: Agent, now: float) -> bool:
        """Whether this agent is the one to ask for its components; it counts as asked.

        One agent of each build is, and another when that one leaves or keeps silent.
        """
        build = self._untold.get(agent.components_hash)
        if build is None or agent.uid in build.asked:
            return False
        if not agent.has(Capability.REPORTS_AVAILABLE_COMPONENTS):
            return False
        if build.asked and now < build.asked_at + ANSWER_WITHIN:
            return False
        build.asked.add(agent.uid)
        build.asked_at = now
        build.asked_first = build.asked_first or now
        return True

    def left(self, agent: Agent) -> None:
        """It is away: whatever it was asked, it will not answer."""
        build = self._untold.get(agent.components_hash)
        if build is not None:
            build.asked.discard(agent.uid)

    def forget(self, uid: InstanceUid) -> None:
        """Count an agent no more; builds that nobody has are dropped."""
        digest = self._of.pop(uid, None)
        if digest is None:
            return
        build = self._builds[digest]
        build.users.discard(uid)
        build.asked.discard(uid)
        if not build.users:
            del self._builds[digest]
            self._untold.pop(digest, None)

    def _count(self, uid: InstanceUid, digest: bytes) -> None:
        if self._of.get(uid) == digest:
            return
        self.forget(uid)
        build = self._builds.get(digest)
        if build is None:
            if not digest or len(self._builds) >= MOST_BUILDS:
                return
            build = self._builds[digest] = self._untold[digest] = _Build()
        build.users.add(uid)
        self._of[uid] = digest

    def _judge(self, config: RenderedConfig, components: Components) -> Fit:
        found = [
            one
            for one in compatibility.missing(config.nodes, components)
            if self._fleet is None or not self._fleet.ignores.covers(one.finding)
        ]
        if not found:
            return FITS
        named = ", ".join(f"{one.name} ({one.where})" for one in found[:_MOST_NAMED])
        more = len(found) - _MOST_NAMED
        return Fit(f"lacks {named}" + (f" and {more} more" if more > 0 else ""))


def _checked(told: Components) -> Components | None:
    """What is believed of a set: types as a Collector can have them, and not too many.

    A build without any says nothing: no Collector is like that.
    """
    kinds = {
        kind: frozenset(filter(ids.is_type, told[kind]))
        for kind in compatibility.KINDS
        if kind in told
    }
    total = sum(map(len, kinds.values()))
    return kinds if 0 < total <= MOST_TYPES else None
