"""What a Collector would make of a config: start with it, or say why not.

Pure; asked by `supervisor.py` with every offer. Judges by content alone, in the order
a Collector does: YAML, then component types, then pipelines. The wording is our own.
Verdicts are shared between agents, so ten thousand equal offers are judged once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeAlias

import yaml

from reconciler.opamp.pb import opamp_pb2
from reconciler.simulator import effective

Entries: TypeAlias = tuple[tuple[str, bytes], ...]
"""An OpAMP config map: (name, body) in any order."""

COMPONENTS: Mapping[str, frozenset[str]] = {
    "receivers": frozenset({"filelog", "hostmetrics", "nop", "otlp", "prometheus"}),
    "processors": frozenset(
        {"attributes", "batch", "filter", "memory_limiter", "resource", "transform"}
    ),
    "exporters": frozenset(
        {"debug", "file", "nop", "otlp", "otlp_grpc", "otlp_http", "otlphttp"}
    ),
    "extensions": frozenset({"file_storage", "health_check", "opamp", "zpages"}),
    "connectors": frozenset({"count", "forward", "spanmetrics"}),
}
"""The component types in the build that every simulated agent has."""

_SIGNALS = frozenset({"traces", "metrics", "logs"})


@dataclass(frozen=True, slots=True)
class Runs:
    """The Collector starts.

    Attributes:
        text: What it reports as effective config, of no agent in particular
            (`effective.of_agent`).
        config: The same as values.
    """

    text: bytes
    config: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def pipelines(self) -> tuple[str, ...]:
        """Names of the pipelines it runs."""
        return tuple(self.config["service"]["pipelines"])


@dataclass(frozen=True, slots=True)
class DoesNotStart:
    """The process exits at once; `text` is the config it exited over."""

    text: bytes
    error: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The supervisor cannot even merge it; nothing is restarted."""

    error: str


@dataclass(frozen=True, slots=True)
class Stops:
    """A map without entries: the Collector is stopped."""


Verdict: TypeAlias = Runs | DoesNotStart | Unreadable | Stops


class _FaultError(Exception):
    pass


@lru_cache(maxsize=256)
def judge(entries: Entries) -> Verdict:
    """What becomes of a Collector that is given these entries."""
    if not entries:
        return Stops()
    try:
        merged = _merge_entries(entries)
    except _FaultError as fault:
        return Unreadable(f"cannot merge the remote config: {fault}")
    try:
        _check(merged)
    except _FaultError as fault:
        return DoesNotStart(_digest(entries), f"Collector exited with code 1: {fault}")
    return running(effective.add_supervisor_parts(effective.resolve(merged)))


def running(config: Mapping[str, Any]) -> Runs:
    """A Collector that runs these values."""
    return Runs(effective.dump(config), config)


@lru_cache(maxsize=1)
def bootstrap() -> Runs:
    """What runs before any remote config came: one pipeline of nops."""
    pipeline = {"receivers": ["nop"], "exporters": ["nop"]}
    return running(
        effective.add_supervisor_parts(
            {
                "receivers": {"nop": {}},
                "exporters": {"nop": {}},
                "service": {"pipelines": {"traces": pipeline}},
            }
        )
    )


@lru_cache(maxsize=1)
def available_components() -> opamp_pb2.AvailableComponents:
    """The whole tree with its hash; shared, so copy and never change it."""
    kinds = {kind: _details_of(kind) for kind in COMPONENTS}
    listing = repr([(kind, sorted(types)) for kind, types in COMPONENTS.items()])
    return opamp_pb2.AvailableComponents(
        components=kinds, hash=sha256(listing.encode()).digest()
    )


def _details_of(kind: str) -> opamp_pb2.ComponentDetails:
    types = {name: opamp_pb2.ComponentDetails() for name in sorted(COMPONENTS[kind])}
    return opamp_pb2.ComponentDetails(sub_component_map=types)


def _digest(entries: Entries) -> bytes:
    state = sha256()
    for name, body in sorted(entries):
        state.update(b"%d:%s=%d:" % (len(name), name.encode(), len(body)) + body)
    return state.digest()


def _merge_entries(entries: Entries) -> dict[str, Any]:
    """As the supervisor does: names ascending, the empty name last."""
    merged: dict[str, Any] = {}
    for name, body in sorted(entries, key=lambda entry: (entry[0] == "", entry[0])):
        merged = effective.merge(merged, _load(name, body))
    return merged


def _load(name: str, body: bytes) -> dict[str, Any]:
    try:
        value = yaml.load(body, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _FaultError(f"entry {name!r} is not YAML: {_one_line(error)}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _FaultError(f"entry {name!r} is {type(value).__name__}, not a mapping")
    return value


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())


def _check(config: Mapping[str, Any]) -> None:
    for key in config:
        if key not in COMPONENTS and key != "service":
            raise _FaultError(f"invalid keys at the top level: {key!r}")
    for kind in COMPONENTS:
        _check_components(kind, _mapping(config.get(kind), kind))
    service = _mapping(config.get("service"), "service")
    _check_used("service::extensions", service.get("extensions"), config, "extensions")
    pipelines = _mapping(service.get("pipelines"), "service::pipelines")
    if not pipelines:
        raise _FaultError("service::pipelines: there must be at least one pipeline")
    for name, pipeline in pipelines.items():
        _check_pipeline(str(name), pipeline, config)


def _check_components(kind: str, components: Mapping[str, Any]) -> None:
    known = COMPONENTS[kind]
    for name, body in components.items():
        component_type = str(name).partition("/")[0]
        if component_type not in known:
            raise _FaultError(
                f"{kind}: unknown type {component_type!r} of {name!r}; "
                f"this build has {', '.join(sorted(known))}"
            )
        _mapping(body, f"{kind}::{name}")


def _check_pipeline(name: str, pipeline: Any, config: Mapping[str, Any]) -> None:
    place = f"service::pipelines::{name}"
    if name.partition("/")[0] not in _SIGNALS:
        raise _FaultError(f"{place}: unknown signal")
    parts = _mapping(pipeline, place)
    for kind in ("receivers", "exporters"):
        if not parts.get(kind):
            raise _FaultError(f"{place}: must have at least one of {kind}")
        _check_used(f"{place}::{kind}", parts[kind], config, kind, "connectors")
    _check_used(f"{place}::processors", parts.get("processors"), config, "processors")


def _check_used(place: str, names: Any, config: Mapping[str, Any], *kinds: str) -> None:
    defined = {name for kind in kinds for name in config.get(kind) or ()}
    for name in _strings(names, place):
        if name not in defined:
            raise _FaultError(f"{place}: {name!r} is used but not configured")


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _FaultError(f"{place}: expected a mapping, got {type(value).__name__}")
    return value


def _strings(value: Any, place: str) -> Iterable[str]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _FaultError(f"{place}: expected a list of names")
    return value
