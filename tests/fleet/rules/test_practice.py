import time

import pytest

from reconciler.fleet.findings import Severity
from reconciler.fleet.rules import practice, traps
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


LONG = 20_000
TEXTS = {
    "stars": "*" * LONG + "a",
    "crosses": "x*" * LONG + "a",
    "references": "${a}" * LONG + " x",
    "open braces": "${" * LONG,
    "closed braces": "}" * LONG,
    "escapes": "$" * LONG + "{a}",
    "nested": "${" * 5_000 + "a" + "}" * 5_000,
    "tokens": "eyJ-" * LONG + ".",
    "tokens with dots": "eyJabcdefghijk." * 5_000,
    "urls": "://:" * LONG,
    "angles": "<a" * LONG,
    "keys": "-----BEGIN " + "A " * LONG,
    "colons": "1:1" * LONG,
    "digits": "0" * LONG,
    "letters": "aB3" * LONG,
    "queries": "?token=" * LONG,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("key", ["password", "endpoint", "x"])
def test_no_value_takes_long_to_judge(text: str, key: str) -> None:
    source = f"exporters: {{otlp_http: {{{key}: '{text}'}}}}\n"
    subject = subject_of(source, labels={})
    started = time.process_time()
    found = [one for family in practice.FAMILIES for one in family(subject)]
    found += traps.check(subject.config.tree, {"c.yaml": source.encode()})
    assert time.process_time() - started < 2
    assert all(len(one.message) < 1_000 for one in found)


def test_no_name_takes_long_to_judge() -> None:
    key = "_aA0" * 2_000
    subject = subject_of(f"exporters: {{otlp: {{? {key} : 1}}}}\n", labels={})
    started = time.process_time()
    for family in practice.FAMILIES:
        list(family(subject))
    assert time.process_time() - started < 2


def test_many_listeners_are_compared_in_no_time() -> None:
    names = [f"zipkin/{number}" for number in range(5_000)]
    receivers = ", ".join(
        f"{name}: {{endpoint: '10.0.{number // 250}.{number % 250}:9411'}}"
        for number, name in enumerate(names)
    )
    pipelines = f"{{traces: {{receivers: [{', '.join(names)}], exporters: [debug]}}}}"
    text = f"receivers: {{{receivers}}}\nservice: {{pipelines: {pipelines}}}\n"
    subject = subject_of(text, labels={})
    started = time.process_time()
    assert [one for family in practice.FAMILIES for one in family(subject)] == []
    assert time.process_time() - started < 2
