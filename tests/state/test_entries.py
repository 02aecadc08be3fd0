"""Which entry belongs to which, by the agents that report them."""

from typing import Any

import pytest
import yaml

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.ids import ConfigHash
from reconciler.state import drift, entries
from reconciler.state.drift import DriftReport
from reconciler.state.entries import Missing, Unjudged
from reconciler.state.observed import EffectiveConfig


def written(contents: dict[str, Any]) -> dict[str, ConfigEntry]:
    return {
        name: one
        if isinstance(one, ConfigEntry)
        else ConfigEntry(yaml.safe_dump(one).encode(), "text/yaml")
        for name, one in contents.items()
    }


def compare(wanted: dict[str, Any], found: dict[str, Any]) -> DriftReport:
    given = RenderedConfig(ConfigHash(b"hash"), written(wanted), {}, ())
    return drift.compare(given, EffectiveConfig(written(found)))


def places(wanted: dict[str, Any], found: dict[str, Any]) -> list[tuple[str, str]]:
    report = compare(wanted, found)
    assert report.unconfirmed == ""
    return [(one.place, one.verdict.value) for one in report.differences]


def collector(**exporter: Any) -> dict[str, Any]:
    pipelines = {"traces": {"receivers": ["otlp"], "exporters": ["otlp"]}}
    return {
        "receivers": {"otlp": {"protocols": {"grpc": None}}},
        "exporters": {"otlp": exporter},
        "service": {"pipelines": pipelines},
    }


def resource(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "opentelemetry.io/v1beta1",
        "kind": "OpenTelemetryCollector",
        "metadata": {
            "name": "gw",
            "namespace": "ns",
            "labels": {"opentelemetry.io/opamp-managed": "true"},
        },
        "spec": {"upgradeStrategy": "automatic", **spec},
    }


def live(**spec: Any) -> dict[str, Any]:
    """As a bridge reports it, with what the cluster added."""
    found = resource(**spec)
    found["metadata"] |= {
        "creationTimestamp": "2026-11-28T10:00:00Z",
        "generation": 3,
        "resourceVersion": "712",
        "uid": "6c9f1c1e-0000-4000-8000-000000000000",
        "managedFields": [{"manager": "bridge"}],
        "finalizers": ["opentelemetrycollector.opentelemetry.io/finalizer"],
    }
    found["metadata"]["labels"]["created-by"] = "operator-opamp-bridge"
    found["spec"] |= {"managementState": "managed", "ingress": {"route": {}}}
    found["status"] = {"version": "0.149.0", "scale": {"replicas": 1}}
    return found


class TestAStandaloneBridge:
    def test_a_collector_config_under_a_name_is_judged_as_one(self) -> None:
        ours = {"collector": collector(timeout="60s", headers={"a": "1"})}
        same = collector(timeout="1m0s", headers=[{"name": "a", "value": "1"}])
        same["extensions"] = {"opamp": {}}
        assert places(ours, {"collector": same}) == []
        other = collector(timeout="1m0s", headers={"a": "1"})
        other["processors"] = {"batch": None}
        assert places(ours, {"collector": other}) == [
            ("entry `collector`: /processors/batch", "extra")
        ]

    def test_the_one_collector_behind_it_may_be_reported_without_a_name(self) -> None:
        ours = {"collector": collector(endpoint="a:1")}
        assert places(ours, {"": collector(endpoint="a:1", timeout="5s")}) == []
        assert places(ours, {"": collector(endpoint="b:1")}) == [
            ("entry `collector`: /exporters/otlp/endpoint", "changed")
        ]

    @pytest.mark.parametrize(
        "found",
        [
            {},
            {"": {"logging": "debug"}},
            {"": collector(), "other": collector()},
            {"other": collector()},
            {"proxy:0196": collector()},
        ],
    )
    def test_anything_else_is_not_taken_for_it(self, found: dict[str, Any]) -> None:
        assert places({"collector": collector()}, found) == [
            ("entry `collector`", "missing")
        ]

    def test_one_that_cannot_be_read_is_no_more_confirmed_without_a_name(self) -> None:
        report = compare({"collector": collector()}, {"": ConfigEntry(b"a: [", "")})
        assert not report.drifted
        assert report.unconfirmed.startswith("the effective config cannot be read")


