"""Judges one agent and turns the verdict into actions.

Held by `controller.py`; owns what judging needs and agents share: the resolver of the
revision in force, the configs that may be given back, and the comparisons of effective
configs. Writes to the agent, asks `plan.judge`, decides nothing itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from reconciler.fleet import drift_ignores
from reconciler.fleet.documents import (
    DEFAULT_GROUP,
    Fleet,
    GroupPolicy,
    Unselected,
)
from reconciler.fleet.rendering.render import RenderedConfig, Unmatched
from reconciler.ids import ConfigHash, Generation, InstanceUid
from reconciler.state import plan, records
from reconciler.state.actions import (
    Action,
    AskFullState,
    CompareEffective,
    DropConfigs,
    OfferRemoteConfig,
    SaveAgent,
    SaveConfig,
)
from reconciler.state.agent import Agent, Offer, OfferKind, Reason
from reconciler.state.builds import FITS, Builds, Fit
from reconciler.state.desired import Desired, Resolution, Resolver
from reconciler.state.drift import DriftReport
from reconciler.state.events import EffectiveCompared
from reconciler.state.observed import POLLING, Capability, EffectiveConfig
from reconciler.state.verdicts import Verdict

COMPARISONS = 20_000
"""Remembered comparisons, one for each pair of hashes; the oldest are forgotten."""

Pair = tuple[ConfigHash, bytes]


class Reconcile:
    """What agents are judged against."""

    def __init__(self, builds: Builds) -> None:
        self._builds = builds
        self.generation = Generation(0)
        self._resolver: Resolver | None = None
        self._configs: dict[ConfigHash, RenderedConfig] = {}
        self._saved: set[ConfigHash] = set()
        self._used: set[ConfigHash] = set()
        self._compared: dict[Pair, DriftReport] = {}
        self._waiting: dict[Pair, dict[InstanceUid, None]] = {}
        self._asked: set[InstanceUid] = set()
        self._judged_at = 0.0
        self._effective: WeakValueDictionary[bytes, EffectiveConfig] = (
            WeakValueDictionary()
        )

    @property
    def fleet(self) -> Fleet | None:
        """The fleet in force."""
        return self._resolver.fleet if self._resolver else None

    def restore(self, configs: Mapping[ConfigHash, RenderedConfig]) -> None:
        """Take the configs that agents may be given back."""
        self._configs.update(configs)
        self._saved.update(configs)

    def aim(self, fleet: Fleet, generation: Generation) -> None:
        """Judge against this fleet from now on."""
        self._resolver = Resolver(fleet)
        self._builds.aim(fleet)
        self.generation = generation
        self._used = set()

    @property
    def resolver(self) -> Resolver | None:
        """What resolves the labels of agents; None before the first revision."""
        return self._resolver

    def wants_failed(self, agent: Agent) -> bool:
        """Whether a forgotten agent should run a hash that it failed.

        The config that it may be given back is kept then.
        """
        resolution = self.resolution(agent)
        desired = resolution.desired if resolution else None
        if (
            not isinstance(desired, RenderedConfig)
            or desired.hash not in agent.failures
        ):
            return False
        if agent.good is not None:
            self._used.add(agent.good)
        return True

    def resolution(self, agent: Agent) -> Resolution | None:
        """What the agent should run; None before the first revision."""
        return self._resolver.resolve(agent.labels) if self._resolver else None

    def drift(self, agent: Agent) -> DriftReport | None:
        """The comparison of its effective config with what it should run."""
        if agent.effective is None or agent.desired is None:
            return None
        report = self._compared.get((agent.desired, agent.effective.digest))
        return report and self._tolerated(report, agent, self._judged_at)

    def share_effective(self, agent: Agent) -> None:
        """Keep equal effective configs of many agents once."""
        if agent.effective is not None:
            digest = agent.effective.digest
            agent.effective = self._effective.setdefault(digest, agent.effective)

    def compared(self, event: EffectiveCompared) -> Iterable[InstanceUid]:
        """Remember a comparison; returns the agents that waited for it."""
        pair = (event.hash, event.digest)
        self._compared[pair] = event.report
        if len(self._compared) > COMPARISONS:
            del self._compared[next(iter(self._compared))]
        waited = self._waiting.pop(pair, {})
        self._asked.difference_update(waited)
        return waited

    def judge(
        self, agent: Agent, *, answering: bool, touched: bool, now: float
    ) -> tuple[list[Action], float | None]:
        """Judge an agent; returns what to do and when to judge it again.

        Args:
            agent: Is written to.
            answering: Its message is being answered now.
            touched: It changed since it was saved.
            now: Seconds.
        """
        self._judged_at = now
        before = records.record(agent)
        resolution = self.resolution(agent)
        desired = resolution.desired if resolution else None
        if resolution is not None:
            self._release(agent, resolution)
            self._group(agent, resolution)
        self._take_aim(agent, desired)
        actions, drift = self._comparison(agent, desired, now)
        judge = partial(
            plan.judge,
            agent,
            desired,
            self._policy(agent),
            drift=drift,
            answering=answering,
            now=now,
            fit=self._fit(agent, desired),
        )
        verdict = judge()
        if verdict.failure is not None:
            agent.failures[verdict.failure.hash] = verdict.failure
            verdict = judge()
        if sent := self._send(agent, verdict, desired, now):
            actions += sent
            # From now on it is waited for what was sent.
            verdict = judge()
        if verdict.asks_effective and (answering or not agent.polls):
            actions += _ask_effective(agent, now)
            verdict = judge()
        _take(agent, verdict, now)
        if verdict.settled and isinstance(desired, RenderedConfig):
            # Also when it was found running: it may have to be given back one day.
            actions += self._keep(desired)
        after = records.record(agent)
        # Of an agent that may have said more than was heard, the older record stands:
        # its number will not fit, so that the agent is asked after a restart too.
        if agent.known and (touched or after != before):
            actions.append(SaveAgent(after))
        return actions, self._due(agent, verdict, now)

    def _due(self, agent: Agent, verdict: Verdict, now: float) -> float | None:
        """When to judge again: also once drift is put up with no longer."""
        lapse = drift_ignores.lapse(self._policy(agent).drift_ignores, now)
        return min((due for due in (verdict.due, lapse) if due), default=None)

    def drop_unused(self) -> list[Action]:
        """After every agent was judged: the configs that none may be given back."""
        unused = frozenset(self._configs) - self._used
        for digest in unused:
            del self._configs[digest]
        gone = unused & self._saved
        self._saved -= gone
        return [DropConfigs(gone)] if gone else []

    def _release(self, agent: Agent, resolution: Resolution) -> None:
        """Let go of what the fleet says to release."""
        if self.fleet is None or self.fleet.unselected is Unselected.HOLD:
            return
        agent.moved_from = frozenset()
        accepts = agent.has(Capability.ACCEPTS_REMOTE_CONFIG) or not agent.known
        if isinstance(resolution.desired, Unmatched) or not accepts:
            agent.release()

    def _group(self, agent: Agent, resolution: Resolution) -> None:
        """Count the agent in its group; one that nothing selects any more stays."""
        groups = self.fleet.groups if self.fleet else {}
        was, named = agent.group, agent.group in groups
        if isinstance(resolution.desired, Unmatched):
            if agent.has_run_ours and (named or was == DEFAULT_GROUP):
                return
        elif agent.has_run_ours and named:
            agent.moved_from |= {was}
        agent.group = resolution.group
        agent.moved_from = agent.moved_from.intersection(groups) - {agent.group}

    def _fit(self, agent: Agent, desired: Desired | None) -> Fit:
        if not isinstance(desired, RenderedConfig):
            return FITS
        return self._builds.fit(agent, desired)

    def _tolerated(self, report: DriftReport, agent: Agent, now: float) -> DriftReport:
        return report.without(self._policy(agent).drift_ignores, now)

    def _policy(self, agent: Agent) -> GroupPolicy:
        return self.fleet.policy_of(agent.group) if self.fleet else GroupPolicy()

    def _take_aim(self, agent: Agent, desired: Desired | None) -> None:
        fresh = agent.judged_in != self.generation
        agent.judged_in = self.generation
        self._used.update(filter(None, (agent.good, agent.desired)))
        if fresh:
            agent.returns = 0
            agent.left.clear()
        if not isinstance(desired, RenderedConfig) or agent.desired == desired.hash:
            return
        if fresh:
            agent.failures.clear()
        elif agent.desired is not None:
            agent.left.add(agent.desired)
            agent.returns += desired.hash in agent.left
        agent.desired = desired.hash
        agent.corrections = 0
        _close_offer(agent)
        agent.synced_on = None
        agent.differs_since = None
        agent.doubt = None

    def _comparison(
        self, agent: Agent, desired: Desired | None, now: float
    ) -> tuple[list[Action], DriftReport | None]:
        effective = agent.effective
        if not isinstance(desired, RenderedConfig) or effective is None:
            return [], None
        if agent.effective_of is None and self._is_current(agent, desired, now):
            agent.effective_of = desired.hash
        if agent.effective_of != desired.hash:
            return [], None
        pair = (desired.hash, effective.digest)
        report = self._compared.get(pair)
        if report is None:
            return self._ask_comparison(agent, pair, desired, effective), None
        report = self._tolerated(report, agent, now)
        if not report.drifted and not report.unconfirmed:
            agent.differs_since = None
        elif agent.differs_since is None:
            agent.differs_since = now
        return [], report

    def _is_current(self, agent: Agent, desired: RenderedConfig, now: float) -> bool:
        """Whether a report from about the time of the hash still stands after it.

        What is not sent again is unchanged: it had the soak time to say more.
        """
        since = agent.applied_since
        if agent.reported_hash != desired.hash or since is None:
            return False
        return now >= since + self._policy(agent).soak

    def _ask_comparison(
        self,
        agent: Agent,
        pair: Pair,
        desired: RenderedConfig,
        effective: EffectiveConfig,
    ) -> list[Action]:
        if agent.uid in self._asked:
            return []  # one at a time: judged again once that is answered
        self._asked.add(agent.uid)
        waiting = self._waiting.get(pair)
        if waiting is not None:
            waiting[agent.uid] = None
            return []
        self._waiting[pair] = {agent.uid: None}
        return [CompareEffective(desired, effective)]

    def _send(
        self, agent: Agent, verdict: Verdict, desired: Desired | None, now: float
    ) -> list[Action]:
        config: object = desired
        if verdict.send is OfferKind.RESTORE:
            config = self._configs.get(agent.good) if agent.good else None
        if verdict.send is None or not isinstance(config, RenderedConfig):
            return []
        agent.offer = self._offer(agent, config.hash, verdict.send, now)
        if verdict.send is OfferKind.CORRECTION:
            agent.corrections += 1
        offer = OfferRemoteConfig(agent.uid, config, self.generation, verdict.send)
        return [*self._keep(config), offer]

    def _keep(self, config: RenderedConfig) -> list[Action]:
        self._configs[config.hash] = config
        self._used.add(config.hash)
        if config.hash in self._saved:
            return []
        self._saved.add(config.hash)
        return [SaveConfig(config)]

    def _offer(
        self, agent: Agent, digest: ConfigHash, kind: OfferKind, now: float
    ) -> Offer:
        last = agent.offer
        again = last is not None and (last.hash, last.kind) == (digest, kind)
        attempt = last.attempt + 1 if last is not None and again else 1
        connection = POLLING if agent.connection is None else agent.connection
        return Offer(
            digest,
            self.generation,
            kind,
            now,
            attempt,
            connection,
            acknowledged=agent.reported_hash == digest,
        )


def _ask_effective(agent: Agent, now: float) -> list[Action]:
    agent.effective_asked = agent.desired
    agent.asked_full_at, agent.owes_full = now, True
    return [AskFullState(agent.uid)]


def _take(agent: Agent, verdict: Verdict, now: float) -> None:
    if verdict.known_against is not None:
        agent.doubt = verdict.known_against
    elif verdict.settled and verdict.reason is Reason.RUNNING:
        agent.doubt = agent.ailing_since = None
    if (agent.sync, agent.reason) != (verdict.sync, verdict.reason):
        agent.since = now
    agent.sync, agent.reason = verdict.sync, verdict.reason
    agent.detail = verdict.detail
    if verdict.settled and agent.desired is not None:
        agent.good = agent.synced_on = agent.desired
        agent.has_run_ours = True
        agent.failures.pop(agent.desired, None)
        if agent.offer is not None and agent.offer.hash == agent.desired:
            _close_offer(agent)


def _close_offer(agent: Agent) -> None:
    if agent.offer is not None and agent.offer.attempt:
        agent.offer = replace(agent.offer, attempt=0)
