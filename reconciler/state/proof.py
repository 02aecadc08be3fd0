"""Whether an agent that says APPLIED runs what it should.

Called by `plan.py`. `APPLIED` alone proves nothing: the agent must be healthy for the
soak time, watched, and where it reports its effective config, that must contain ours
(docs/decisions/green-needs-evidence.md). Once it was proven, a doubt has the soak time
to be dispelled.
"""

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import ConfigHash
from reconciler.state import offers, quarantine
from reconciler.state.agent import Agent, Doubt, Reason, Sync
from reconciler.state.drift import DriftReport
from reconciler.state.observed import Capability
from reconciler.state.verdicts import Verdict

UNHEALTHY_AFTER = 10.0
"""Seconds an agent may be unhealthy on a new config, at the least, before it failed."""


def applied(
    agent: Agent,
    wanted: ConfigHash,
    policy: GroupPolicy,
    drift: DriftReport | None,
    *,
    now: float,
) -> Verdict:
    """The verdict on a reachable agent that says APPLIED of the hash it should run."""
    proven = agent.good == wanted and wanted not in agent.failures
    if not agent.is_healthy:
        return _unhealthy(agent, wanted, policy, now, proven=proven)
    begun = (agent.applied_since, agent.healthy_since)
    soaked = max(now if since is None else since for since in begun) + policy.soak
    # It may have died and come back: what nobody watched proves nothing.
    watched = agent.connected_since + policy.soak
    if not proven and now < max(soaked, watched):
        return _while_soaking(agent, wanted, max(soaked, watched))
    if proven and agent.ailing_since is not None and now < soaked:
        return _recovering(agent, until=soaked)
    if drift is not None and (drift.drifted or drift.unconfirmed):
        return _differs(agent, policy, drift, now, proven=proven)
    if drift is None and agent.effective is not None:
        return _comparing(agent, policy, now, until=soaked, proven=proven)
    if not proven and agent.effective is None and _owes_effective(agent, wanted):
        return _asked_effective(agent, wanted, policy, now)
    return Verdict(Sync.SYNCED, Reason.RUNNING, settled=True)


def _owes_effective(agent: Agent, wanted: ConfigHash) -> bool:
    """Whether it promises to say what it runs, and has yet to be asked or to answer.

    It told the process before this one, or nobody. One that answers without it has
    nothing to tell.
    """
    asked = agent.effective_asked == wanted
    promises = agent.has(Capability.REPORTS_EFFECTIVE_CONFIG)
    return promises and (agent.owes_full or not asked)


def _asked_effective(
    agent: Agent, wanted: ConfigHash, policy: GroupPolicy, now: float
) -> Verdict:
    if agent.effective_asked != wanted or agent.asked_full_at is None:
        due = now + policy.answer_timeout
        return Verdict(Sync.APPLYING, Reason.COMPARING, due=due, asks_effective=True)
    due = agent.asked_full_at + policy.answer_timeout
    if now < due:
        return Verdict(Sync.APPLYING, Reason.COMPARING, due=due)
    words = "does not say what it runs, though it was asked"
    return Verdict(Sync.UNCONFIRMED, Reason.EFFECTIVE_UNREADABLE, words)


def _comparing(
    agent: Agent, policy: GroupPolicy, now: float, *, until: float, proven: bool
) -> Verdict:
    """It reported an effective config that was not compared with this one yet.

    One that may be older than the hash is taken for current after the soak (`until`).
    """
    differed = agent.differs_since
    doubt = agent.doubt
    if doubt and differed is not None and now >= differed + policy.soak:
        return Verdict(doubt.sync, doubt.reason, doubt.detail)
    due = until if now < until else None
    if proven:
        reason = Reason.COMPARING
        return Verdict(Sync.SYNCED, reason, due=due, settled=True, doubt=doubt)
    return Verdict(Sync.APPLYING, Reason.COMPARING, due=due, doubt=doubt)


def _while_soaking(agent: Agent, wanted: ConfigHash, until: float) -> Verdict:
    failure = agent.failures.get(wanted)
    if failure is not None:
        return Verdict(Sync.FAILED, failure.reason, failure.detail, due=until)
    return Verdict(Sync.APPLYING, Reason.SOAKING, due=until)


def _unhealthy(
    agent: Agent, wanted: ConfigHash, policy: GroupPolicy, now: float, *, proven: bool
) -> Verdict:
    health = agent.health
    words = (health.last_error or health.worst or health.status) if health else ""
    if proven:
        return _ailing(agent, policy, now, words)
    failure = agent.failures.get(wanted)
    if failure is not None:
        return quarantine.failed(agent, failure, policy, now)
    applied = now if agent.applied_since is None else agent.applied_since
    patience = max(policy.soak, UNHEALTHY_AFTER)
    # A Collector that crashes again and again is never unwell for long.
    last = applied + max(policy.apply_timeout, patience)
    until = min(max(agent.unhealthy_since or now, applied) + patience, last)
    if now < until:
        return Verdict(Sync.APPLYING, Reason.SOAKING, words, due=until)
    return quarantine.quarantined(
        wanted, Reason.UNHEALTHY_AFTER, words or "unhealthy", now
    )


def _recovering(agent: Agent, *, until: float) -> Verdict:
    """It is well again, and not for long yet: one that flaps is not well."""
    doubt, reason, words = agent.doubt, Reason.UNHEALTHY_BRIEFLY, ""
    if doubt is not None and doubt.reason is Reason.UNHEALTHY:
        reason, words = doubt.reason, doubt.detail
    return Verdict(Sync.SYNCED, reason, words, due=until, settled=True)


def _ailing(agent: Agent, policy: GroupPolicy, now: float, words: str) -> Verdict:
    begun = now if agent.ailing_since is None else agent.ailing_since
    due = begun + policy.soak
    if now < due:
        reason = Reason.UNHEALTHY_BRIEFLY
        return Verdict(Sync.SYNCED, reason, words, due=due, settled=True)
    return Verdict(Sync.SYNCED, Reason.UNHEALTHY, words, settled=True)


def _differs(
    agent: Agent, policy: GroupPolicy, drift: DriftReport, now: float, *, proven: bool
) -> Verdict:
    # One report may still be of the config before; only one that stays is believed.
    since = now if agent.differs_since is None else agent.differs_since
    until = since + policy.soak
    doubt = _doubt(drift)
    if now < until:
        sync = Sync.SYNCED if proven else Sync.APPLYING
        reason, detail = Reason.COMPARING, doubt.detail
        return Verdict(sync, reason, detail, due=until, settled=proven, doubt=doubt)
    if not drift.drifted:
        return Verdict(doubt.sync, doubt.reason, doubt.detail)
    return offers.drifted(agent, policy, doubt.reason, doubt.detail, now)


def _doubt(drift: DriftReport) -> Doubt:
    if not drift.drifted:
        reason = Reason.EFFECTIVE_UNREADABLE
        return Doubt(Sync.UNCONFIRMED, reason, drift.unconfirmed)
    first = next(d for d in drift.differences if d.is_drift)
    words = f"{first.place} is {first.verdict}"
    return Doubt(Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS, words)
