"""What an agent should run beside what it runs."""

from typing import Any

import pytest

from reconciler.fleet.rendering.render import ConfigEntry
from reconciler.state.observed import EffectiveConfig
from reconciler.web import comparison
from tests import toy_fleet

CONFIG = """\
  config:
    receivers: {otlp: {protocols: {grpc: {endpoint: "a:1"}}}}
    processors: {batch: {timeout: 1s}}
    exporters:
      otlp / b: {endpoint: "https://c:1", headers: {x-team: HUNTER2}}
    service:
      pipelines:
        traces: {receivers: [otlp], processors: [batch], exporters: [otlp / b]}
"""
DOCUMENT = (
    "apiVersion: reconciler/v1\nkind: CollectorConfig\nmetadata: {name: all}\n"
    f"spec:\n  selector: {{}}\n{CONFIG}"
)
OURS = toy_fleet.rendered(toy_fleet.fleet("c1", DOCUMENT))
THEIRS = OURS.entries[""].body.decode()


def effective(text: str) -> EffectiveConfig:
    return EffectiveConfig({"": ConfigEntry(text.encode(), "text/yaml")})


def compared(old: str = "", new: str = "") -> Any:
    assert old in THEIRS
    return comparison.of(OURS, effective(THEIRS.replace(old, new) if old else THEIRS))


def test_what_an_agent_reports_as_we_gave_it_does_not_differ() -> None:
    found = compared()
    assert (found["unconfirmed"], found["differs"], found["differences"]) == (
        "",
        False,
        [],
    )
    assert found["desired"]["hash"] == OURS.hash.hex()
    assert found["desired"]["documents"] == ["all"]


@pytest.mark.parametrize(
    ("old", "new", "path", "verdict", "place"),
    [
        ("1s", "9s", "/processors/batch/timeout", "changed", "fleet.yaml:14:35"),
        (
            "endpoint: a:1",
            "endpoint: b:1",
            "/receivers/otlp/protocols/grpc/endpoint",
            "changed",
            "fleet.yaml:13:53",
        ),
        (
            "timeout:",
            "other:",
            "/processors/batch/timeout",
            "missing",
            "fleet.yaml:14:35",
        ),
        (
            "/c:1",
            "/d:1",
            "/exporters/otlp~1b/endpoint",
            "changed",
            "fleet.yaml:16:28",
        ),
        (
            '- "otlp / b"',
            "- nop",
            "/service/pipelines/traces/exporters",
            "changed",
            "fleet.yaml:19:69",
        ),
    ],
)
def test_a_difference_says_who_set_our_value(
    old: str, new: str, path: str, verdict: str, place: str
) -> None:
    first, *_ = compared(old, new)["differences"]
    assert (first["path"], first["verdict"]) == (path, verdict)
    assert first["setAt"] == place


def test_what_an_agent_has_beyond_ours_was_set_by_nobody_here() -> None:
    found = compared("  batch:\n", "  extra: {}\n  batch:\n")
    [extra] = found["differences"]
    assert (extra["verdict"], extra["setAt"]) == ("extra", None)


def test_every_value_of_ours_has_its_place() -> None:
    [entry] = compared()["desired"]["entries"]
    assert entry["places"]["/exporters/otlp ~1 b/endpoint"] == "fleet.yaml:16:28"
    assert "/service/pipelines/traces/receivers/0" in entry["places"]


def test_no_side_shows_a_secret() -> None:
    found = str(compared("HUNTER2", "HUNTER3"))
    assert "HUNTER" not in found
    assert "(hidden)" in found


def test_where_a_side_is_missing_nobody_can_tell_and_that_is_said() -> None:
    for ours, theirs in ((None, effective(THEIRS)), (OURS, None), (None, None)):
        found = comparison.of(ours, theirs)
        assert found["unconfirmed"]
        assert not found["differs"]
        assert (found["desired"] is None) == (ours is None)
        assert (found["effective"] is None) == (theirs is None)


def test_what_cannot_be_read_is_unconfirmed_with_its_line() -> None:
    found = comparison.of(OURS, effective("a: 1\na: 2"))
    assert "line 2: the key … was" in found["unconfirmed"]
    assert not found["differs"]


GATEWAY = """\
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: gateway}
spec:
  selector: {}
  entry: ns/gw
  config:
    apiVersion: opentelemetry.io/v1beta1
    kind: OpenTelemetryCollector
    metadata: {name: gw, annotations: {a / b: x}}
    spec:
      replicas: 3
"""
RESOURCE = toy_fleet.rendered(toy_fleet.fleet("c1", GATEWAY))


@pytest.mark.parametrize(
    ("old", "new", "place", "origin"),
    [
        ("replicas: 3", "replicas: 4", "entry `ns/gw`: /spec/replicas", "18:17"),
        ("x", "y", "entry `ns/gw`: /metadata/annotations/a ~1 b", "16:47"),
    ],
)
def test_a_difference_of_a_named_entry_says_which_and_who_set_it(
    old: str, new: str, place: str, origin: str
) -> None:
    text = RESOURCE.entries["ns/gw"].body.decode()
    assert old in text
    entries = {"ns/gw": ConfigEntry(text.replace(old, new).encode(), "yaml")}
    [one] = comparison.of(RESOURCE, EffectiveConfig(entries))["differences"]
    assert (one["entry"], one["place"]) == ("ns/gw", place)
    assert one["setAt"] == f"fleet.yaml:{origin}"


def test_an_entry_that_is_gone_differs_as_a_whole() -> None:
    [one] = comparison.of(RESOURCE, EffectiveConfig({}))["differences"]
    assert (one["place"], one["verdict"]) == ("entry `ns/gw`", "missing")
    assert one["setAt"] is not None
