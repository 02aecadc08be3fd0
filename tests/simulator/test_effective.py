import copy

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.ids import InstanceUid, format_uid
from reconciler.simulator import effective

UID = InstanceUid(bytes(range(16)))
PIPELINES = {
    "traces": {"receivers": ["otlp"], "exporters": ["otlp"]},
    "logs": {"receivers": ["otlp"], "exporters": ["otlp"]},
}


def resolve_exporter(settings: object, name: str = "otlp") -> object:
    return effective.resolve({"exporters": {name: settings}})["exporters"][name]


def test_maps_merge_deep_and_lists_are_replaced() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert effective.merge(base, {"a": {"y": [3], "z": 2}, "b": {"c": 1}}) == {
        "a": {"x": 1, "y": [3], "z": 2},
        "b": {"c": 1},
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
maps = st.dictionaries(st.text(), values)


@given(base=maps, over=maps)
def test_a_merge_changes_neither_side_and_is_stable(
    base: dict[str, object], over: dict[str, object]
) -> None:
    before = copy.deepcopy((base, over))
    merged = effective.merge(base, over)
    assert (base, over) == before
    assert effective.merge(merged, over) == merged


def test_the_supervisors_extension_joins_the_configured_ones_once() -> None:
    config = {"service": {"extensions": ["zpages", "opamp"], "pipelines": PIPELINES}}
    added = effective.add_supervisor_parts(config)
    assert added["service"]["extensions"] == ["zpages", "opamp"]
    assert added["service"]["telemetry"]["logs"]["encoding"] == "json"


def test_a_remote_config_wins_over_what_the_supervisor_adds() -> None:
    config = {"service": {"telemetry": {"logs": {"level": "debug"}}}}
    added = effective.add_supervisor_parts(config)
    assert added["service"]["telemetry"]["logs"] == {
        "encoding": "json",
        "level": "debug",
    }


def test_adding_to_one_config_leaves_the_next_one_alone() -> None:
    effective.add_supervisor_parts({"service": {"extensions": ["zpages"]}})
    assert effective.add_supervisor_parts({})["service"]["extensions"] == ["opamp"]


def test_a_component_without_settings_is_reported_with_its_defaults() -> None:
    assert resolve_exporter(None, "debug/x") == {
        "verbosity": "basic",
        "sampling_initial": 2,
        "sampling_thereafter": 1,
    }
    assert resolve_exporter(None) == {}


def test_a_written_setting_wins_over_a_default() -> None:
    settings = resolve_exporter({"verbosity": "detailed"}, "debug")
    assert isinstance(settings, dict)
    assert settings["verbosity"] == "detailed"


def test_header_values_are_masked_and_listed_by_name() -> None:
    assert resolve_exporter({"headers": {"x-b": "secret", "x-a": "secret"}}) == {
        "headers": [
            {"name": "x-a", "value": "[REDACTED]"},
            {"name": "x-b", "value": "[REDACTED]"},
        ]
    }


@pytest.mark.parametrize(
    ("written", "reported"),
    [
        ("${env:HOST}:4317", "value-of-HOST:4317"),
        ("${HOST}", "value-of-HOST"),
        ("${env:HOST:-fallback}", "fallback"),
        ("${env:HOST:-}", ""),
        ("pa$$word", "pa$word"),
        ("$HOST", "$HOST"),
    ],
)
def test_references_are_expanded(written: str, reported: str) -> None:
    assert resolve_exporter({"endpoint": written}) == {"endpoint": reported}


@pytest.mark.parametrize(
    ("written", "reported"),
    [
        ("60s", "1m0s"),
        ("90m", "1h30m0s"),
        ("1h", "1h0m0s"),
        ("1500ms", "1.5s"),
        ("200ms", "200ms"),
        ("0.25s", "250ms"),
        ("5s", "5s"),
        ("0s", "0s"),
        ("soon", "soon"),
        (10, 10),
    ],
)
def test_durations_are_spelled_as_go_spells_them(
    written: object, reported: object
) -> None:
    assert resolve_exporter({"timeout": written}) == {"timeout": reported}
    assert resolve_exporter({"check_interval": written}) == {"check_interval": reported}


def test_what_only_looks_like_a_duration_is_left_alone() -> None:
    assert resolve_exporter({"value": "60s", "list": ["60s"]}) == {
        "value": "60s",
        "list": ["60s"],
    }


def test_a_report_carries_the_instance_uid_of_its_agent_alone() -> None:
    text = effective.dump(effective.add_supervisor_parts({}))
    mine = yaml.safe_load(effective.of_agent(text, UID))
    assert mine["extensions"]["opamp"]["instance_uid"] == format_uid(UID)
    resource = mine["service"]["telemetry"]["resource"]
    assert resource["service.instance.id"] == format_uid(UID)


def test_a_hand_on_the_host_reroutes_one_pipeline() -> None:
    config = {"exporters": {"otlp": {}}, "service": {"pipelines": PIPELINES}}
    before = copy.deepcopy(config)
    by_hand = effective.rewire_by_hand(config)
    assert by_hand["service"]["pipelines"]["traces"]["exporters"] == ["debug/by-hand"]
    assert by_hand["service"]["pipelines"]["logs"] == PIPELINES["logs"]
    assert by_hand["exporters"] == {
        "otlp": {},
        "debug/by-hand": {"verbosity": "detailed"},
    }
    assert config == before
