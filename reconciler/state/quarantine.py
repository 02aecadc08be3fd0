"""An agent and a hash that it failed: never offered again until Git changes.

Called by `plan.py`. Quarantine alone would leave a dead Collector behind: today's
supervisor starts the config it failed for ever. So an agent that stays on the failed
hash is given back the last config it was Synced on, while its verdict stays Failed; one
that went back by itself is left alone, and one that fails that config too is not
looped.
"""

from dataclasses import replace

from reconciler.fleet.documents import GroupPolicy
from reconciler.ids import ConfigHash
from reconciler.state import verdicts
from reconciler.state.agent import Agent, Failure, OfferKind, Reason, Sync
from reconciler.state.observed import ConfigStatus
from reconciler.state.verdicts import Verdict

RESTORE_AFTER = 5.0
"""Seconds an agent has to return by itself before it is given its last good config."""


def quarantined(wanted: ConfigHash, reason: Reason, detail: str, now: float) -> Verdict:
    """The agent failed this hash just now."""
    failure = Failure(wanted, reason, detail, now)
    return Verdict(Sync.FAILED, reason, detail, failure=failure)


def failed(agent: Agent, failure: Failure, policy: GroupPolicy, now: float) -> Verdict:
    """The agent should run a hash that it failed before."""
    verdict = Verdict(Sync.FAILED, failure.reason, failure.detail)
    back_on = agent.reported_hash
    if back_on is not None and back_on != failure.hash:
        return _after_return(agent, back_on, verdict, now)
    return give_back(agent, verdict, policy, since=failure.at, now=now)


def _after_return(
    agent: Agent, back_on: ConfigHash, verdict: Verdict, now: float
) -> Verdict:
    given = agent.offer is not None and agent.offer.kind is OfferKind.RESTORE
    if not given:
        return replace(verdict, sync=Sync.ROLLED_BACK)
    if agent.says is ConfigStatus.FAILED and back_on not in agent.failures:
        error = agent.status.error if agent.status else ""
        refused = Failure(back_on, Reason.REJECTED, error, now)
        return replace(verdict, failure=refused)
    return verdict


def give_back(
    agent: Agent, verdict: Verdict, policy: GroupPolicy, *, since: float, now: float
) -> Verdict:
    """The verdict, with the last good config sent to an agent that stays down.

    It is down since `since`, and has some time to return by itself. Sent again, ever
    later, while it stays on another hash.
    """
    good, offer = agent.good, agent.offer
    if good is None or good == agent.reported_hash or good in agent.failures:
        return verdict
    due = since + RESTORE_AFTER
    if offer and offer.kind is OfferKind.RESTORE and offer.hash == good:
        due = offer.at + verdicts.backed_off(policy.answer_timeout, offer.attempt)
    if now < due:
        return replace(verdict, due=due)
    return replace(verdict, send=OfferKind.RESTORE)
