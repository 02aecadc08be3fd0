"""Every rule of one Collector config, run together.

`fragment` is asked by `kinds/` for each part of a config, `errors` by `render.py` for
what an agent is to get, and `everything` by the linter and for bare configs. A family
of rules is a function that looks at a subject and yields findings.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from reconciler.fleet.findings import Finding, Report, Severity
from reconciler.fleet.rules import (
    components,
    graph,
    pipelines,
    practice,
    references,
    settings,
    structure,
    unused,
    validation,
)
from reconciler.fleet.rules.subject import Basis, Subject
from reconciler.fleet.syntax.nodes import Table

Family: TypeAlias = Callable[[Subject], Iterator[Finding]]

MOST_FINDINGS: Final = 100
"""Faults told of one config by one family; more would cost time and help nobody."""

_ENFORCED: Final[tuple[Family, ...]] = (
    structure.check,
    references.check,
    pipelines.check,
    graph.check,
)
"""What every Collector refuses, whatever its components."""
_KNOWN: Final[tuple[Family, ...]] = (
    components.check,
    graph.signals,
    settings.check,
    validation.check,
)
"""What a Collector refuses that has the components of the catalogue."""


def fragment(config: Table) -> Iterable[Finding]:
    """Errors of a part of a config, whatever it is merged with."""
    return itertools.islice(structure.fragment(config), MOST_FINDINGS)


def errors(subject: Subject) -> tuple[Finding, ...]:
    """What keeps agents from a config; of agents that nothing is known of, quickly."""
    families = (*_ENFORCED, *practice.STRICT)
    if subject.basis is not Basis.GUESSED:
        families = (*families, *_KNOWN)
    found = _run(families, subject)
    return tuple(one for one in found if one.severity is Severity.ERROR)


def everything(subject: Subject) -> tuple[Finding, ...]:
    """Errors and warnings, in order of place."""
    families = (*_ENFORCED, *_KNOWN, unused.check, *practice.FAMILIES)
    return _run(families, subject)


def _run(families: Iterable[Family], subject: Subject) -> tuple[Finding, ...]:
    report = Report()
    for family in families:
        report.add(*itertools.islice(family(subject), MOST_FINDINGS))
    return report.findings
