"""How often a polling agent speaks, and for how long its silence is no news.

Called by `roster.py`. A socket tells when it closes; of an agent over plain HTTP only
its own rhythm tells. It is learned from messages that say nothing new: what an agent
has to tell it sends at once, between two polls.
"""

from reconciler.state.agent import Agent

UNLEARNED = 30.0
"""Seconds between two polls, by the specification, until they are learned."""

MISSED = 3.0
"""Polls that may be missing before an agent is away."""

MISSED_BY_RIVAL = 1.5
"""The same where a younger agent of the same host and service speaks."""

GRACE = 5.0
SHORTEST, LONGEST = 15.0, 3600.0
"""Seconds of patience, at the least and at the most."""

NOTABLE = 0.1
"""A change of the interval by less is none."""

SHRINK = 0.7
"""How fast a learned interval becomes shorter: some polls follow others closely."""


def beat(agent: Agent, now: float) -> bool:
    """Learn from a poll that said nothing new; whether the rhythm is another now.

    The shorter of the last two gaps counts, so that one outage is no rhythm.
    """
    last, agent.beat_at = agent.beat_at, now
    if last is None:
        return False
    gap, before = now - last, agent.interval
    steady = gap if agent.last_gap is None else min(gap, agent.last_gap)
    agent.last_gap = gap
    agent.interval = steady if before is None else max(steady, SHRINK * before)
    return before is None or abs(agent.interval - before) > NOTABLE * before


def patience(agent: Agent, *, given: float | None, has_rival: bool) -> float:
    """Seconds of silence after which a polling agent is away.

    Args:
        agent: With what was learned of it.
        given: The heartbeat interval it was given, if it takes one.
        has_rival: A younger agent of the same host and service speaks.
    """
    known = [seconds for seconds in (agent.interval, given) if seconds is not None]
    missed = MISSED_BY_RIVAL if has_rival else MISSED
    silence = missed * max(known, default=UNLEARNED) + GRACE
    return min(max(silence, SHORTEST), LONGEST)
