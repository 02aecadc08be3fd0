"""What one agent needs now, and why: the heart of reconciling.

`controller.py` calls `judge` whenever something about an agent changed or its verdict
is due. Pure: the same agent at the same time gets the same verdict, and a verdict that
asks for nothing changes nothing.

How it thinks (design §5). The hash an agent echoes decides which of three questions is
asked: is the desired hash quarantined (`quarantine.py`), is it running (`_applied`), or
has it yet to arrive (`_missing`)? `APPLIED` alone proves nothing: the agent must be
healthy for the soak time, and where it reports its effective config, that must contain
ours.
"""

from dataclasses import replace

from reconciler.fleet.documents import DriftMode, GroupPolicy
from reconciler.fleet.findings import Finding
from reconciler.fleet.render import Blocked, RenderedConfig, Unmatched
from reconciler.ids import ConfigHash, format_hash
from reconciler.state import quarantine, verdicts
from reconciler.state.agent import Agent, Offer, OfferKind, Reason, Sync
from reconciler.state.desired import Desired
from reconciler.state.drift import DriftReport
from reconciler.state.observed import Capability, ConfigStatus
from reconciler.state.verdicts import Verdict

UNHEALTHY_AFTER = 10.0
"""Seconds an agent may be unhealthy on a new config, at the least, before it failed."""

CORRECT_AFTER = 5.0
"""Seconds between two offers against drift; doubles with each."""

RECONNECT_AFTER = 1.0
"""Seconds before an offer that a lost connection took along is sent again; doubles."""

ATTEMPTS = 2
MOST_RETURNS = 2


def judge(
    agent: Agent,
    desired: Desired | None,
    policy: GroupPolicy,
    *,
    drift: DriftReport | None,
    answering: bool,
    now: float,
) -> Verdict:
    """The verdict on an agent whose `desired` field is already that of `desired`.

    Args:
        agent: Read only.
        desired: What it should run; None before the first revision.
        policy: Of its group.
        drift: The comparison of its effective config with `desired`, when there is one.
        answering: Its message is being answered now; a polling agent can be sent
            nothing at other times.
        now: Seconds.
    """
    verdict = _judge(agent, desired, policy, drift, now)
    return _held_back(verdict, agent, policy, answering=answering)


def _judge(
    agent: Agent,
    desired: Desired | None,
    policy: GroupPolicy,
    drift: DriftReport | None,
    now: float,
) -> Verdict:
    if not agent.known and agent.is_reachable:
        gap = agent.asked_full_at is not None and bool(agent.labels)
        reason = Reason.SEQUENCE_GAP if gap else Reason.NOT_REPORTED_YET
        return Verdict(Sync.UNKNOWN, reason)
    match desired:
        case None:
            return Verdict(Sync.PENDING, Reason.NO_REVISION)
        case Unmatched():
            return Verdict(Sync.UNMANAGED, Reason.NOT_SELECTED)
    if not agent.has(Capability.ACCEPTS_REMOTE_CONFIG):
        return Verdict(Sync.READ_ONLY, Reason.ACCEPTS_REMOTE_CONFIG_OFF)
    match desired:
        case Blocked(findings):
            return _blocked(agent, findings, policy, now)
        case RenderedConfig():
            return _drive(agent, desired.hash, policy, drift, now)


def _blocked(
    agent: Agent, findings: tuple[Finding, ...], policy: GroupPolicy, now: float
) -> Verdict:
    verdict = Verdict(Sync.PENDING, Reason.RENDER_ERROR, str(findings[0]))
    if agent.desired is None:
        return verdict
    # What it was offered before can still fail, and it is not left down on that.
    before = _drive(agent, agent.desired, policy, None, now, attempts=0)
    verdict = replace(verdict, failure=before.failure, settled=before.settled)
    if before.send in {None, OfferKind.RESTORE}:
        return replace(verdict, due=before.due, send=before.send)
    if agent.says is ConfigStatus.FAILED or not agent.is_healthy:
        return quarantine.give_back(
            agent, verdict, policy, since=agent.echoed_since, now=now
        )
    return verdict


