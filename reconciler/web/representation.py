"""The JSON documents of the API, made of the state as it stands now.

Every handler of `api.py` comes through here. Strings of agents are cleaned
(`text.py`), times are RFC 3339, hashes are whole and in hex.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from reconciler.fleet.compatibility import Components
from reconciler.fleet.documents import Broken
from reconciler.fleet.findings import Finding
from reconciler.fleet.rendering.render import Blocked, RenderedConfig
from reconciler.ids import ConfigHash, Revision, format_uid
from reconciler.state.agent import Agent, Failure, Offer, Reason, Sync
from reconciler.state.conditions import GroupStatus, Standing
from reconciler.state.desired import Resolution
from reconciler.state.drift import DriftReport
from reconciler.state.observed import Health, RemoteConfigStatus
from reconciler.state.records import RevisionRecord, StatusRecord
from reconciler.web import presence, text
from reconciler.web.answers import Document
from reconciler.web.view import Check, View

NAME_LABELS = ("host.name", "k8s.pod.name", "service.instance.id")


def name_of(agent: Agent) -> str:
    """What people call an agent: its host or pod, else its instance_uid."""
    for key in NAME_LABELS:
        if name := agent.labels.get(key):
            return text.line(name, limit=128)
    return format_uid(agent.uid)


def labels_of(view: View, agent: Agent) -> Mapping[str, str]:
    """What it reports, with the labels of the inventory over that."""
    return {**agent.labels, **_inventory(view, agent)}


def _inventory(view: View, agent: Agent) -> Mapping[str, str]:
    resolution = view.resolution(agent.uid)
    return resolution.inventory if resolution else {}


def agent_summary(view: View, agent: Agent) -> Document:
    """One agent as `get agents` lists it, and as `fleet/population.py` reads it."""
    inventory = _inventory(view, agent)
    return {
        "uid": format_uid(agent.uid),
        "name": name_of(agent),
        "group": agent.group,
        "sync": agent.sync,
        "reason": agent.reason,
        "detail": text.line(agent.detail),
        "since": text.moment(agent.since),
        **presence.document(view, agent),
        "healthy": agent.is_healthy,
        "desiredHash": _hex(_wanted(agent)),
        "reportedHash": _hex(agent.reported_hash),
        "labels": text.labels(labels_of(view, agent)),
        "claimed": _keys(agent.labels.keys() - inventory.keys()),
        "componentsHash": _hex(agent.components_hash or None),
    }


def builds(view: View, agents: Iterable[Agent]) -> Document:
    """What the builds of these agents have, each once, by hash and kind."""
    known = view.builds()
    used = sorted({one.components_hash for one in agents} & known.keys())
    return {digest.hex(): _components(known[digest]) for digest in used}


def _components(build: Components) -> Document:
    return {kind: sorted(types) for kind, types in build.items()}


def agent_detail(view: View, agent: Agent) -> Document:
    """Everything about one agent but the text of its effective config."""
    return {
        **agent_summary(view, agent),
        "connectedSince": text.moment(agent.connected_since)
        if agent.is_reachable
        else None,
        "sequenceNum": agent.sequence_num,
        "capabilities": [flag.name for flag in agent.capabilities if flag.name],
        "description": {
            "identifying": text.labels(agent.description.identifying),
            "nonIdentifying": text.labels(agent.description.other),
        },
        "health": _health(agent),
        "remoteConfigStatus": _config_status(agent.status),
        "lastGoodHash": _hex(agent.good),
        "lastOffer": _offer(agent.offer),
        "corrections": agent.corrections,
        "failures": [_failure(failure) for failure in agent.failures.values()],
        "desired": _desired(view.resolution(agent.uid)),
        "drift": _drift(view.drift(agent.uid)),
        "components": builds(view, [agent]).get(agent.components_hash.hex()),
    }


def configs(view: View) -> Document:
    """The distinct configs that agents should run, the commonest first."""
    running: defaultdict[ConfigHash, list[Agent]] = defaultdict(list)
    for agent in view.agents.values():
        if (wanted := _wanted(agent)) is not None:
            running[wanted].append(agent)
    listed = sorted(running.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return {
        "configs": [_config(view, digest, agents) for digest, agents in listed],
        "agentsWithout": len(view.agents) - sum(map(len, running.values())),
    }


def _wanted(agent: Agent) -> ConfigHash | None:
    """The hash it should run; one that nothing selects any more only keeps its own."""
    return None if agent.sync is Sync.UNSELECTED else agent.desired


def _config(view: View, digest: ConfigHash, agents: list[Agent]) -> Document:
    # Equal configs may come of different documents; those of one agent are told.
    resolution = view.resolution(agents[0].uid)
    desired = resolution.desired if resolution else None
    same = isinstance(desired, RenderedConfig) and desired.hash == digest
    documents = desired.documents if isinstance(desired, RenderedConfig) else ()
    return {
        "hash": digest.hex(),
        "documents": list(documents) if same else [],
        "groups": dict(sorted(Counter(one.group for one in agents).items())),
        "agents": len(agents),
        "synced": sum(one.sync is Sync.SYNCED for one in agents),
    }


def group(status: GroupStatus) -> Document:
    """One group and how its agents count."""
    return {
        "name": status.group,
        "state": status.state,
        "description": text.line(status.description),
        "counts": {standing.value: count for standing, count in status.counts.items()},
        "agents": sum(n for s, n in status.counts.items() if s is not Standing.MOVED),
    }


def revision(record: RevisionRecord, statuses: Iterable[StatusRecord]) -> Document:
    """One revision and the commit statuses it has."""
    return {
        **_revision_id(Revision(record.ref, record.commit)),
        "generation": record.generation,
        "state": record.state,
        "seenAt": text.moment(record.seen_at),
        "message": text.line(record.message),
        "statuses": [_status(status) for status in statuses],
    }


def summary(view: View) -> Document:
    """The service at a glance: for scripts, the demo and a first look."""
    agents = view.agents.values()
    return {
        "draining": view.draining,
        "revision": _revision_id(view.revision) if view.revision else None,
        "generation": view.generation,
        "groups": [group(status) for status in view.groups()],
        "broken": [_broken(one) for one in view.broken()],
        "held": sum(agent.reason is Reason.RENDER_ERROR for agent in agents),
        "agents": {
            "total": len(agents),
            "reachable": sum(agent.is_reachable for agent in agents),
            "unhealthy": sum(not agent.is_healthy for agent in agents),
            "bySync": dict(Counter(agent.sync.value for agent in agents)),
        },
        "missing": presence.missing_count(view),
        "checks": [_check(check) for check in view.checks()],
        "counters": dict(view.counters()),
    }


def finding(found: Finding) -> Document:
    """One fault of the fleet repo, its place taken apart."""
    return {
        "rule": found.rule,
        "severity": found.severity,
        "message": text.line(found.message),
        "path": text.line(found.where.path),
        "line": found.where.line,
        "column": found.where.column,
        "hint": text.line(found.hint) if found.hint else None,
    }


def _broken(document: Broken) -> Document:
    return {
        "kind": document.kind,
        "name": text.line(document.name),
        "path": text.line(document.where.path),
        "line": document.where.line,
        "findings": [finding(found) for found in document.why],
    }


def _health(agent: Agent) -> Document | None:
    match agent.health:
        case None:
            return None
        case Health() as health:
            return {
                "healthy": health.healthy,
                "since": text.moment(agent.healthy_since or agent.unhealthy_since),
                "status": text.line(health.status),
                "lastError": text.block(health.last_error, limit=4096),
                "worstComponent": text.line(health.worst),
            }


def _config_status(status: RemoteConfigStatus | None) -> Document | None:
    if status is None:
        return None
    return {
        "hash": _hex(status.hash),
        "status": status.status.name,
        "error": text.block(status.error, limit=4096),
    }


def _offer(offer: Offer | None) -> Document | None:
    if offer is None:
        return None
    return {
        "hash": offer.hash.hex(),
        "generation": offer.generation,
        "kind": offer.kind,
        "at": text.moment(offer.at),
        "attempt": offer.attempt,
        "acknowledged": offer.acknowledged,
    }


def _failure(failure: Failure) -> Document:
    return {
        "hash": failure.hash.hex(),
        "reason": failure.reason,
        "detail": text.block(failure.detail, limit=4096),
        "at": text.moment(failure.at),
    }


def _desired(resolution: Resolution | None) -> Document | None:
    match resolution:
        case None:
            return None
        case Resolution(desired=RenderedConfig(hash=digest, documents=documents)):
            return {
                "hash": digest.hex(),
                "documents": documents,
                "findings": [],
            }
        case Resolution(desired=Blocked(findings)):
            return {
                "hash": None,
                "documents": [],
                "findings": [finding(found) for found in findings],
            }
        case _:
            return {"hash": None, "documents": [], "findings": []}


def _drift(report: DriftReport | None) -> Document | None:
    if report is None:
        return None
    return {
        "drifted": report.drifted,
        "unconfirmed": text.line(report.unconfirmed),
        "differences": [
            {
                "place": text.line(difference.place),
                "entry": text.line(difference.entry, limit=256),
                "path": text.line(difference.path),
                "verdict": difference.verdict,
                "desired": text.line(difference.desired),
                "effective": text.line(difference.effective),
            }
            for difference in report.differences
        ],
        "explanation": [text.line(str(line)) for line in report.explanation],
    }


def _revision_id(which: Revision) -> Document:
    return {"ref": which.ref, "commit": which.commit, "revision": str(which)}


def _status(status: StatusRecord) -> Document:
    return {
        "context": status.context,
        "state": status.state,
        "description": text.line(status.description),
        "changedAt": text.moment(status.changed_at),
        "posted": (status.posted_state, status.posted_description)
        == (status.state, status.description),
        "error": text.line(status.error) if status.error else None,
    }


def _check(check: Check) -> Document:
    return {
        "name": check.name,
        "ok": check.ok,
        "detail": text.line(check.detail),
        "required": check.required,
    }


def _keys(keys: Iterable[str]) -> list[str]:
    return sorted(text.line(key, limit=256) for key in keys)


def _hex(digest: bytes | None) -> str | None:
    return digest.hex() if digest else None
