"""What an agent should run beside what it runs."""

from typing import Any

import pytest

from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
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
    assert (found["judged"], found["differs"], found["differences"]) == (
        True,
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


def test_what_is_missing_is_not_judged() -> None:
    for ours, theirs in ((None, effective(THEIRS)), (OURS, None), (None, None)):
        found = comparison.of(ours, theirs)
        assert (found["judged"], found["differs"]) == (False, False)
        assert (found["desired"] is None) == (ours is None)
        assert (found["effective"] is None) == (theirs is None)


def test_what_cannot_be_read_is_not_judged() -> None:
    assert comparison.of(OURS, effective("a: ["))["judged"] is False
    several = RenderedConfig(OURS.hash, {**OURS.entries, "x": OURS.entries[""]}, {}, ())
    assert comparison.of(several, effective(THEIRS))["judged"] is False
