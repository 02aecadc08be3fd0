"""What the log tells of single agents; everything else is told of groups.

Held by `service.py`. An agent is told of once while nothing changes about it: a fleet
in trouble must not write the log full.
"""

import structlog

from reconciler.ids import ConfigHash, InstanceUid, format_hash, format_uid
from reconciler.state.agent import Agent, Reason, Sync
from reconciler.state.records import AgentRecord

TROUBLE = frozenset(
    {
        Sync.UNSELECTED,
        Sync.FAILED,
        Sync.ROLLED_BACK,
        Sync.INCOMPATIBLE,
        Sync.TOO_LARGE,
        Sync.DRIFTED,
    }
)
"""Where an agent keeps its group red until somebody does something."""

log = structlog.get_logger()


class Trouble:
    """Which agents were told of, and with what words."""

    def __init__(self) -> None:
        self._told: dict[InstanceUid, tuple[Sync, str]] = {}

    def look(self, record: AgentRecord) -> None:
        """Tell of an agent that came into trouble, or out of it."""
        told = self._told.get(record.uid)
        if _is_in_trouble(record) and told != (record.sync, record.detail):
            self._told[record.uid] = (record.sync, record.detail)
            log.warning(
                "agent in trouble",
                agent=format_uid(record.uid),
                host=record.description.labels.get("host.name", ""),
                group=record.group,
                sync=record.sync,
                reason=record.reason,
                detail=record.detail,
            )
        elif told and record.sync is Sync.SYNCED:
            del self._told[record.uid]
            log.info("agent is well again", agent=format_uid(record.uid))
        elif told and record.sync is Sync.UNMANAGED:
            del self._told[record.uid]
            log.info("agent was released", agent=format_uid(record.uid))

    def forget(self, uid: InstanceUid) -> None:
        """An agent is gone for good."""
        self._told.pop(uid, None)


def tell_restored(agent: Agent, good: ConfigHash) -> None:
    """An agent is given its last good config back.

    Told of the first time, and of one that does not take it the 2nd, 4th, 8th, …
    """
    attempt = agent.offer.attempt if agent.offer else 1
    if attempt & (attempt - 1):
        return
    failed = _failed(agent)
    log.warning(
        "agent is given its last good config back",
        **_named(agent),
        config=format_hash(good),
        failed=format_hash(failed) if failed else "",
        attempt=attempt,
    )


def tell_forgotten(agent: Agent, *, peer: str) -> None:
    """Somebody asked to forget an agent that is away."""
    log.info("agent forgotten, as was asked for", **_named(agent), asked_by=peer)


def _is_in_trouble(record: AgentRecord) -> bool:
    return record.sync in TROUBLE or record.reason is Reason.EFFECTIVE_UNREADABLE


def _named(agent: Agent) -> dict[str, str]:
    return {
        "agent": format_uid(agent.uid),
        "host": agent.labels.get("host.name", ""),
        "group": agent.group,
    }


def _failed(agent: Agent) -> ConfigHash | None:
    """The hash it stays down on: what it reports, else what it never answered to."""
    if agent.reported_hash is not None:
        return agent.reported_hash
    return agent.desired if agent.desired in agent.failures else None
