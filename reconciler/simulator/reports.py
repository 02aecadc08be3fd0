"""From a supervisor's state to the sub-messages of an AgentToServer.

Pure; called by `agent.py` with every message that is more than a heartbeat.
"""

from reconciler.ids import InstanceUid
from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import effective
from reconciler.simulator.supervisor import Health, Outcome, Part, Supervisor

_PROMISES = (
    (Part.HEALTH, opamp_pb2.AgentCapabilities_ReportsHealth),
    (Part.EFFECTIVE, opamp_pb2.AgentCapabilities_ReportsEffectiveConfig),
    (Part.STATUS, opamp_pb2.AgentCapabilities_ReportsRemoteConfig),
)


def promised(parts: Part, capabilities: int) -> Part:
    """Those parts that an agent with these capabilities reports at all."""
    for part, capability in _PROMISES:
        if not capabilities & capability:
            parts &= ~part
    return parts


def add(
    message: opamp_pb2.AgentToServer,
    parts: Part,
    supervisor: Supervisor,
    uid: InstanceUid,
) -> None:
    """Put these parts of the supervisor's state into the message."""
    if parts & Part.HEALTH:
        message.health.CopyFrom(_health(supervisor))
    if parts & Part.EFFECTIVE:
        message.effective_config.config_map.SetInParent()
        if supervisor.running is not None:
            entry = message.effective_config.config_map.config_map[""]
            entry.body = effective.of_agent(supervisor.running.text, uid)
            entry.content_type = "text/yaml"
    if parts & Part.STATUS:
        status = message.remote_config_status
        status.SetInParent()
        status.last_remote_config_hash = supervisor.status.hash
        status.status = _OUTCOMES[supervisor.status.outcome]
        status.error_message = supervisor.status.error


_OUTCOMES = {
    Outcome.UNSET: opamp_pb2.RemoteConfigStatuses_UNSET,
    Outcome.APPLIED: opamp_pb2.RemoteConfigStatuses_APPLIED,
    Outcome.APPLYING: opamp_pb2.RemoteConfigStatuses_APPLYING,
    Outcome.FAILED: opamp_pb2.RemoteConfigStatuses_FAILED,
}


def _health(supervisor: Supervisor) -> opamp_pb2.ComponentHealth:
    """The Collector as a whole, and its pipelines while it is well."""
    root = _component(supervisor.health)
    if supervisor.health.healthy and supervisor.running is not None:
        for pipeline in supervisor.running.pipelines:
            child = root.component_health_map[f"pipeline:{pipeline}"]
            child.CopyFrom(_component(supervisor.health))
    return root


def _component(health: Health) -> opamp_pb2.ComponentHealth:
    return opamp_pb2.ComponentHealth(
        healthy=health.healthy,
        start_time_unix_nano=_nanoseconds(health.started),
        last_error=health.error,
        status=_word(health),
        status_time_unix_nano=_nanoseconds(health.since),
    )


def _word(health: Health) -> str:
    if health.healthy:
        return "StatusOK"
    return "StatusPermanentError" if health.error else "StatusStarting"


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
