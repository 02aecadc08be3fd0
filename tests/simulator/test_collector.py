from pathlib import Path

import pytest
import yaml

from reconciler.simulator import collector
from reconciler.simulator.collector import DoesNotStart, Runs, Stops, Unreadable

GOOD = """
receivers: {otlp: {protocols: {grpc: {}}}}
processors: {batch: }
exporters: {debug: , otlp/backend: {endpoint: "backend:4317"}}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [debug]}
    metrics/all: {receivers: [otlp], exporters: [debug, otlp/backend]}
"""


def judge(text: str) -> collector.Verdict:
    return collector.judge((("", text.encode()),))


def error_of(text: str) -> str:
    verdict = judge(text)
    assert isinstance(verdict, DoesNotStart)
    return verdict.error


def test_a_sound_config_runs_with_the_supervisors_parts_around_it() -> None:
    verdict = judge(GOOD)
    assert isinstance(verdict, Runs)
    config = yaml.safe_load(verdict.text)
    assert config["receivers"] == {"otlp": {"protocols": {"grpc": {}}}}
    assert config["service"]["extensions"] == ["opamp"]
    assert "opamp" in config["extensions"]
    assert verdict.pipelines == ("traces", "metrics/all")


def test_the_same_offer_is_judged_once_for_all_agents() -> None:
    assert judge(GOOD) is judge(GOOD)


def test_comments_and_order_of_keys_change_nothing() -> None:
    reordered = yaml.dump(yaml.safe_load(GOOD), sort_keys=True)
    assert judge("# a comment\n" + reordered) == judge(GOOD)


def test_entries_merge_by_name_with_the_nameless_one_winning() -> None:
    base = {**yaml.safe_load(GOOD), "exporters": {"debug": {"verbosity": "basic"}}}
    base["service"]["pipelines"].pop("metrics/all")
    verdict = collector.judge(
        (
            ("", b"exporters: {debug: {verbosity: detailed}}"),
            ("b", b"exporters: {debug: {verbosity: normal}}"),
            ("a", yaml.dump(base).encode()),
        )
    )
    assert isinstance(verdict, Runs)
    assert verdict.config["exporters"]["debug"]["verbosity"] == "detailed"


def test_a_map_without_entries_stops_the_collector() -> None:
    assert collector.judge(()) == Stops()


def test_an_entry_with_an_empty_body_does_not_stop_it_but_fails() -> None:
    assert "at least one pipeline" in error_of("")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("receivers: [", "entry '' is not YAML: "),
        ("just text", "entry '' is str, not a mapping"),
        ("- a\n- b", "entry '' is list, not a mapping"),
    ],
)
def test_what_is_no_yaml_mapping_cannot_even_be_merged(text: str, message: str) -> None:
    verdict = judge(text)
    assert isinstance(verdict, Unreadable)
    assert message in verdict.error
    assert "\n" not in verdict.error


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("otlp: {protocols", "nosuch: {protocols", "unknown type 'nosuch'"),
        ("batch: }", "batches: }", "processors: unknown type 'batches'"),
        ("{debug: ,", "{kafka2: ,", "exporters: unknown type 'kafka2'"),
        ("exporters: [debug]", "exporters: [nop]", "'nop' is used but not configured"),
        ("[otlp], processors", "[], processors", "at least one of receivers"),
        ("    traces:", "    spans:", "service::pipelines::spans: unknown signal"),
        ("service:", "services:", "invalid keys at the top level: 'services'"),
        ("service:", "service:\n  extensions: [zpages]", "'zpages' is used but not"),
        ("[otlp], processors", "otlp, processors", "expected a list of names"),
        ("{otlp: {protocols: {grpc: {}}}}", "[otlp]", "expected a mapping, got list"),
        ("{protocols: {grpc: {}}}", "4317", "receivers::otlp: expected a mapping"),
    ],
)
def test_a_collector_exits_over_what_it_does_not_know(
    old: str, new: str, message: str
) -> None:
    assert old in GOOD
    error = error_of(GOOD.replace(old, new, 1))
    assert error.startswith("Collector exited with code 1: ")
    assert message in error


def test_a_component_that_no_pipeline_uses_must_still_be_known() -> None:
    assert "unknown type 'nosuch'" in error_of(GOOD + "extensions: {nosuch/x: }\n")


def test_a_connector_joins_two_pipelines() -> None:
    joined = """
    receivers: {otlp: }
    exporters: {nop: }
    connectors: {forward: }
    service:
      pipelines:
        traces/in: {receivers: [otlp], exporters: [forward]}
        traces/out: {receivers: [forward], exporters: [nop]}
    """
    assert isinstance(judge(joined), Runs)


def test_different_faults_have_different_texts_to_compare_by() -> None:
    one, other = judge("receivers: {a: }"), judge("receivers: {b: }")
    assert isinstance(one, DoesNotStart)
    assert isinstance(other, DoesNotStart)
    assert one.text != other.text


def test_before_any_remote_config_a_collector_runs_nops() -> None:
    config = collector.bootstrap().config
    assert config["service"]["pipelines"] == {
        "traces": {"receivers": ["nop"], "exporters": ["nop"]}
    }


def test_the_reported_components_are_those_that_are_judged_by() -> None:
    components = collector.available_components()
    assert {
        kind: frozenset(details.sub_component_map)
        for kind, details in components.components.items()
    } == collector.COMPONENTS
    assert len(components.hash) == 32


def test_the_components_of_the_example_fleet_are_all_known() -> None:
    examples = Path(__file__).parents[2] / "examples" / "fleet-repo"
    for path in sorted(examples.rglob("*.y*ml")):
        for document in filter(None, yaml.safe_load_all(path.read_text())):
            config = document.get("spec", {}).get("config", document)
            for kind, known in collector.COMPONENTS.items():
                types = {name.partition("/")[0] for name in config.get(kind) or ()}
                assert types <= known, path
