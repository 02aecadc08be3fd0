from reconciler.fleet.findings import Severity
from reconciler.fleet.rules import practice
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import subject_of

EVERY_FAULT = """
receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:99999"}}}}
processors: {batch: , filter: }
exporters: {otlp: {endpoint: "${1}", password: hunter22, auth: {authenticator: x}}}
extensions: {opamp: }
service:
  pipelines:
    traces: {receivers: [otlp], processors: [batch, filter], exporters: [otlp]}
"""


def test_the_strict_families_are_those_that_find_errors_in_a_fleet() -> None:
    subject = subject_of(EVERY_FAULT, basis=Basis.PINNED, labels={})
    for family in practice.FAMILIES:
        found = {one.severity for one in family(subject)}
        assert found, family.__module__
        assert (Severity.ERROR in found) is (family in practice.STRICT)


def test_a_config_of_nothing_has_no_faults() -> None:
    subject = subject_of("{}\n")
    assert [one for family in practice.FAMILIES for one in family(subject)] == []
