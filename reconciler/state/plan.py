"""What one agent needs now, and why: the heart of reconciling.

`controller.py` calls `judge` whenever something about an agent changed or its verdict
is due. Pure: the same agent at the same time gets the same verdict, and a verdict that
asks for nothing changes nothing.

How it thinks (design §5). The hash an agent echoes decides which of three questions is
asked: is the desired hash quarantined (`quarantine.py`), is it running (`proof.py`), or
has it yet to arrive (`offers.py`)?
"""

from dataclasses import replace

from reconciler.fleet.documents import GroupPolicy
from reconciler.fleet.rendering.render import (
    MESSAGE_BYTES,
    Blocked,
    RenderedConfig,
    Unmatched,
)
from reconciler.ids import ConfigHash
from reconciler.state import offers, proof, quarantine, verdicts
from reconciler.state.agent import Agent, Doubt, OfferKind, Reason, Sync
from reconciler.state.builds import FITS, Fit
from reconciler.state.desired import Desired
from reconciler.state.drift import DriftReport
from reconciler.state.observed import Capability, ConfigStatus
from reconciler.state.verdicts import Verdict

_MIB = 1024 * 1024

NOTHING_KNOWN = Doubt(Sync.UNKNOWN, Reason.NOT_REPORTED_YET, "")