def _drive(
    agent: Agent,
    wanted: ConfigHash,
    policy: GroupPolicy,
    drift: DriftReport | None,
    now: float,
    *,
    attempts: int = ATTEMPTS,
) -> Verdict:
    echoed = agent.reported_hash == wanted
    if not agent.is_reachable:
        return _away(agent, wanted, echoed=echoed)
    if echoed and agent.is_applied:
        older = _older_offer_until(agent, wanted, policy)
        if now < older:
            words = "it may still take the config it was offered before"
            return Verdict(Sync.OFFERED, Reason.SUPERSEDING, words, due=older)
        return _applied(agent, wanted, policy, drift, now)
    failure = agent.failures.get(wanted)
    if failure is not None:
        return quarantine.failed(agent, failure, policy, now)
    if echoed:
        return _applying(agent, wanted, policy, now, attempts)
    return _missing(agent, wanted, policy, now)


def _older_offer_until(agent: Agent, wanted: ConfigHash, policy: GroupPolicy) -> float:
    """Until when the agent may still take the config it was offered before this."""
    offer = agent.offer
    if offer is None or offer.hash == wanted or offer.acknowledged:
        return 0.0
    return offer.at + policy.answer_timeout


def _away(agent: Agent, wanted: ConfigHash, *, echoed: bool) -> Verdict:
    failure = agent.failures.get(wanted)
    if failure is not None:
        return Verdict(Sync.FAILED, failure.reason, failure.detail)
    if echoed and agent.good == wanted:
        if agent.differs_since is not None:
            return Verdict(Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS, agent.detail)
        compared = agent.reason is not Reason.COMPARING
        return Verdict(Sync.SYNCED, Reason.RUNNING if compared else Reason.COMPARING)
    return Verdict(Sync.PENDING, Reason.DISCONNECTED)


def _applied(
    agent: Agent,
    wanted: ConfigHash,
    policy: GroupPolicy,
    drift: DriftReport | None,
    now: float,
) -> Verdict:
    proven = agent.good == wanted and wanted not in agent.failures
    if not agent.is_healthy:
        return _unhealthy(agent, wanted, policy, now, proven=proven)
    begun = (agent.applied_since, agent.healthy_since)
    soaked = max(now if one is None else one for one in begun) + policy.soak
    if not proven and now < soaked:
        return _while_soaking(agent, wanted, soaked)
    if drift is not None and drift.drifted:
        return _differs(agent, policy, drift, now, proven=proven)
    if drift is None and agent.effective_of == wanted:
        return _comparing(agent, policy, now, proven=proven)
    return Verdict(Sync.SYNCED, Reason.RUNNING, settled=True)


def _comparing(
    agent: Agent, policy: GroupPolicy, now: float, *, proven: bool
) -> Verdict:
    differed = agent.differs_since
    if differed is not None and now >= differed + policy.soak:
        return Verdict(Sync.DRIFTED, Reason.EFFECTIVE_DIFFERS, agent.detail)
    if proven:
        return Verdict(Sync.SYNCED, Reason.COMPARING, settled=True)
    return Verdict(Sync.APPLYING, Reason.COMPARING)


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
        return Verdict(Sync.SYNCED, Reason.UNHEALTHY, words, settled=True)
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


def _differs(
    agent: Agent, policy: GroupPolicy, drift: DriftReport, now: float, *, proven: bool
) -> Verdict:
    # One report may still be of the config before; only one that stays is believed.
    since = now if agent.differs_since is None else agent.differs_since
    until = since + policy.soak
    if now < until:
        if proven:
            return Verdict(Sync.SYNCED, Reason.COMPARING, due=until, settled=True)
        return Verdict(Sync.APPLYING, Reason.COMPARING, due=until)
    first = next(d for d in drift.differences if d.is_drift)
    words = f"{first.path} is {first.verdict}"
    return _drifted(agent, policy, Reason.EFFECTIVE_DIFFERS, words, now)


def _drifted(
    agent: Agent, policy: GroupPolicy, reason: Reason, detail: str, now: float
) -> Verdict:
    if policy.drift is DriftMode.REPORT:
        return Verdict(Sync.DRIFTED, reason, detail)
    last = agent.offer.at if agent.offer and agent.corrections else None
    due = (
        0.0
        if last is None
        else last + verdicts.backed_off(CORRECT_AFTER, agent.corrections)
    )
    if now < due:
        return Verdict(Sync.DRIFTED, reason, detail, due=due)
    return Verdict(Sync.DRIFTED, reason, detail, send=OfferKind.CORRECTION)


