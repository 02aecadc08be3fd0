"""Whether a config is sent, and when it is sent again.

Called by `plan.py` for an agent that does not run the config it should. Each way of
asking again is bounded or backs off: agents reconnect in loops, swallow offers, die of
them, or are pulled back by somebody else.
"""

from dataclasses import replace

from reconciler.fleet.documents import DriftMode, GroupPolicy
from reconciler.ids import ConfigHash, format_hash
from reconciler.state import quarantine, verdicts
from reconciler.state.agent import Agent, Offer, OfferKind, Reason, Sync
from reconciler.state.observed import Capability, ConfigStatus
from reconciler.state.verdicts import Verdict

CORRECT_AFTER = 5.0
"""Seconds between two offers against drift; doubles with each."""

RECONNECT_AFTER = 1.0
"""Seconds before an offer that a lost connection took along is sent again; doubles."""

ATTEMPTS = 2
"""Offers of one config to an agent that could have answered."""

MOST_RETURNS = 2
"""Times that labels may bring an agent back to a config they took it away from."""


def missing(
    agent: Agent, wanted: ConfigHash, policy: GroupPolicy, now: float
) -> Verdict:
    """The agent echoes another hash than the one it should run, or none."""
    offer = _open_offer(agent, wanted)
    if agent.returns > MOST_RETURNS:
        words = "the labels it reports change with the config they select"
        return Verdict(Sync.PENDING, Reason.OSCILLATING, words)
    if not agent.has(Capability.REPORTS_REMOTE_CONFIG):
        return _unconfirmed(agent, offer, now)
    failed = agent.says is ConfigStatus.FAILED
    if agent.synced_on == wanted and agent.reported_hash is not None and not failed:
        words = f"reports {format_hash(agent.reported_hash)}"
        return drifted(agent, policy, Reason.OTHER_HASH, words, now)
    if offer is None:
        return Verdict(Sync.OFFERED, Reason.SENT, send=OfferKind.ROLLOUT)
    if offer.acknowledged and _is_lost(offer, agent):
        return _died_applying(agent, offer, policy, now)
    if offer.acknowledged and agent.reported_hash is not None:
        words = f"went back to {format_hash(agent.reported_hash)} without an error"
        return quarantine.quarantined(wanted, Reason.RETURNED_BY_ITSELF, words, now)
    return _unanswered(agent, offer, policy, now)


def drifted(
    agent: Agent, policy: GroupPolicy, reason: Reason, detail: str, now: float
) -> Verdict:
    """The agent was Synced, and runs something else now."""
    if policy.drift is DriftMode.REPORT:
        return Verdict(Sync.DRIFTED, reason, detail)
    if agent.offer and agent.corrections:
        wait = verdicts.backed_off(CORRECT_AFTER, agent.corrections)
        due = agent.offer.at + wait
        if now < due:
            return Verdict(Sync.DRIFTED, reason, detail, due=due)
    return Verdict(Sync.DRIFTED, reason, detail, send=OfferKind.CORRECTION)


def applying(
    agent: Agent, wanted: ConfigHash, policy: GroupPolicy, now: float, attempts: int
) -> Verdict:
    """The agent echoes the hash it should run, without APPLIED.

    It is asked `attempts` times in all before it failed.
    """
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


def _unconfirmed(agent: Agent, offer: Offer | None, now: float) -> Verdict:
    words = verdicts.TURN_ON.format("reports_remote_config")
    verdict = Verdict(Sync.UNCONFIRMED, Reason.REPORTS_REMOTE_CONFIG_OFF, words)
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


def _died_applying(
    agent: Agent, offer: Offer, policy: GroupPolicy, now: float
) -> Verdict:
    if offer.attempt < ATTEMPTS:
        return _unanswered(agent, offer, policy, now)
    words = f"lost its connection and the config while applying it, {ATTEMPTS} times"
    return quarantine.quarantined(offer.hash, Reason.NO_ANSWER, words, now)


def _open_offer(agent: Agent, wanted: ConfigHash) -> Offer | None:
    offer = agent.offer
    return offer if offer and offer.hash == wanted and offer.attempt else None


def _is_lost(offer: Offer, agent: Agent) -> bool:
    """The connection that carried it is gone, and it may be too."""
    return offer.connection != agent.connection or agent.connected_since > offer.at
