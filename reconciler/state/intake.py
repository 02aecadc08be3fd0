"""Takes one report into what is remembered of an agent.

Called by `controller.py` first of all, for every message. OpAMP compresses status: a
part that is absent is unchanged, a part that is present replaces the old one whole,
and a gap in `sequence_num` means that a part may have been lost (opamp-spec, "Agent
Status Compression"). What each field means when it is not there stands in
docs/decisions/absent-fields.md.
"""

from dataclasses import replace

from reconciler.state.agent import Agent
from reconciler.state.observed import (
    AgentReport,
    ConfigStatus,
    Health,
    RemoteConfigStatus,
)

ASK_AGAIN = 10.0
"""Seconds between two ReportFullState on one connection: clients answer at once, so
broken numbering would loop tightly."""


def absorb(agent: Agent, report: AgentReport, *, now: float) -> bool:
    """Update `agent`; returns whether anything but its presence changed."""
    gap = agent.heard and report.sequence_num != agent.sequence_num + 1
    known, capabilities = agent.known, agent.capabilities
    agent.heard = True
    if not report.disconnect:
        agent.last_seen = now
    agent.sequence_num = report.sequence_num
    if report.capabilities or report.description is not None:
        agent.capabilities = report.capabilities
    changed = not report.is_bare and _take(agent, report, now)
    if gap or not known:
        agent.known = _is_baseline(agent, report)
    if report.description is not None:
        agent.owes_full = False
    return changed or agent.known != known or agent.capabilities != capabilities


def must_ask_full_state(
    agent: Agent, report: AgentReport, *, expected: int | None, now: float
) -> bool:
    """Whether the answer has to carry ReportFullState.

    `expected` is the number this message should have had, None for an agent that was
    never heard: one more than the last, or the server MUST ask (opamp-spec,
    `sequence_num`). An unknown agent is asked unless its first message was complete.
    """
    numbered = expected is None or report.sequence_num == expected
    if numbered and agent.known:
        return False
    asked = agent.asked_full_at
    return asked is None or asked < agent.connected_since or now - asked >= ASK_AGAIN


def _is_baseline(agent: Agent, report: AgentReport) -> bool:
    # Some clients promise parts in their capability bits that they never send; their
    # answer to ReportFullState is all there will ever be.
    answered = agent.owes_full and report.description is not None
    return answered or report.is_complete()


def _take(agent: Agent, report: AgentReport, now: float) -> bool:
    changed = False
    if report.description is not None and report.description != agent.description:
        agent.description = report.description
        agent.labels = report.description.labels
        changed = True
    if report.health is not None and report.health != agent.health:
        _take_health(agent, report.health, now)
        changed = True
    echoed = agent.reported_hash
    status = report.remote_config_status
    if status is not None and status != agent.status:
        _take_status(agent, status, now)
        changed = True
    if report.effective_config is not None:
        before = (agent.effective and agent.effective.digest, agent.effective_of)
        agent.effective = report.effective_config
        # What comes with the first echo of a hash was often written before it: the
        # supervisor reports the old Collector's config in the message with APPLYING.
        fresh = agent.reported_hash == echoed or agent.is_applied
        agent.effective_of = agent.reported_hash if fresh else None
        changed |= before != (agent.effective.digest, agent.effective_of)
    if report.available_components is not None:
        told = report.available_components.hash
        changed |= told != agent.components_hash
        agent.components_hash = told
    return changed


def _take_health(agent: Agent, health: Health, now: float) -> None:
    agent.health = health
    if not health.healthy:
        agent.healthy_since = None
        agent.unhealthy_since = agent.unhealthy_since or now
        agent.ailing_since = agent.ailing_since or now
    elif agent.healthy_since is None:
        agent.healthy_since = now
        agent.unhealthy_since = None


def _take_status(agent: Agent, status: RemoteConfigStatus, now: float) -> None:
    echoed = agent.reported_hash
    agent.status = status
    if agent.reported_hash != echoed:
        agent.echoed_since = now
        agent.applied_since = None
        agent.effective_of = None
        agent.differs_since = None
    if status.status is not ConfigStatus.APPLIED:
        agent.applied_since = None
    elif agent.applied_since is None:
        agent.applied_since = now
    if agent.offer is not None and agent.offer.hash == agent.reported_hash:
        agent.offer = replace(agent.offer, acknowledged=True)
        agent.has_run_ours = True
