import pytest

from reconciler.fleet.rules import unused
from tests.fleet.rules.subjects import lines, subject_of

GOOD = """\
receivers: {otlp: }
processors: {batch: }
exporters: {debug: }
connectors: {forward: }
extensions: {zpages: }
service:
  extensions: [zpages]
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [forward]}
    traces/out: {receivers: [forward], exporters: [debug]}
"""


def test_a_config_in_which_everything_is_used_has_no_findings() -> None:
    assert lines(unused.check, subject_of(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("[otlp]", "[]", "1:13: warning W020: receiver `otlp` is in no pipeline"),
        (
            "processors: [batch]",
            "processors: []",
            "2:14: warning W020: processor `batch` is in no pipeline",
        ),
        ("[debug]", "[]", "3:13: warning W020: exporter `debug` is in no pipeline"),
        (
            "extensions: [zpages]",
            "telemetry: {}",
            "5:14: warning W020: extension `zpages` is not enabled",
        ),
    ],
)
def test_what_nothing_names_is_told_at_its_definition(
    old: str, new: str, line: str
) -> None:
    assert old in GOOD
    found = lines(unused.check, subject_of(GOOD.replace(old, new)))
    assert found == [f"c.yaml:{line}"]


def test_one_name_on_both_sides_is_two_components() -> None:
    text = GOOD.replace("{debug: }", "{debug: , otlp: }")
    (line,) = lines(unused.check, subject_of(text))
    assert "exporter `otlp`" in line


def test_a_connector_is_used_on_either_side() -> None:
    text = GOOD.replace("exporters: [forward]", "exporters: [debug]")
    assert lines(unused.check, subject_of(text)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[otlp]", "'${env:RECEIVERS}'"),
        ("exporters: [debug]", "exporters: ['${env:EXPORTER}']"),
        ("extensions: [zpages]", "extensions: '${env:EXTENSIONS}'"),
        ("extensions: [zpages]", "extensions: ['${env:EXTENSION}']"),
    ],
)
def test_what_the_agent_fills_in_may_name_anything(old: str, new: str) -> None:
    assert lines(unused.check, subject_of(GOOD.replace(old, new))) == []


def test_so_may_a_whole_service() -> None:
    components = GOOD.split("service:", maxsplit=1)[0]
    text = components + "service: ${file:service.yaml}\n"
    assert lines(unused.check, subject_of(text)) == []
