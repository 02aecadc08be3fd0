import pytest

from reconciler.fleet.rules import references
from tests.fleet.rules.subjects import lines, subject_of

GOOD = """\
receivers: {otlp: }
processors: {batch: }
exporters: {debug: }
connectors: {forward: }
extensions: {health_check: }
service:
  extensions: [health_check]
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [forward]}
    traces/out: {receivers: [forward], exporters: [debug]}
"""


def test_a_config_in_which_everything_is_defined_has_no_findings() -> None:
    assert lines(references.check, subject_of(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (
            "[health_check]",
            "[healthcheck]",
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
            "[debug]",
            "[batch]",
            (
                "`service.pipelines.traces/out.exporters` names `batch`, which is not "
                "defined"
            ),
            "it is defined under `processors`",
        ),
        (
            "receivers: [forward]",
            "receivers: [debug]",
            (
                "`service.pipelines.traces/out.receivers` names `debug`, which is not "
                "defined"
            ),
            "it is defined under `exporters`",
        ),
    ],
)
def test_a_reference_to_nothing_comes_with_a_way_out(
    old: str, new: str, message: str, hint: str
) -> None:
    assert old in GOOD
    (found,) = references.check(subject_of(GOOD.replace(old, new)))
    assert (found.rule, found.message, found.hint) == ("E010", message, hint)


def test_all_of_them_are_told_at_once_each_in_its_place() -> None:
    text = GOOD.replace("[batch]", "[a, b]").replace("[debug]", "[c]")
    assert lines(references.check, subject_of(text)) == [
        (
            "c.yaml:9:46: error E010: `service.pipelines.traces.processors` names `a`, "
            "which is not defined"
        ),
        (
            "c.yaml:9:49: error E010: `service.pipelines.traces.processors` names `b`, "
            "which is not defined"
        ),
        (
            "c.yaml:10:52: error E010: `service.pipelines.traces/out.exporters` names "
            "`c`, which is not defined"
        ),
    ]


def test_spaces_around_the_slash_of_an_id_do_not_matter() -> None:
    text = GOOD.replace("{otlp: }", "{'otlp / a': }").replace("[otlp]", "[otlp/a]")
    assert lines(references.check, subject_of(text)) == []


@pytest.mark.parametrize("section", ["exporters: {debug: }", "connectors: {forward: }"])
def test_a_section_that_the_agent_fills_in_may_define_anything(section: str) -> None:
    name = section.partition(":")[0]
    text = GOOD.replace(section, f"{name}: ${{file:{name}.yaml}}")
    assert lines(references.check, subject_of(text)) == []


def test_a_connector_with_the_id_of_a_receiver_or_exporter_is_ambiguous() -> None:
    text = GOOD.replace("{debug: }", "{debug: , forward: }")
    (found,) = references.check(subject_of(text.replace("{otlp: }", "{otlp: }")))
    assert found.rule == "E013"
    assert found.message == "`forward` is a connector and one of the exporters"
    assert found.hint == "give one of them a name, such as `forward/connector`"
    assert [where.line for where in (found.where, *found.also)] == [4, 3]
