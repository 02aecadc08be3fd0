"""A stage that holds every action against the laws of the controller."""

from collections import defaultdict
from dataclasses import dataclass, field

from reconciler.fleet.documents import Fleet
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.ids import CommitSha, ConfigHash, Generation, InstanceUid
from reconciler.state.actions import (
    Action,
    OfferRemoteConfig,
    PublishCommitStatus,
    SaveAgent,
)
from reconciler.state.agent import Agent, OfferKind, Sync
from reconciler.state.conditions import CommitState
from reconciler.state.events import (
    AgentReported,
    Event,
    PassedCommit,
    RevisionFetched,
    Tick,
)
from reconciler.state.observed import Capability, ConfigStatus
from tests.playbook import Stage
from tests.toy_agents import Toy


@dataclass
class Watched(Stage):
    """Also carries what is pushed to the toy agents, as the transport would.

    Attributes:
        toys: The agents by uid.
        accepted: The entries of every config that some accepted commit renders.
        quarantine: The hashes that each agent has failed since Git changed its config.
        was_synced: Agents that were Synced on something once.
        fleets: Every fleet that was accepted.
    """

    toys: dict[InstanceUid, Toy] = field(default_factory=dict)
    accepted: dict[ConfigHash, dict[str, ConfigEntry]] = field(default_factory=dict)
    quarantine: defaultdict[InstanceUid, set[ConfigHash]] = field(
        default_factory=lambda: defaultdict(set)
    )
    was_synced: set[InstanceUid] = field(default_factory=set)
    fleets: dict[CommitSha, Fleet] = field(default_factory=dict)
    _aims: dict[InstanceUid, ConfigHash] = field(default_factory=dict)
    _generations: dict[InstanceUid, Generation] = field(default_factory=dict)

    def handle(self, event: Event) -> list[Action]:
        already = len(self.pushed)
        actions = super().handle(event)
        for action in actions:
            self._check(action, event)
        if not isinstance(event, AgentReported | Tick):
            again = self.controller.handle(event, self.now)
            assert [one for one in again if not isinstance(one, SaveAgent)] == []
        if isinstance(event, AgentReported):
            self._note(self.controller.agents[event.report.instance_uid])
        self._deliver(already)
        return actions

    def _deliver(self, already: int) -> None:
        for action in self.pushed[already:]:
            toy = self.toys[action.uid]
            held = self.controller.agents[action.uid].connection
            if held == toy.actor.connection:
                toy.hears_push(action)

    def accept(self, new: Fleet, *passed: tuple[Fleet, bool]) -> None:
        """Commit a fleet that has no errors, with commits that came before it.

        Each of those with whether no file differs between it and the new one.
        """
        self.fleets[new.revision.commit] = new
        for uid, toy in self.toys.items():
            config = self.desired(toy, new)
            if not isinstance(config, RenderedConfig):
                continue
            self.accepted[config.hash] = dict(config.entries)
            if self._aims.get(uid) != config.hash:
                self._aims[uid] = config.hash
                self.quarantine[uid].clear()
        for fleet, _ in passed:
            self.fleets[fleet.revision.commit] = fleet
        commits = [
            PassedCommit(fleet.revision.commit, is_same) for fleet, is_same in passed
        ]
        self.handle(RevisionFetched(new, "a message", tuple(commits)))
        self.tick()
        self.fleet = self.controller.fleet

    def renames(self, toy: Toy) -> None:
        """A toy agent speaks under another uid from now on, and is the same."""
        old, new = toy.actor.uid, self.new_uid()
        self.toys[new] = self.toys.pop(old)
        if old in self.quarantine:
            self.quarantine[new] = self.quarantine.pop(old)
        if old in self.was_synced:
            self.was_synced.add(new)
        if old in self._aims:
            self._aims[new] = self._aims.pop(old)
        toy.actor.uid = new

    def desired(self, toy: Toy, of: Fleet | None = None) -> object:
        """What an agent should run, worked out anew."""
        fleet = of or self.controller.fleet
        return render.render(fleet, toy.actor.labels) if fleet else None

    def _note(self, agent: Agent) -> None:
        if agent.sync is Sync.SYNCED:
            self.was_synced.add(agent.uid)
            if agent.desired:
                self.quarantine[agent.uid].discard(agent.desired)
        failed = agent.says is ConfigStatus.FAILED
        desired = self._aims.get(agent.uid)
        if agent.known and failed and desired and agent.reported_hash == desired:
            self.quarantine[agent.uid].add(desired)

    def _check(self, action: Action, event: Event) -> None:
        match action:
            case OfferRemoteConfig():
                self._check_offer(action, event)
            case PublishCommitStatus(state=CommitState.SUCCESS):
                self._check_green(action)
            case SaveAgent(record):
                assert self.controller.agents[record.uid].known
            case _:
                pass

    def _check_offer(self, sent: OfferRemoteConfig, event: Event) -> None:
        agent = self.controller.agents[sent.uid]
        digest = sent.config.hash
        assert agent.known
        assert agent.has(Capability.ACCEPTS_REMOTE_CONFIG)
        assert sent.generation >= self._generations.get(sent.uid, 0)
        self._generations[sent.uid] = sent.generation
        assert sent.config.entries == self.accepted[digest]
        assert digest not in self.quarantine[sent.uid]
        assert agent.offer is not None
        if agent.reported_hash == digest:
            stuck = agent.says in {ConfigStatus.APPLYING, ConfigStatus.UNSET}
            assert stuck or agent.offer.kind is OfferKind.CORRECTION
        if agent.polls:
            assert isinstance(event, AgentReported)
            assert event.report.instance_uid == sent.uid

    def _check_green(self, told: PublishCommitStatus) -> None:
        assert self.controller.revision is not None
        if told.context.endswith("/lint"):
            assert told.commit == self.controller.revision.commit
            return
        # A commit that was overtaken may be green for what it means itself, and not
        # for what overtook it.
        meant = self.fleets[told.commit]
        for uid, toy in self.toys.items():
            agent = self.controller.agents.get(uid)
            desired = self.desired(toy, meant)
            if (
                agent is None
                or not agent.is_reachable
                or agent.group not in told.context
            ):
                continue
            if isinstance(desired, RenderedConfig):
                assert agent.judged_in == self.controller.generation
                assert agent.sync is Sync.SYNCED
                assert agent.reported_hash == desired.hash