class TestASupervisor:
    """It merges what it is given, by name and `""` last, and reports one config."""

    @pytest.fixture
    def ours(self) -> dict[str, Any]:
        base = collector(endpoint="a:1", timeout="1s")
        base["extensions"] = {"a": {}}
        base["service"]["extensions"] = ["a"]
        more = {"exporters": {"otlp": {"timeout": "2s"}}, "extensions": {"b": {}}}
        last = {"service": {"extensions": ["b"]}}
        return {"": last, "20-more": more, "10-base": base}

    @pytest.fixture
    def theirs(self) -> dict[str, Any]:
        merged = collector(endpoint="a:1", timeout="2s", default=True)
        merged["extensions"] = {"a": {}, "b": {}, "opamp": {}}
        merged["service"]["extensions"] = ["a", "b", "opamp"]
        return merged

    def test_all_entries_are_held_against_the_one(
        self, ours: dict[str, Any], theirs: dict[str, Any]
    ) -> None:
        assert places(ours, {"": theirs}) == []
        assert places(ours, {"": theirs, "raw": theirs}) == []

    def test_what_one_of_them_set_has_to_be_there(
        self, ours: dict[str, Any], theirs: dict[str, Any]
    ) -> None:
        theirs["exporters"]["otlp"]["timeout"] = "1s"
        theirs["service"]["extensions"] = ["b", "opamp"]
        assert places(ours, {"": theirs}) == [
            ("/exporters/otlp/timeout", "changed"),
            ("/service/extensions", "changed"),
        ]

    def test_an_entry_that_is_no_part_of_a_collector_config_is_not_merged(self) -> None:
        ours = {"": collector(), "notes": {"a": 1}}
        assert places(ours, {"": collector()}) == [("entry `notes`", "missing")]


class TestAnOperatorBridge:
    def test_what_the_cluster_adds_to_a_resource_is_no_drift(self) -> None:
        ours = {"ns/gw": resource(replicas=2, config=collector(endpoint="a:1"))}
        found = live(replicas=2, config=collector(endpoint="a:1", timeout="5s"))
        proxied = {"proxy:0196": collector(), "0196": ConfigEntry(b"a: [", "")}
        assert places(ours, {"ns/gw": found, **proxied}) == []

    def test_a_resource_that_was_deleted_in_the_cluster_is_missing(self) -> None:
        ours = {"ns/gw": resource(), "ns/other": resource()}
        assert places(ours, {"ns/other": live()}) == [("entry `ns/gw`", "missing")]
        assert places(ours, {}) == [
            ("entry `ns/gw`", "missing"),
            ("entry `ns/other`", "missing"),
        ]

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ({"cpu": "1000m"}, {"cpu": "1"}),
            ({"cpu": 0.5}, {"cpu": "500m"}),
            ({"memory": "1024Mi"}, {"memory": "1Gi"}),
            ({"timeout": "60s"}, {"timeout": "1m0s"}),
            ({"port": "4317"}, {"port": 4317}),
            ({"args": {}, "volumes": [], "grpc": None}, {}),
            ({"env": [{"name": "A"}]}, {"env": [{"name": "A", "value": ""}]}),
        ],
    )
    def test_what_an_api_server_writes_in_another_way_is_no_drift(
        self, wanted: dict[str, Any], found: dict[str, Any]
    ) -> None:
        assert places({"ns/gw": resource(**wanted)}, {"ns/gw": live(**found)}) == []

    @pytest.mark.parametrize(
        ("wanted", "found", "path"),
        [
            ({"replicas": 2}, {"replicas": 3}, "replicas"),
            ({"image": "a:1"}, {"image": "a:2"}, "image"),
            ({"cpu": "1000m"}, {"cpu": "2"}, "cpu"),
            ({"e": "${env:A}"}, {"e": "b:4317"}, "e"),
            ({"env": [{"name": "A", "value": "1"}]}, {"env": []}, "env"),
            ({"list": ["a", "b"]}, {"list": ["b", "a"]}, "list"),
            ({"list": ["a"]}, {"list": ["a", "b"]}, "list"),
        ],
    )
    def test_what_somebody_changed_in_the_cluster_is_drift(
        self, wanted: dict[str, Any], found: dict[str, Any], path: str
    ) -> None:
        assert places({"ns/gw": resource(**wanted)}, {"ns/gw": live(**found)}) == [
            (f"entry `ns/gw`: /spec/{path}", "changed")
        ]

    def test_a_variable_of_a_pod_is_not_shown(self) -> None:
        wanted = resource(env=[{"name": "PASSWORD", "value": "hunter2"}])
        found = live(env=[{"name": "PASSWORD", "value": "hunter3"}])
        assert "hunter" not in str(compare({"ns/gw": wanted}, {"ns/gw": found}))


