import pytest

from reconciler.fleet.rules import pipelines
from tests.fleet.rules.subjects import lines, subject_of

COMPONENTS = "receivers: {otlp: }\nexporters: {debug: }\n"
GOOD = (
    COMPONENTS
    + "service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n"
)


def test_a_pipeline_with_two_ends_has_no_findings() -> None:
    assert lines(pipelines.check, subject_of(GOOD)) == []


@pytest.mark.parametrize(
    "service",
    ["", "service:\n", "service: {}\n", "service: {pipelines: }\n"],
)
def test_a_config_without_pipelines_is_incomplete(service: str) -> None:
    (line,) = lines(pipelines.check, subject_of(COMPONENTS + service))
    assert line.endswith("error E011: the config has no pipelines")


@pytest.mark.parametrize("kind", ["receivers", "exporters"])
@pytest.mark.parametrize("section", ["", ": ", ": {}"])
def test_a_config_without_receivers_or_exporters_is_incomplete(
    kind: str, section: str
) -> None:
    old = "receivers: {otlp: }" if kind == "receivers" else "exporters: {debug: }"
    text = GOOD.replace(f"{old}\n", f"{kind}{section}\n" if section else "", 1)
    (line,) = lines(pipelines.check, subject_of(text))
    assert line.endswith(f"error E011: the config has no {kind}")


@pytest.mark.parametrize(
    ("pipeline", "line"),
    [
        ("traces: ", "3:23: error E011: pipeline `traces` has no receivers"),
        (
            "traces: {receivers: [], exporters: [debug]}",
            "3:32: error E011: pipeline `traces` has no receivers",
        ),
        (
            "traces: {receivers: , exporters: [debug]}",
            "3:32: error E011: pipeline `traces` has no receivers",
        ),
        (
            "traces: {receivers: [otlp]}",
            "3:23: error E011: pipeline `traces` has no exporters",
        ),
        (
            "trace/a: {receivers: [otlp], exporters: [debug]}",
            "3:23: error E011: `trace/a` is no kind of pipeline",
        ),
        (
            "traces: {receivers: [otlp], processors: [a, b, a], exporters: [debug]}",
            "3:70: error E012: `service.pipelines.traces.processors` names `a` twice",
        ),
        (
            "traces: {receivers: [otlp, otlp], exporters: [debug]}",
            (
                "3:50: warning E012: `service.pipelines.traces.receivers` names `otlp` "
                "twice"
            ),
        ),
        (
            "traces: {receivers: [otlp], exporters: [debug, debug]}",
            (
                "3:70: warning E012: `service.pipelines.traces.exporters` names "
                "`debug` twice"
            ),
        ),
    ],
)
def test_what_a_pipeline_lacks_or_has_twice_is_told_in_its_place(
    pipeline: str, line: str
) -> None:
    text = f"{COMPONENTS}service: {{pipelines: {{{pipeline}}}}}\n"
    assert f"c.yaml:{line}" in lines(pipelines.check, subject_of(text))


def test_an_extension_named_twice_is_only_a_warning() -> None:
    text = GOOD.replace("service: {", "service: {extensions: [zpages, 'zpages '], ")
    (found,) = pipelines.check(subject_of(text))
    assert (found.rule, found.severity) == ("E012", "warning")
    assert found.also[0].column < found.where.column


@pytest.mark.parametrize(
    ("signal", "hint"),
    [
        ("metric", "did you mean `metrics`?"),
        (
            "events",
            "a pipeline is one of traces, metrics, logs, profiles, or one with `/name`",
        ),
    ],
)
def test_a_signal_that_there_is_not_comes_with_those_there_are(
    signal: str, hint: str
) -> None:
    (found,) = pipelines.check(subject_of(GOOD.replace("{traces:", f"{{{signal}:")))
    assert found.hint == hint


def test_profiles_need_a_gate_that_agents_of_a_fleet_may_have() -> None:
    text = GOOD.replace("{traces:", "{profiles/a:")
    (bare,) = pipelines.check(subject_of(text))
    (fleet,) = pipelines.check(subject_of(text, labels={"role": "gateway"}))
    assert (bare.severity, fleet.severity) == ("error", "warning")
    assert bare.hint == "start it with `--feature-gates=service.profilesSupport`"


@pytest.mark.parametrize(
    "text",
    [
        COMPONENTS + "service: ${file:service.yaml}\n",
        COMPONENTS + "service: {pipelines: '${file:p.yaml}'}\n",
        COMPONENTS + "service: {pipelines: {traces: '${file:p.yaml}'}}\n",
        GOOD.replace("[debug]", "'${env:EXPORTERS}'"),
        GOOD.replace("{debug: }", "${file:exporters.yaml}"),
    ],
)
def test_what_the_agent_fills_in_may_be_complete(text: str) -> None:
    assert lines(pipelines.check, subject_of(text)) == []
