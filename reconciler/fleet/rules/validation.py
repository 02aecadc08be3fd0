"""What the commonest components refuse themselves, once their settings are decoded.

The Collector asks every component that is configured, used or not, and more of those
that a pipeline names. The checks are those of the bundled catalogue's release.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules.config import Component, Config
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.rules.validators import (
    connectors,
    exporters,
    extensions,
    processors,
    receivers,
    telemetry,
)
from reconciler.fleet.rules.validators.view import Fault, Faults, View

REFUSED: Final = "E018"

_KINDS: Final[Mapping[str, Callable[[str, View], Faults]]] = {
    "receivers": receivers.of,
    "processors": processors.of,
    "exporters": exporters.of,
    "connectors": connectors.of,
    "extensions": extensions.of,
}
_NAMES: Final = {
    ("receivers", "filelog"): "file_log",
    ("receivers", "host_metrics"): "hostmetrics",
    ("receivers", "kubelet_stats"): "kubeletstats",
    ("processors", "experimental_metricsgeneration"): "metricsgeneration",
    ("processors", "k8sattributes"): "k8s_attributes",
    ("processors", "log_dedup"): "logdedup",
    ("processors", "metrics_transform"): "metricstransform",
    ("processors", "metricstarttime"): "metric_start_time",
    ("processors", "resource_detection"): "resourcedetection",
    ("exporters", "otlp"): "otlp_grpc",
    ("exporters", "otlphttp"): "otlp_http",
    ("exporters", "prometheus_remote_write"): "prometheusremotewrite",
}
"""Types by the names of other releases; builds of every age are checked alike."""


def check(subject: Subject) -> Iterator[Finding]:
    """What components and the Collector's own telemetry refuse of their settings."""
    used = _used(subject.config)
    for component in subject.config.all():
        known = subject.known(component)
        if known is None or known.removed:
            continue
        signals = used.get((component.kind, component.id), frozenset())
        for fault in _known_faults(component, subject):
            if fault.signals is None or signals & set(fault.signals):
                yield _finding(fault, subject)
    for fault in telemetry.of(subject.config.tree):
        yield _finding(fault, subject)


def _known_faults(component: Component, subject: Subject) -> Iterable[Fault]:
    """Its faults; only those of a connector depend on the pipelines around it."""
    if component.kind == "connectors":
        return _faults(component, subject.config)
    about = ("validation", component.kind, component.id, component.where)
    settings = (component.settings,)
    return subject.once(settings, about, lambda: _faults(component, subject.config))


def _finding(fault: Fault, subject: Subject) -> Finding:
    severity = subject.settings_severity
    return findings.of(severity, REFUSED, fault.message, fault.where, fault.hint)


def _faults(component: Component, config: Config) -> Faults:
    path = f"{component.kind}.{component.id}"
    view = View(path, component.where, component.settings)
    type_ = _NAMES.get((component.kind, component.type), component.type)
    yield from _KINDS[component.kind](type_, view)
    if (component.kind, type_) == ("connectors", "routing"):
        pipelines = _receiving(component, config)
        if pipelines:
            yield from connectors.routes(view, pipelines)


def _used(config: Config) -> Mapping[tuple[str, str], frozenset[str]]:
    """The signals of the pipelines that name a component."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for pipeline in config.pipelines:
        for side, references in pipeline.sides():
            for one in references:
                before = found.get((side, one.id), frozenset())
                found[side, one.id] = before | {pipeline.signal}
    return found


def _receiving(component: Component, config: Config) -> frozenset[str]:
    """The pipelines that a connector is a receiver of; none when only agents know."""
    if any(one.open_ended for one in config.pipelines):
        return frozenset()
    return frozenset(
        pipeline.id
        for pipeline in config.pipelines
        if component.id in {one.id for one in pipeline.receivers}
    )