class TestAnyOtherAgent:
    @pytest.mark.parametrize("name", ["", "elastic"])
    def test_json_gains_keys_and_keeps_ours(self, name: str) -> None:
        ours = {name: ConfigEntry(b'{"log_level": "debug"}', "application/json")}
        same = {name: ConfigEntry(b'{"log_level":"debug","other":"\\/"}', "")}
        assert places(ours, same) == []
        other = {name: ConfigEntry(b'{"log_level": "warn"}', "application/json")}
        [(place, verdict)] = places(ours, other)
        assert place.endswith("/log_level")
        assert verdict == "changed"

    def test_of_a_text_only_the_presence_is_asked(self) -> None:
        ours = {"notes": ConfigEntry(b"level=debug", "text/plain")}
        assert places(ours, {"notes": ConfigEntry(b"\xff", "")}) == []
        assert places(ours, {"note": ConfigEntry(b"level=debug", "")}) == [
            ("entry `notes`", "missing")
        ]

    @pytest.mark.parametrize("found", ["[a]", "hello", "", "a: ["])
    def test_what_is_no_mapping_confirms_none(self, found: str) -> None:
        report = compare({"a": {"x": 1}}, {"a": ConfigEntry(found.encode(), "")})
        assert not report.drifted
        assert report.unconfirmed.startswith("entry `a` of the effective config ")

    def test_a_list_is_held_against_a_list(self) -> None:
        assert places({"a": ["x", {"y": 1}]}, {"a": ["x", {"y": 1, "z": 2}]}) == []
        assert places({"a": ["x"]}, {"a": ["y"]}) == [("entry `a`", "changed")]
        assert compare({"a": ["x"]}, {"a": {"x": 1}}).unconfirmed


class TestARawConfig:
    def test_one_that_cannot_be_read_leaves_the_resolved_one(self) -> None:
        broken = ConfigEntry(b"a: [", "")
        ours = {"": collector(endpoint="a:1")}
        same, other = collector(endpoint="a:1", b=1), collector(endpoint="b:1")
        assert places(ours, {"": same, "raw": broken}) == []
        assert places(ours, {"": other, "raw": broken}) != []
        assert places(ours, {"raw": same}) == []

    def test_an_entry_of_ours_may_be_called_so(self) -> None:
        ours = {"": collector(), "raw": {"a": 1}}
        assert places(ours, {"": collector(b=1), "raw": {"a": 1, "b": 2}}) == []


def test_our_own_config_is_read_from_its_tree_and_else_from_its_bytes() -> None:
    broken = ConfigEntry(b"a: [", "text/yaml")
    given = RenderedConfig(ConfigHash(b"hash"), {"a": broken, "b": broken}, {}, ())
    found = EffectiveConfig(written({"a": {"x": 1}}))
    [unjudged, missing] = entries.match(given, found)
    assert isinstance(unjudged, Unjudged)
    assert unjudged.reason.startswith("entry `a` of our config cannot be read: line ")
    assert missing == Missing("b")


def test_where_nothing_is_given_nothing_is_asked() -> None:
    assert compare({}, {"": collector()}) == DriftReport(())
