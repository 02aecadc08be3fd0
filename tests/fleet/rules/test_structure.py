import pytest

from reconciler.fleet.rules import structure
from tests.fleet.rules.subjects import lines, subject_of
from tests.fleet.trees import read

GOOD = """\
receivers: {otlp: , 'hostmetrics / disk': {}}
processors:
exporters: {debug: {verbosity: basic}}
extensions: {health_check: }
service:
  extensions: [health_check]
  telemetry: {logs: {level: info}}
  pipelines:
    traces: {receivers: [otlp], processors: , exporters: [debug]}
    metrics/disk: {receivers: ['hostmetrics / disk'], exporters: [debug]}
"""


def test_a_config_of_the_right_shape_has_no_findings() -> None:
    assert lines(structure.check, subject_of(GOOD)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("recievers: {}", "1:1: error E003: unknown section `recievers`"),
        ("x-anchors: {}", "1:1: error E003: unknown section `x-anchors`"),
        (
            "processors: [batch]",
            "1:13: error E004: `processors` must be a mapping, not a list",
        ),
        (
            "exporters: {debug: detailed}",
            "1:20: error E004: `exporters.debug` must be a mapping, not text",
        ),
        (
            "receivers: {_nop: }",
            "1:13: error E004: `_nop` in `receivers` is no id of a component",
        ),
        ("service: 1", "1:10: error E004: `service` must be a mapping, not a number"),
        (
            "service: {pipeline: {}}",
            "1:11: error E003: unknown field `service.pipeline`",
        ),
        (
            "service: {telemetry: on}",
            "1:22: error E004: `service.telemetry` must be a mapping, not text",
        ),
        (
            "service: {extensions: zpages}",
            "1:23: error E004: `service.extensions` must be a list, not text",
        ),
        (
            "service: {extensions: [{zpages: }]}",
            (
                "1:24: error E004: an item of `service.extensions` must be the id of a "
                "component, not a mapping"
            ),
        ),
        (
            "service: {pipelines: [traces]}",
            "1:22: error E004: `service.pipelines` must be a mapping, not a list",
        ),
        (
            "service: {pipelines: {traces: debug}}",
            "1:31: error E004: `service.pipelines.traces` must be a mapping, not text",
        ),
        (
            "service: {pipelines: {traces/: {}}}",
            "1:23: error E004: the name in `traces/` of `service.pipelines` is empty",
        ),
        (
            "service: {pipelines: {traces: {reciever: []}}}",
            "1:32: error E003: unknown field `service.pipelines.traces.reciever`",
        ),
        (
            "service: {pipelines: {traces: {receivers: otlp}}}",
            (
                "1:43: error E004: `service.pipelines.traces.receivers` must be a "
                "list, not text"
            ),
        ),
        (
            "service: {pipelines: {traces: {receivers: [1]}}}",
            (
                "1:44: error E004: an item of `service.pipelines.traces.receivers` "
                "must be the id of a component, not a number"
            ),
        ),
        (
            "service: {pipelines: {traces: {receivers: [_nop]}}}",
            (
                "1:44: error E004: `_nop` in `service.pipelines.traces.receivers` is "
                "no id of a component"
            ),
        ),
        (
            "service: {pipelines: {traces/a: , 'traces / a': }}",
            (
                "1:35: error E002: `service.pipelines` has `traces/a` twice: spaces "
                "around `/` do not count"
            ),
        ),
    ],
)
def test_what_no_collector_could_decode_is_told_in_its_place(
    text: str, line: str
) -> None:
    assert lines(structure.check, subject_of(text)) == [f"c.yaml:{line}"]


def test_a_misspelt_key_comes_with_the_one_that_was_meant() -> None:
    (found,) = structure.fragment(read("service: {extentions: []}\n"))
    assert found.hint == "did you mean `extensions`?"


def test_a_fragment_may_be_as_incomplete_as_it_likes() -> None:
    for text in ("{}", "service: ", "service: {pipelines: {traces: }}", "receivers: "):
        assert list(structure.fragment(read(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "receivers: ${file:receivers.yaml}",
        "receivers: {otlp: '${file:otlp.yaml}'}",
        "service: ${file:service.yaml}",
        "service: {telemetry: '${file:t.yaml}', extensions: '${env:EXTENSIONS}'}",
        "service: {pipelines: '${file:p.yaml}'}",
        "service: {pipelines: {traces: '${file:p.yaml}'}}",
        "service: {pipelines: {traces: {receivers: '${env:RECEIVERS}'}}}",
        "service: {pipelines: {traces: {receivers: ['${env:RECEIVER:-otlp}']}}}",
    ],
)
def test_what_the_agent_fills_in_is_not_judged(text: str) -> None:
    assert lines(structure.check, subject_of(text)) == []