def _applying(
    agent: Agent, wanted: ConfigHash, policy: GroupPolicy, now: float, attempts: int
) -> Verdict:
    if agent.says is ConfigStatus.FAILED:
        error = agent.status.error if agent.status else ""
        return quarantine.quarantined(
            wanted, Reason.REJECTED, error or "no reason given", now
        )
    offer = _open_offer(agent, wanted)
    begun = max(agent.echoed_since, agent.connected_since, offer.at if offer else 0.0)
    due = begun + policy.apply_timeout
    if now < due:
        # On its way back it still does not run what it should.
        if agent.sync is Sync.DRIFTED:
            return Verdict(Sync.DRIFTED, agent.reason, agent.detail, due=due)
        return Verdict(Sync.APPLYING, Reason.ACKNOWLEDGED, due=due)
    if (offer.attempt if offer else 0) < attempts:
        return Verdict(Sync.OFFERED, Reason.SENT, send=OfferKind.ROLLOUT)
    words = f"still applying {policy.apply_timeout:.0f} s after it was asked"
    return quarantine.quarantined(wanted, Reason.NO_ANSWER, words, now)


def _missing(
    agent: Agent, wanted: ConfigHash, policy: GroupPolicy, now: float
) -> Verdict:
    offer = _open_offer(agent, wanted)
    if agent.returns > MOST_RETURNS:
        words = "the labels it reports change with the config they select"
        return Verdict(Sync.PENDING, Reason.OSCILLATING, words)
    if not agent.has(Capability.REPORTS_REMOTE_CONFIG):
        return _unconfirmed(agent, offer, now)
    failed = agent.says is ConfigStatus.FAILED
    if agent.synced_on == wanted and agent.reported_hash is not None and not failed:
        words = f"reports {format_hash(agent.reported_hash)}"
        return _drifted(agent, policy, Reason.OTHER_HASH, words, now)
    if offer is None:
        return Verdict(Sync.OFFERED, Reason.SENT, send=OfferKind.ROLLOUT)
    if offer.acknowledged and _is_lost(offer, agent):
        return _died_applying(agent, offer, policy, now)
    if offer.acknowledged and agent.reported_hash is not None:
        words = f"went back to {format_hash(agent.reported_hash)} without an error"
        return quarantine.quarantined(wanted, Reason.RETURNED_BY_ITSELF, words, now)
    return _unanswered(agent, offer, policy, now)


def _died_applying(
    agent: Agent, offer: Offer, policy: GroupPolicy, now: float
) -> Verdict:
    if offer.attempt < ATTEMPTS:
        return _unanswered(agent, offer, policy, now)
    words = f"lost its connection and the config while applying it, {ATTEMPTS} times"
    return quarantine.quarantined(offer.hash, Reason.NO_ANSWER, words, now)


def _unconfirmed(agent: Agent, offer: Offer | None, now: float) -> Verdict:
    verdict = Verdict(Sync.UNCONFIRMED, Reason.REPORTS_REMOTE_CONFIG_OFF)
    if offer is None:
        return replace(verdict, send=OfferKind.ROLLOUT)
    if not _is_lost(offer, agent):
        return verdict
    due = offer.at + verdicts.backed_off(RECONNECT_AFTER, offer.attempt)
    if now < due:
        return replace(verdict, due=due)
    return replace(verdict, send=OfferKind.ROLLOUT)


def _unanswered(agent: Agent, offer: Offer, policy: GroupPolicy, now: float) -> Verdict:
    lost = _is_lost(offer, agent)
    wait = RECONNECT_AFTER if lost or offer.acknowledged else policy.answer_timeout
    due = offer.at + verdicts.backed_off(wait, offer.attempt)
    if now < due:
        return Verdict(Sync.OFFERED, Reason.SENT, due=due)
    if offer.attempt < ATTEMPTS or lost:
        return Verdict(Sync.OFFERED, Reason.SENT, send=OfferKind.ROLLOUT)
    words = f"no answer to {offer.attempt} offers"
    return Verdict(Sync.FAILED, Reason.NO_ANSWER, words)


def _open_offer(agent: Agent, wanted: ConfigHash) -> Offer | None:
    offer = agent.offer
    return offer if offer and offer.hash == wanted and offer.attempt else None


def _is_lost(offer: Offer, agent: Agent) -> bool:
    """The connection that carried it is gone, and it may be too."""
    return offer.connection != agent.connection or agent.connected_since > offer.at


def _held_back(
    verdict: Verdict, agent: Agent, policy: GroupPolicy, *, answering: bool
) -> Verdict:
    if verdict.send is None:
        return verdict
    if policy.suspend:
        reason = Reason.SUSPENDED
    elif agent.polls and not answering:
        reason = Reason.WAITS_FOR_POLL
    else:
        return verdict
    if verdict.send is OfferKind.ROLLOUT:
        return Verdict(Sync.PENDING, reason)
    return replace(verdict, send=None)
