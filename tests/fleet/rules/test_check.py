import time

import pytest

from reconciler.fleet.catalogue.model import Component, Setting, Shape
from reconciler.fleet.findings import Severity
from reconciler.fleet.rules import check
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import catalogue_of, subject_of
from tests.fleet.trees import read

GOOD = """\
receivers: {otlp: , hostmetrics/disk: }
processors: {batch: }
exporters: {debug: }
connectors: {forward: }
extensions: {health_check: }
service:
  extensions: [health_check]
  telemetry: {logs: {level: info}}
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [forward]}
    traces/out: {receivers: [forward, hostmetrics/disk], exporters: [debug]}
"""
KNOWN = catalogue_of(
    Component("receivers", "otlp", signals=frozenset({"logs"})),
    Component("processors", "batch", settings=Setting(Shape.STRUCT, closed=True)),
)


def messages(text: str) -> list[str]:
    return [found.message for found in check.errors(subject_of(text))]


def test_a_complete_config_has_no_errors() -> None:
    assert messages(GOOD) == []


def test_a_component_of_unknown_type_is_left_to_the_agent() -> None:
    assert messages(GOOD.replace("hostmetrics", "nobody_knows_me")) == []


def test_every_family_of_the_collectors_own_rules_is_run() -> None:
    text = (
        GOOD.replace("[batch]", "[batch, batch, bacth]")
        .replace("[forward, ", "[")
        .replace("extensions: [health_check]", "extension: [health_check]")
    )
    found = check.errors(subject_of(text))
    assert {one.rule for one in found} == {"E003", "E010", "E012", "E014"}


@pytest.mark.parametrize(
    ("basis", "severity"),
    [
        (Basis.PINNED, Severity.ERROR),
        (Basis.ASSUMED, Severity.ERROR),
        (Basis.GUESSED, Severity.WARNING),
    ],
)
def test_what_only_the_catalogue_knows_is_as_sure_as_its_basis(
    basis: Basis, severity: Severity
) -> None:
    text = GOOD.replace("{batch: }", "{batch: {tiemout: 1s}}")
    subject = subject_of(text, KNOWN, basis=basis)
    found = [one for one in check.everything(subject) if one.rule in ("E003", "E016")]
    assert [one.severity for one in found] == [severity, severity]
    errors = {one.rule for one in check.errors(subject)}
    assert ({"E003", "E016"} <= errors) is (severity is Severity.ERROR)


def test_of_agents_nothing_is_known_of_no_error_comes_from_the_catalogue() -> None:
    text = GOOD.replace("{batch: }", "{batch: {tiemout: 1s}}")
    assert check.errors(subject_of(text, KNOWN, basis=Basis.GUESSED)) == ()


def test_good_practice_is_looked_at_too() -> None:
    text = GOOD.replace("{debug: }", "{debug: {api_key: hunter2hunter2}}")
    subject = subject_of(text, basis=Basis.GUESSED, labels={})
    assert [one.rule for one in check.errors(subject)] == ["E040"]
    found = {one.rule for one in check.everything(subject)}
    assert "E040" in found


def test_warnings_are_no_errors() -> None:
    text = GOOD.replace("[debug]", "[debug, debug]")
    subject = subject_of(text)
    assert check.errors(subject) == ()
    assert "E012" in {one.rule for one in check.everything(subject)}


def test_a_service_or_its_pipelines_may_come_from_the_agents_host() -> None:
    components = GOOD.split("service:", maxsplit=1)[0]
    assert messages(components + "service: ${file:service.yaml}\n") == []
    assert messages(components + "service: {pipelines: '${file:p.yaml}'}\n") == []


def test_a_fragment_is_judged_by_what_no_merge_can_mend() -> None:
    fragment = read("exporters: {debug: }\nservice: {pipelines: {traces: }}\n")
    assert list(check.fragment(fragment)) == []
    (found,) = check.fragment(read("recievers: {}\n"))
    assert found.hint == "did you mean `receivers`?"


def test_a_config_of_very_many_parts_is_judged_at_once() -> None:
    parts = range(8_000)
    receivers = ", ".join(f"otlp/{part}: " for part in parts)
    pipelines = "".join(
        f"    traces/{part}: {{receivers: [otlp/{part}], exporters: [debug]}}\n"
        for part in parts
    )
    text = GOOD.replace("{otlp: ,", f"{{otlp: , {receivers},") + pipelines
    started = time.process_time()
    assert messages(text) == []
    assert time.process_time() - started < 3


def test_very_many_faults_are_told_in_part_and_at_once() -> None:
    names = ", ".join(f"x{index}" for index in range(20_000))
    assert len(messages(GOOD.replace("[batch]", f"[{names}]"))) == 100
    sections = "".join(f"x{index}: 1\n" for index in range(20_000))
    assert len(messages(GOOD + sections)) == 100
