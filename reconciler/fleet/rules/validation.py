"""What the commonest components refuse themselves, once their settings are decoded.

The Collector asks every component that is configured, used or not, and more of those
that a pipeline names. The checks are those of the bundled catalogue's release.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.findings import Finding
from reconciler.fleet.nodes import Scalar, Table
from reconciler.fleet.rules.config import Component
from reconciler.fleet.rules.subject import Subject
from reconciler.fleet.rules.validators import (
    connectors,
    exporters,
    extensions,
    processors,
    receivers,
    telemetry,
)
from reconciler.fleet.rules.validators.view import Faults, View

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
    ("processors", "experimental_metricsgeneration"): "metricsgeneration",
    ("processors", "k8sattributes"): "k8s_attributes",
    ("processors", "metricstarttime"): "metric_start_time",
    ("exporters", "otlp"): "otlp_grpc",
    ("exporters", "otlphttp"): "otlp_http",
}
"""Types that have another name by now; builds of every age are checked alike."""


def check(subject: Subject) -> Iterator[Finding]:
    """What components and the Collector's own telemetry refuse of their settings."""
    used = _used(subject)
    for component in subject.config.all():
        known = subject.known(component)
        if known is None or known.removed:
            continue
        is_used = (component.kind, component.id) in used
        for fault in _faults(component):
            if is_used or not fault.is_for_used:
                yield findings.of(
                    subject.basis.severity,
                    REFUSED,
                    fault.message,
                    fault.where,
                    fault.hint,
                )
    for fault in telemetry.of(subject.config.tree):
        severity = subject.basis.severity
        yield findings.of(severity, REFUSED, fault.message, fault.where, fault.hint)


def _faults(component: Component) -> Faults:
    if not isinstance(component.settings, Table | Scalar):
        return iter(())
    path = f"{component.kind}.{component.id}"
    view = View(path, component.where, component.settings)
    type_ = _NAMES.get((component.kind, component.type), component.type)
    return _KINDS[component.kind](type_, view)


def _used(subject: Subject) -> frozenset[tuple[str, str]]:
    return frozenset(
        (side, one.id)
        for pipeline in subject.config.pipelines
        for side, references in pipeline.sides()
        for one in references
    )
