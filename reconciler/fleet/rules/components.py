"""Types of components: unknown, renamed, about to go, and gone.

A type that is missing from the catalogue may still exist in somebody's build, so only a
build's own list, or a slip of the pen, makes it an error. New names are told of only
where it is known that the Collector has them.
"""

from collections.abc import Iterator
from typing import Final

from reconciler.fleet import findings
from reconciler.fleet.catalogue.components_output import KINDS
from reconciler.fleet.findings import Finding, Severity
from reconciler.fleet.rules import ids
from reconciler.fleet.rules.config import Component
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.fleet.syntax import spelling

UNKNOWN: Final = "E017"
DEPRECATED: Final = "W030"


def check(subject: Subject) -> Iterator[Finding]:
    """What the catalogue says of each component's type, used or not."""
    for component in subject.config.all():
        known = subject.known(component)
        kind = component.kind[:-1]
        if known is None:
            if ids.is_type(component.type):
                yield _unknown(component, subject)
        elif known.removed:
            yield findings.of(
                subject.basis.severity,
                DEPRECATED,
                f"{kind} type `{component.type}` is gone from the Collector",
                component.where,
                known.removed,
            )
        elif known.deprecated:
            yield findings.warning(
                DEPRECATED,
                f"{kind} type `{component.type}` is deprecated",
                component.where,
                known.deprecated,
            )
        elif component.type != known.type and subject.basis is not Basis.GUESSED:
            yield _alias(component, known.type)


def _alias(component: Component, name: str) -> Finding:
    return findings.of(
        Severity.INFO,
        DEPRECATED,
        f"`{component.type}` is the old name of {component.kind[:-1]} `{name}`",
        component.where,
        f"both work; write `{name}` here and in every pipeline",
    )


def _unknown(component: Component, subject: Subject) -> Finding:
    kind, type_ = component.kind, component.type
    types = subject.catalogue.types(kind)
    slip = next((one for one in sorted(types) if spelling.is_slip(type_, one)), None)
    is_sure = subject.basis is Basis.PINNED or (
        subject.basis is Basis.ASSUMED and slip is not None
    )
    return findings.of(
        Severity.ERROR if is_sure else Severity.WARNING,
        UNKNOWN,
        f"{kind[:-1]} type `{type_}` is unknown",
        component.where,
        _hint(component, slip or spelling.nearest(type_, types), subject),
    )


def _hint(component: Component, near: str | None, subject: Subject) -> str:
    elsewhere = [
        kind for kind in KINDS if component.type in subject.catalogue.types(kind)
    ]
    if elsewhere:
        return f"there is one under `{'`, `'.join(elsewhere)}`"
    if near:
        return f"did you mean `{near}`?"
    if subject.basis is Basis.PINNED:
        return "the Collector that is to run this does not have it"
    return "commit the output of `otelcol components` of your Collector to be sure"
