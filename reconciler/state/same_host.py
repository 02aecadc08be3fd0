"""Which reports come from one host and one service on it, under whatever uid.

Called by `roster.py`. Many agents make a new `instance_uid` at each start (the bare
OpAMP extension, SDKs, the Kubernetes bridge): the process is new, the agent that people
think of is not. What counts, and why, stands in docs/decisions/same-host.md.
"""

import re
from typing import TypeAlias

from reconciler.state.observed import AgentDescription

Place: TypeAlias = tuple[tuple[str, str], ...]
"""What says where an agent runs and as what; equal for two reports of one agent."""

_HOST = ("host.name", "host.id")
_KEYS = ("service.name", "service.namespace", "host.name", "host.id", "container.name")
_KUBERNETES = "k8s."
_VOLATILE_SUFFIXES = (".uid", ".restart_count", ".start_time", ".ip")
_VOLATILE = frozenset(
    {
        "service.version",
        "container.id",
        "container.runtime",
        "host.ip",
        "host.mac",
        "os.description",
        "os.version",
        "os.build_id",
    }
)
_VOLATILE_PREFIXES = ("process.", "telemetry.")
_INSTANCE = "service.instance.id"
_NAMES_OF_MANY = frozenset(
    {
        "localhost",
        "localhost.localdomain",
        "localhost6",
        "debian",
        "ubuntu",
        "raspberrypi",
        "buildkitsandbox",
        "unknown",
        "(none)",
    }
)
_RANDOM = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
    r"|[0-7][0-9a-hjkmnp-tv-z]{25}",
    re.IGNORECASE,
)
"""A UUID or a ULID, as programs make them anew at each start."""


def place_of(description: AgentDescription) -> Place | None:
    """Where an agent runs and as what; None when it does not say which host."""
    labels = description.labels
    name = labels.get("host.name", "")
    if name.lower() in _NAMES_OF_MANY:
        name = ""
    if not name and not labels.get("host.id"):
        return None
    keys = [key for key in labels if _tells_place(key, labels[key])]
    return tuple((key, labels[key]) for key in sorted(keys))


def stable(description: AgentDescription) -> dict[str, str]:
    """The labels that a restart does not change."""
    return {
        key: value
        for key, value in description.labels.items()
        if not _is_volatile(key, value)
    }


def _tells_place(key: str, value: str) -> bool:
    if _is_volatile(key, value):
        return False
    return key in _KEYS or key == _INSTANCE or key.startswith(_KUBERNETES)


def _is_volatile(key: str, value: str) -> bool:
    if key == _INSTANCE:
        return _RANDOM.fullmatch(value) is not None
    return (
        key in _VOLATILE
        or key.startswith(_VOLATILE_PREFIXES)
        or (key.startswith(_KUBERNETES) and key.endswith(_VOLATILE_SUFFIXES))
    )
