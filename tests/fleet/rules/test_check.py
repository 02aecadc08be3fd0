import time

import pytest

from reconciler.errors import Where
from reconciler.fleet.rules import check
from tests.fleet.rules.subjects import subject_of
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


def messages(text: str) -> list[str]:
    return [found.message for found in check.errors(subject_of(text))]


def test_a_complete_config_has_no_findings() -> None:
    assert messages(GOOD) == []


def test_a_component_of_unknown_type_is_left_to_the_agent() -> None:
    assert messages(GOOD.replace("hostmetrics", "nobody_knows_me")) == []


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (
            "extensions: [health_check]",
            "extensions: [healthcheck]",
            "`service.extensions` names `healthcheck`, which is not defined",
            "did you mean `health_check`?",
        ),
        (
            "[otlp]",
            "[jaeger]",
            "`service.pipelines.traces.receivers` names `jaeger`, which is not defined",
            "define it under `receivers` or `connectors`",
        ),
        (
            "[batch]",
            "[bacth]",
            "`service.pipelines.traces.processors` names `bacth`, which is not defined",
            "did you mean `batch`?",
        ),
        (
            "exporters: [forward]",
            "exporters: [nop]",
            "`service.pipelines.traces.exporters` names `nop`, which is not defined",
            "define it under `exporters` or `connectors`",
        ),
        (
            "exporters: [debug]",
            "exporters: []",
            "pipeline `traces/out` has no exporters",
            None,
        ),
        ("receivers: [otlp], ", "", "pipeline `traces` has no receivers", None),
        (
            "connectors: {forward: }",
            "conectors: {forward: }",
            "unknown section `conectors`",
            "did you mean `connectors`?",
        ),
        (
            "traces/out:",
            "trace/out:",
            "`trace/out` is no kind of pipeline",
            "did you mean `traces`?",
        ),
        (
            "processors: {batch: }",
            "processors: [batch]",
            "`processors` must be a mapping, not a list",
            None,
        ),
        (
            "{receivers: [forward, hostmetrics/disk], exporters: [debug]}",
            "debug",
            "`service.pipelines.traces/out` must be a mapping, not text",
            None,
        ),
    ],
)
def test_a_broken_config_is_told_with_a_hint(
    old: str, new: str, message: str, hint: str | None
) -> None:
    assert old in GOOD
    found = {
        finding.message: finding.hint
        for finding in check.errors(subject_of(GOOD.replace(old, new)))
    }
    assert found[message] == hint


def test_a_broken_reference_stands_at_its_line() -> None:
    (found,) = check.errors(subject_of(GOOD.replace("[batch]", "[bacth]")))
    assert found.rule == "E010"
    assert found.where == Where("c.yaml", 10, 46)


@pytest.mark.parametrize(
    "service",
    [
        "",
        "service:\n",
        "service: {}\n",
        "service: {pipelines: }\n",
        "service: {pipelines: {}}\n",
    ],
)
def test_a_config_without_pipelines_is_incomplete(service: str) -> None:
    text = GOOD.split("service:", maxsplit=1)[0] + service
    assert messages(text) == ["the config has no pipelines"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exporters: {debug: }", "exporters: ${file:exporters.yaml}"),
        ("exporters: [debug]", "exporters: ['${env:EXPORTER:-debug}']"),
        ("exporters: [debug]", "exporters: '${env:EXPORTERS}'"),
        ("{logs: {level: info}}", "'${file:telemetry.yaml}'"),
        (
            "{receivers: [otlp], processors: [batch], exporters: [forward]}",
            "'${file:p.yaml}'",
        ),
    ],
)
def test_what_the_agent_fills_in_is_not_judged(old: str, new: str) -> None:
    assert old in GOOD
    assert messages(GOOD.replace(old, new)) == []


def test_a_service_or_its_pipelines_may_come_from_the_agents_host() -> None:
    components = GOOD.split("service:", maxsplit=1)[0]
    assert messages(components + "service: ${file:service.yaml}\n") == []
    assert messages(components + "service: {pipelines: '${file:p.yaml}'}\n") == []


def test_spaces_around_the_slash_of_an_id_do_not_matter() -> None:
    text = GOOD.replace("hostmetrics/disk: ", "'hostmetrics / disk': ")
    assert messages(text) == []


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
