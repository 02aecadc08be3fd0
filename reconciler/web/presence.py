"""Who is there, who is away and until when it counts, and who was never heard.

Presence is an axis of its own beside sync and health (`representation.py`). A host that
the inventory names is missing while it is away as well as before it was ever heard.
"""

from reconciler.ids import format_uid
from reconciler.state.agent import Agent
from reconciler.state.expected import MissingHost
from reconciler.web import text
from reconciler.web.answers import Document
from reconciler.web.view import View


def document(view: View, agent: Agent) -> Document:
    """Since when an agent is there or away, and until when it counts."""
    return {
        "presence": word(view, agent),
        "transport": agent.transport,
        "lastSeen": text.moment(agent.last_seen),
        "disconnectedAt": text.moment(agent.disconnected_at),
        "forgottenAt": text.moment(view.forgotten_at(agent.uid)),
    }


def word(view: View, agent: Agent) -> str:
    """Whether an agent is there, in one word."""
    if agent.is_reachable:
        return "polling" if agent.polls else "connected"
    return "missing" if _is_expected(view, agent) else "disconnected"


def told_apart(view: View, agent: Agent) -> str:
    """An agent among others of its name."""
    heard = f", last heard {text.timestamp(agent.last_seen)}" if agent.last_seen else ""
    return f"{format_uid(agent.uid)} ({word(view, agent)}{heard})"


def missing_host(host: MissingHost) -> Document:
    """A host that no agent ever answered to."""
    return {
        "name": text.line(host.name, limit=128),
        "group": host.group,
        "labels": text.labels(host.labels),
    }


def missing_count(view: View) -> Document:
    """How many hosts of the inventory are missing."""
    away = (agent for agent in view.agents.values() if not agent.is_reachable)
    return {
        "neverHeard": len(view.missing()),
        "away": sum(_is_expected(view, agent) for agent in away),
    }


def _is_expected(view: View, agent: Agent) -> bool:
    resolution = view.resolution(agent.uid)
    return resolution is not None and bool(resolution.hosts)
