"""What an agent reports as its effective config: never the text it was given.

Pure; used by `collector.py` and `supervisor.py`. Imitates the steps between an offer
and a report: the supervisor adds its own parts, the Collector expands `${…}`, fills in
defaults, normalises durations and masks secrets, and the keys come out sorted.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from reconciler.ids import InstanceUid, format_uid

_SOME_UID = "00000000-0000-7000-8000-000000000000"
_REFERENCE = re.compile(r"\$\$|\$\{(?:env:)?(\w+)(?::-([^}]*))?\}")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:h|ms|m|s))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}

_DEFAULTS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("exporters", "debug"): {
        "verbosity": "basic",
        "sampling_initial": 2,
        "sampling_thereafter": 1,
    },
    ("processors", "batch"): {
        "send_batch_size": 8192,
        "send_batch_max_size": 0,
        "timeout": "200ms",
    },
    ("extensions", "health_check"): {"endpoint": "localhost:13133", "path": "/"},
}
"""Settings that appear in a report although nobody wrote them."""


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Maps deep, everything else replaced, as the supervisor merges."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def add_supervisor_parts(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with the supervisor's extension and telemetry below it.

    The list of extensions is the one list that is joined and not replaced.
    """
    service = config.get("service") or {}
    extensions = [*(service.get("extensions") or ()), "opamp"]
    merged = merge(_SUPERVISOR_PARTS, config)
    merged["service"]["extensions"] = list(dict.fromkeys(extensions))
    return merged


_SUPERVISOR_PARTS: Mapping[str, Any] = {
    "extensions": {
        "opamp": {
            "instance_uid": _SOME_UID,
            "ppid": 4243,
            "ppid_poll_interval": "5s",
            "server": {"ws": {"endpoint": "ws://127.0.0.1:41227/v1/opamp"}},
        }
    },
    "service": {
        "telemetry": {
            "logs": {"encoding": "json", "level": "info"},
            "resource": {"service.instance.id": _SOME_UID, "service.name": "otelcol"},
        }
    },
}


def resolve(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config as a Collector has it in memory: typed, complete, masked."""
    resolved: dict[str, Any] = _expand(config)
    for kind in ("receivers", "processors", "exporters", "extensions", "connectors"):
        if kind in resolved:
            resolved[kind] = {
                name: _complete(kind, name, body)
                for name, body in (resolved[kind] or {}).items()
            }
    return resolved


def _complete(kind: str, name: str, body: Any) -> Any:
    settings = merge(_DEFAULTS.get((kind, name.partition("/")[0]), {}), body or {})
    if isinstance(settings.get("headers"), dict):
        settings["headers"] = [
            {"name": header, "value": "[REDACTED]"}
            for header in sorted(settings["headers"])
        ]
    return settings


def _expand(value: Any, key: str = "") -> Any:
    match value:
        case dict():
            return {str(name): _expand(one, str(name)) for name, one in value.items()}
        case list():
            return [_expand(one) for one in value]
        case str():
            text = _REFERENCE.sub(_referenced, value)
            is_duration = key.endswith(("timeout", "interval"))
            return _normal_duration(text) if is_duration else text
        case _:
            return value


def _referenced(reference: re.Match[str]) -> str:
    """The environment of a simulated host: a default, or a value made of the name."""
    if reference[0] == "$$":
        return "$"
    return reference[2] if reference[2] is not None else f"value-of-{reference[1]}"


def _normal_duration(text: str) -> str:
    """Go's spelling of a duration: `60s` is `1m0s`, `0.5s` is `500ms`."""
    if not _DURATION.fullmatch(text):
        return text
    seconds = sum(
        float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text)
    )
    if 0 < seconds < 1:
        return f"{seconds * 1000:.6g}ms"
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    spelled = f"{left:.6g}s"
    if hours:
        return f"{hours:.0f}h{minutes:.0f}m{spelled}"
    return f"{minutes:.0f}m{spelled}" if minutes else spelled


def dump(config: Mapping[str, Any]) -> bytes:
    """YAML with sorted keys, of no agent in particular."""
    text: bytes = yaml.dump(
        config, Dumper=yaml.CSafeDumper, encoding="utf-8", sort_keys=True
    )
    return text


def of_agent(text: bytes, uid: InstanceUid) -> bytes:
    """The text as one agent reports it, with its own instance_uid in it."""
    return text.replace(_SOME_UID.encode(), format_uid(uid).encode())


def rewire_by_hand(config: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody was on the host: the first pipeline now ends in a local exporter."""
    pipelines = dict(config["service"]["pipelines"])
    first = next(iter(pipelines))
    pipelines[first] = {**pipelines[first], "exporters": ["debug/by-hand"]}
    by_hand = {
        "exporters": {"debug/by-hand": {"verbosity": "detailed"}},
        "service": {"pipelines": pipelines},
    }
    return merge(config, by_hand)
