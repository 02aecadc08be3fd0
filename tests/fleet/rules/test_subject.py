import dataclasses

import pytest

from reconciler.fleet.catalogue.model import Component
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import catalogue_of, subject_of

KNOWN = catalogue_of(Component("exporters", "otlp_grpc", aliases=frozenset({"otlp"})))


@pytest.mark.parametrize(
    ("basis", "severity"),
    [("pinned", "error"), ("assumed", "error"), ("guessed", "warning")],
)
def test_a_catalogue_is_as_sure_as_its_basis(basis: str, severity: str) -> None:
    subject = subject_of("{}", KNOWN, basis=Basis(basis))
    assert subject.basis.severity == severity
    assert subject.settings_severity == severity


@pytest.mark.parametrize(
    ("release", "severity"), [("", "error"), ("0.0.0", "error"), ("9.0.0", "warning")]
)
def test_of_settings_it_is_sure_in_its_own_release(release: str, severity: str) -> None:
    catalogue = dataclasses.replace(KNOWN, release=release)
    subject = subject_of("{}", catalogue, basis=Basis.PINNED)
    assert subject.settings_severity == severity
    assert subject.basis.severity == "error"


def test_a_component_is_known_by_every_name() -> None:
    subject = subject_of("exporters: {otlp/a: , otlp_grpc: , other: }\n", KNOWN)
    known = [subject.known(one) for one in subject.config.all()]
    assert [one.type if one else None for one in known] == ["otlp_grpc"] * 2 + [None]
