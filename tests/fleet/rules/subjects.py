"""Subjects for the tests of this folder, made from texts of Collector config."""

from collections.abc import Callable, Iterable, Mapping

from reconciler.fleet.catalogue.model import Catalogue, Component, Setting, Shape
from reconciler.fleet.findings import Finding
from reconciler.fleet.rules import config
from reconciler.fleet.rules.subject import Basis, Subject
from tests.fleet.trees import read

Family = Callable[[Subject], Iterable[Finding]]


def catalogue_of(*components: Component, service: Setting | None = None) -> Catalogue:
    """A catalogue of a few components, found by every name they have."""
    by_kind: dict[str, dict[str, Component]] = {}
    for one in components:
        for name in (one.type, *one.aliases):
            by_kind.setdefault(one.kind, {})[name] = one
    return Catalogue("0.0.0", service or Setting(Shape.ANY), by_kind)


NOTHING = catalogue_of()


def subject_of(
    text: str,
    catalogue: Catalogue = NOTHING,
    *,
    basis: Basis = Basis.ASSUMED,
    labels: Mapping[str, str] | None = None,
) -> Subject:
    """A config of one file, outside any fleet unless there are labels."""
    return Subject(config.read(read(text, "c.yaml")), catalogue, basis, labels)


def lines(family: Family, subject: Subject) -> list[str]:
    """What a family finds, one line each: place, severity, rule, message."""
    return [str(found) for found in family(subject)]
