"""How often a polling agent speaks, and for how long its silence is no news.

Called by `roster.py`. A socket tells when it closes; of an agent over plain HTTP only
its own rhythm tells. It is learned from bare messages: what an agent has to tell it
sends at once, between two polls.
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

WINDOW = 5
"""Gaps between polls that are remembered."""


def beat(agent: Agent, now: float) -> bool:
    """Learn from a poll; whether the rhythm is another now.

    The second longest gap of the last counts: one outage is no rhythm, and a few polls
    in a row, as at a start, are none either.
    """
    last, agent.beat_at = agent.beat_at, now
    if last is None:
        return False
    before = UNLEARNED if agent.interval is None else agent.interval
    gaps = agent.gaps or (before,) * WINDOW
    agent.gaps = (*gaps[1:], now - last)
    agent.interval = sorted(agent.gaps)[-2]
    return agent.interval != before


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