def judge(
    agent: Agent,
    desired: Desired | None,
    policy: GroupPolicy,
    *,
    drift: DriftReport | None,
    answering: bool,
    now: float,
    fit: Fit = FITS,
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
        fit: Whether its build can run `desired`.
    """
    verdict = _judge(agent, desired, policy, drift, now, fit)
    if isinstance(desired, RenderedConfig) and _is_too_large(verdict, desired):
        verdict = _too_large(verdict, desired, agent, policy, now)
    return _held_back(verdict, agent, policy, answering=answering)


def _is_too_large(verdict: Verdict, desired: RenderedConfig) -> bool:
    sent = verdict.send in {OfferKind.ROLLOUT, OfferKind.CORRECTION}
    return sent and desired.is_too_large


def _too_large(
    verdict: Verdict,
    desired: RenderedConfig,
    agent: Agent,
    policy: GroupPolicy,
    now: float,
) -> Verdict:
    if verdict.send is OfferKind.CORRECTION:
        return replace(verdict, send=None)
    size, limit = desired.message_bytes / _MIB, MESSAGE_BYTES / _MIB
    words = f"its config takes {size:.1f} MiB, and a message holds {limit:.1f} MiB"
    verdict = Verdict(Sync.TOO_LARGE, Reason.OVER_MESSAGE_LIMIT, words)
    return _not_left_down(agent, verdict, policy, now)


def _judge(
    agent: Agent,
    desired: Desired | None,
    policy: GroupPolicy,
    drift: DriftReport | None,
    now: float,
    fit: Fit,
) -> Verdict:
    if not agent.known and agent.is_reachable:
        return _unknown(agent, policy, now)
    match desired:
        case None:
            verdict = Verdict(Sync.PENDING, Reason.NO_REVISION)
            takes = agent.has(Capability.ACCEPTS_REMOTE_CONFIG)
            return _kept_up(agent, verdict, policy, now) if takes else verdict
        case Unmatched():
            return _not_selected(agent)
    if not agent.has(Capability.ACCEPTS_REMOTE_CONFIG):
        words = verdicts.TURN_ON.format("accepts_remote_config")
        return Verdict(Sync.READ_ONLY, Reason.ACCEPTS_REMOTE_CONFIG_OFF, words)
    match desired:
        case Blocked(findings):
            verdict = Verdict(Sync.PENDING, Reason.RENDER_ERROR, str(findings[0]))
            return _kept_up(agent, verdict, policy, now)
        case RenderedConfig():
            return _drive(agent, desired.hash, policy, drift, now, fit=fit)


def _unknown(agent: Agent, policy: GroupPolicy, now: float) -> Verdict:
    """It never told everything, or may have said more than was heard."""
    against = agent.failures.get(agent.desired) if agent.desired else None
    words = (against or agent.doubt or NOTHING_KNOWN).detail
    if agent.asked_full_at is not None and agent.labels:
        due = agent.asked_full_at + policy.answer_timeout
        if now < due:
            return Verdict(Sync.UNKNOWN, Reason.SEQUENCE_GAP, words, due=due)
    return Verdict(Sync.UNKNOWN, Reason.NOT_REPORTED_YET, words)


def _not_selected(agent: Agent) -> Verdict:
    if not agent.has_run_ours:
        return Verdict(Sync.UNMANAGED, Reason.NOT_SELECTED)
    words = "keeps its config: select it again, or commit `unselected: release`"
    return Verdict(Sync.UNSELECTED, Reason.NO_LONGER_SELECTED, words)


def _kept_up(
    agent: Agent, verdict: Verdict, policy: GroupPolicy, now: float
) -> Verdict:
    """The verdict on an agent that keeps what it has, for want of something to send."""
    if agent.desired is None:
        return verdict
    # What it was offered before can still fail, and it is not left down on that.
    before = _drive(agent, agent.desired, policy, None, now, attempts=0)
    verdict = replace(verdict, failure=before.failure, settled=before.settled)
    if before.send in {None, OfferKind.RESTORE}:
        return replace(verdict, due=before.due, send=before.send)
    return _not_left_down(agent, verdict, policy, now)


def _incompatible(agent: Agent, lacks: str, policy: GroupPolicy, now: float) -> Verdict:
    verdict = Verdict(Sync.INCOMPATIBLE, Reason.MISSING_COMPONENTS, lacks)
    return _not_left_down(agent, verdict, policy, now)


def _not_left_down(
    agent: Agent, verdict: Verdict, policy: GroupPolicy, now: float
) -> Verdict:
    """An agent that is sent nothing new, and may have failed what it was sent last."""
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
    attempts: int = offers.ATTEMPTS,
    fit: Fit = FITS,
) -> Verdict:
    echoed = agent.reported_hash == wanted
    if not agent.is_reachable:
        return _away(agent, wanted, now, echoed=echoed)
    if echoed and agent.is_applied:
        older = _older_offer_until(agent, wanted, policy)
        failure = agent.failures.get(wanted)
        if now < older and failure is not None:
            verdict = quarantine.failed(agent, failure, policy, now)
            return replace(verdict, due=min(verdict.due or older, older))
        if now < older:
            words = "it may still take the config it was offered before"
            return Verdict(Sync.OFFERED, Reason.SUPERSEDING, words, due=older)
        return proof.applied(agent, wanted, policy, drift, now=now)
    failure = agent.failures.get(wanted)
    if failure is not None:
        return quarantine.failed(agent, failure, policy, now)
    if echoed:
        return offers.applying(agent, wanted, policy, now, attempts)
    if fit.lacks:
        return _incompatible(agent, fit.lacks, policy, now)
    if now < fit.told_by and (agent.offer is None or agent.offer.hash != wanted):
        return Verdict(Sync.PENDING, Reason.COMPONENTS_ASKED, due=fit.told_by)
    return offers.missing(agent, wanted, policy, now)


def _older_offer_until(agent: Agent, wanted: ConfigHash, policy: GroupPolicy) -> float:
    """Until when the agent may still take the config it was offered before this."""
    offer = agent.offer
    if offer is None or offer.hash == wanted or offer.acknowledged:
        return 0.0
    return offer.at + policy.answer_timeout


def _away(agent: Agent, wanted: ConfigHash, now: float, *, echoed: bool) -> Verdict:
    failure = agent.failures.get(wanted)
    if failure is not None:
        return Verdict(Sync.FAILED, failure.reason, failure.detail)
    if echoed and agent.says is ConfigStatus.FAILED:
        # It said so with its last words.
        error = agent.status.error if agent.status else ""
        return quarantine.quarantined(wanted, Reason.REJECTED, error, now)
    if agent.doubt is not None:
        return Verdict(agent.doubt.sync, agent.doubt.reason, agent.doubt.detail)
    if echoed and agent.good == wanted:
        compared = agent.reason is not Reason.COMPARING
        return Verdict(Sync.SYNCED, Reason.RUNNING if compared else Reason.COMPARING)
    return Verdict(Sync.PENDING, Reason.DISCONNECTED)


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
