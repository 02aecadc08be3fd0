import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from reconciler.fleet.drift_ignores import DriftIgnore
from reconciler.fleet.reading import parse
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import ConfigEntry, RenderedConfig
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.fleet.syntax.pointers import Pattern
from reconciler.ids import CommitSha, ConfigHash, Revision
from reconciler.simulator import effective as reported
from reconciler.state import drift, leaves
from reconciler.state.drift import DriftReport, LeafVerdict
from reconciler.state.leaves import Dialect
from reconciler.state.observed import EffectiveConfig

EXAMPLES = Path(__file__).parents[2] / "examples" / "fleet-repo"


def entry(config: Any) -> ConfigEntry:
    text = config if isinstance(config, str) else yaml.safe_dump(config)
    return ConfigEntry(text.encode(), "text/yaml")


def desired(config: Any, **more: Any) -> RenderedConfig:
    entries = {"": entry(config)} | {name: entry(one) for name, one in more.items()}
    return RenderedConfig(ConfigHash(b"hash"), entries, {}, ())


def compare(wanted: Any, found: Any, **more: Any) -> DriftReport:
    entries = {"": entry(found)} | {name: entry(one) for name, one in more.items()}
    return drift.compare(desired(wanted), EffectiveConfig(entries))


def said(report: DriftReport) -> list[tuple[str, str]]:
    return [(one.path, one.verdict.value) for one in report.differences]


def settings(**exporter: Any) -> dict[str, Any]:
    return {
        "receivers": {"otlp": {"protocols": {"grpc": None}}},
        "exporters": {"otlp": exporter},
        "service": {
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["otlp"]}}
        },
    }


def one_setting(wanted: Any, found: Any) -> list[tuple[str, str]]:
    return said(compare(settings(key=wanted), settings(key=found, other="default")))


CHANGED = [("/exporters/otlp/key", "changed")]
UNVERIFIABLE = [("/exporters/otlp/key", "unverifiable")]


def test_equal_configs_are_in_sync() -> None:
    report = compare(settings(endpoint="a:1"), settings(endpoint="a:1"))
    assert report == DriftReport(())
    assert (report.unconfirmed, report.drifted) == ("", False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("60s", "1m0s"),
        ("1h30m", "1h30m0s"),
        ("0.5s", "500ms"),
        ("10s", 10_000_000_000),
        ("4MiB", 4 * 1024 * 1024),
        ("1MB", "1000000"),
        ("100", 100),
        ("0.50", 0.5),
        (5, "5"),
        (True, "true"),
        ("https://host:4318", "https://host:4318/"),
        ("GZIP", "gzip"),
        ("all", ["all"]),
        (["a", "b"], ["a", "b"]),
        (
            {"a": "1", "b": "2"},
            [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}],
        ),
        (
            [{"name": "b", "value": "2"}, {"name": "a", "value": "1"}],
            [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}],
        ),
        (None, {"endpoint": "localhost:4317"}),
        ({}, {"enabled": False}),
        ([], ["default"]),
        ("cost: $$5", "cost: $5"),
        ("$HOME", "$HOME"),
        ([{"a": 1}], [{"a": 1, "default": 2}]),
    ],
)
def test_what_a_collector_writes_in_another_way_is_no_drift(
    wanted: Any, found: Any
) -> None:
    assert one_setting(wanted, found) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("60s", "2m0s"),
        ("4MiB", 4_000_000),
        (100, 101),
        (True, False),
        (False, 0),
        ("https://host:4318", "https://other:4318"),
        (["a", "b"], ["b", "a"]),
        (["a"], ["a", "b"]),
        ("a", ["a", "b"]),
        ({"a": "1"}, "text"),
        ([{"name": "a", "value": "1"}], "text"),
    ],
)
def test_another_value_is_drift(wanted: Any, found: Any) -> None:
    assert one_setting(wanted, found) == CHANGED


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("${env:TOKEN}", "s3cret"),
        ("${env:HOST}:4317", "host:4317"),
        ("token", "[REDACTED]"),
        ("${file:/etc/part.yaml}", {"a": 1}),
        ({"a": 1}, "[REDACTED]"),
    ],
)
def test_what_was_expanded_or_hidden_cannot_be_verified_and_is_no_drift(
    wanted: Any, found: Any
) -> None:
    report = compare(settings(key=wanted), settings(key=found))
    assert said(report) == UNVERIFIABLE
    assert not report.drifted


def test_a_reference_that_was_not_expanded_matches_itself() -> None:
    assert one_setting("${env:TOKEN}", "${env:TOKEN}") == []


def test_a_header_that_was_hidden_cannot_be_verified() -> None:
    found = settings(headers=[{"name": "x-scope", "value": "[REDACTED]"}])
    report = compare(settings(headers={"x-scope": "team"}), found)
    assert said(report) == [("/exporters/otlp/headers/x-scope", "unverifiable")]


def test_a_setting_that_is_gone_is_missing() -> None:
    wanted = settings(endpoint="a:1", tls={"insecure": True})
    report = compare(wanted, settings(endpoint="a:1"))
    assert said(report) == [("/exporters/otlp/tls", "missing")]


def test_a_component_that_nobody_asked_for_is_drift_and_so_is_one_that_is_gone() -> (
    None
):
    found = settings()
    found["processors"] = {"batch": None}
    found["receivers"] = {"jaeger": None}
    report = compare(settings(), found)
    assert said(report) == [
        ("/receivers/jaeger", "extra"),
        ("/receivers/otlp", "missing"),
        ("/processors/batch", "extra"),
    ]


def test_a_pipeline_more_or_less_is_drift() -> None:
    found = settings()
    pipelines = found["service"]["pipelines"]
    pipelines["metrics/a"] = pipelines.pop("traces")
    assert said(compare(settings(), found)) == [
        ("/service/pipelines/metrics~1a", "extra"),
        ("/service/pipelines/traces", "missing"),
    ]


def pipelined(**traces: Any) -> dict[str, Any]:
    config = settings()
    config["service"]["pipelines"]["traces"] |= traces
    return config


def test_processors_have_an_order_and_receivers_and_exporters_have_none() -> None:
    wanted = pipelined(processors=["a", "b"], exporters=["x", "y"])
    same = pipelined(processors=["a", "b"], exporters=["y", "x"])
    other = pipelined(processors=["b", "a"], exporters=["x", "y"])
    assert said(compare(wanted, same)) == []
    path = "/service/pipelines/traces/processors"
    assert said(compare(wanted, other)) == [(path, "changed")]


def test_one_name_is_a_list_of_one_and_spaces_around_the_slash_do_not_count() -> None:
    wanted = pipelined(receivers="otlp", processors="batch / a")
    wanted["processors"] = {"batch / a": None}
    wanted["service"]["extensions"] = "zpages"
    found = pipelined(receivers=["otlp"], processors=["batch/a"])
    found["processors"] = {"batch/a": {"timeout": "200ms"}}
    found["service"]["extensions"] = ["zpages", "opamp"]
    assert said(compare(wanted, found)) == []


def test_an_extension_of_the_supervisor_is_no_drift_but_ours_must_be_there() -> None:
    wanted, found = settings(), settings()
    wanted["extensions"] = {"zpages": None}
    wanted["service"]["extensions"] = ["zpages"]
    found["extensions"] = {"opamp": {"ppid": 17}, "zpages": {}}
    found["service"]["extensions"] = ["opamp", "zpages"]
    found["service"]["telemetry"] = {"logs": {"encoding": "json"}}
    assert said(compare(wanted, found)) == []
    found["service"]["extensions"] = ["opamp"]
    assert said(compare(wanted, found)) == [("/service/extensions", "changed")]


def test_telemetry_is_judged_as_far_as_we_set_it() -> None:
    wanted, found = settings(), settings()
    wanted["service"]["telemetry"] = {"logs": {"level": "warn"}}
    path = "/service/telemetry/logs"
    assert said(compare(wanted, found)) == [(path, "missing")]
    found["service"]["telemetry"] = {"logs": {"level": "info", "encoding": "json"}}
    assert said(compare(wanted, found)) == [(f"{path}/level", "changed")]


def test_the_raw_config_is_preferred_where_an_agent_reports_it() -> None:
    wanted = settings(key="${env:TOKEN}", other="same")
    report = compare(wanted, settings(key="s3cret", other="x"), raw=wanted)
    assert report.differences == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a list", "is no mapping"),
        ("", "is empty"),
        ("# nothing", "is empty"),
        ("a: 1\nb: [", "cannot be read: line 3: not YAML: "),
        ("{1: 2}", "cannot be read: line 1: the key … is not text"),
        ("a: 1\na: 2", "cannot be read: line 2: the key … was already given on line 1"),
        ("#" * 1_048_577, "has 1,048,577 bytes; at most 1,048,576 are judged"),
    ],
)
def test_what_cannot_be_read_confirms_nothing_and_says_why(
    text: str, reason: str
) -> None:
    report = compare(settings(), text)
    assert not report.drifted
    assert report.unconfirmed.startswith(f"the effective config {reason}")
    assert len(report.unconfirmed) <= drift.REASON


def test_another_config_that_is_too_large_to_judge_is_not_taken_for_ours() -> None:
    wanted = settings(endpoint="a:1")
    found = yaml.safe_dump(settings(endpoint="b:1")) + "#" * 1_048_576
    assert compare(wanted, found).unconfirmed
    echoed = yaml.safe_dump(wanted) + "#" * 1_048_576
    assert compare(echoed, echoed) == DriftReport(())


def test_a_reason_quotes_nothing_and_is_short() -> None:
    names = [f"entry-{n}" for n in range(100)]
    wanted = named(**{name: {"a": 1} for name in names})
    broken = dict.fromkeys(names, ConfigEntry(b"hunter2: 1\nhunter2: 2", "yaml"))
    report = drift.compare(wanted, EffectiveConfig(broken))
    assert "entry `entry-0` of the effective config cannot" in report.unconfirmed
    assert "hunter2" not in report.unconfirmed
    assert len(report.unconfirmed) == drift.REASON


def named(**entries: Any) -> RenderedConfig:
    made = {name: entry(one) for name, one in entries.items()}
    return RenderedConfig(ConfigHash(b"hash"), made, {}, ())


def test_an_entry_that_is_not_reported_is_missing() -> None:
    report = drift.compare(named(a={"x": 1}, b={"x": 1}), effective(b={"x": 1}))
    [missing] = report.differences
    assert (missing.entry, missing.path, missing.verdict) == ("a", "", "missing")
    assert missing.place == "entry `a`"
    assert [str(line) for line in report.explanation] == [
        "entry `a`: the agent does not report it"
    ]
    assert said(drift.compare(desired(settings()), EffectiveConfig({}))) == [
        ("", "missing")
    ]


def effective(**entries: Any) -> EffectiveConfig:
    return EffectiveConfig({name: entry(one) for name, one in entries.items()})


def test_what_is_certain_of_one_entry_counts_whatever_another_hides() -> None:
    report = drift.compare(named(a={"x": 1}, b={"x": 1}), effective(a="[", b={"x": 2}))
    assert report.drifted
    assert report.unconfirmed
    assert [one.place for one in report.differences] == ["entry `b`: /x"]


def test_so_many_unverifiable_values_that_none_is_listed_hide_no_drift() -> None:
    keys = [f"key-{n:03}" for n in range(drift.LISTED)]
    wanted = settings(**dict.fromkeys(keys, "${env:X}"), last=1)
    report = compare(wanted, settings(**dict.fromkeys(keys, "x"), last=2))
    assert ("/exporters/otlp/last", "changed") in said(report)
    assert len(report.differences) == drift.LISTED + 1


def test_no_value_of_a_secret_is_shown() -> None:
    wanted = settings(
        password="hunter2",
        headers={"x-team": "hunter2"},
        endpoint="https://me:hunter2@host",
        auth={"nested": {"api_key": "hunter2"}},
    )
    report = compare(wanted, settings(endpoint="https://me:hunter3@host"))
    assert {one.verdict for one in report.differences} == {
        LeafVerdict.MISSING,
        LeafVerdict.CHANGED,
    }
    assert "hunter" not in repr(report)


def test_values_are_shown_as_they_are_written() -> None:
    (difference,) = compare(
        settings(key="Some/Value/"), settings(key="Other")
    ).differences
    assert (difference.desired, difference.effective) == ("Some/Value/", "Other")


def test_a_long_list_of_differences_ends_somewhere() -> None:
    wanted = settings(**{f"key-{n}": n for n in range(10_000)})
    report = compare(wanted, settings())
    assert len(report.differences) == drift.LISTED


def test_a_difference_that_stays_the_same_is_explained_in_words() -> None:
    report = compare(pipelined(processors=["a", "b"]), pipelined(processors=["b"]))
    assert report.explanation != ()
    assert compare(settings(), settings()).explanation == ()


def example_configs() -> Iterator[Any]:
    files = {}
    for path in sorted(EXAMPLES.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            name = path.relative_to(EXAMPLES).as_posix()
            files[name] = SourceFile(name, blob_id(content), content)
    fleet = parse.parse(Snapshot(Revision("main", CommitSha("0" * 40)), files))
    for role in ("gateway", "node", "agent"):
        for environment in ("production", "staging", "prod", "test"):
            keys = ("role", "service.role", "collector.role", "deployment.environment")
            labels = dict.fromkeys(keys, role) | {"deployment.environment": environment}
            rendered = render.render(fleet, labels | {"env": environment})
            if isinstance(rendered, RenderedConfig):
                yield rendered


def test_what_a_supervisor_makes_of_the_example_fleet_is_no_drift() -> None:
    configs = list(example_configs())
    assert configs
    for config in configs:
        text = yaml.safe_load(config.entries[""].body)
        made = reported.add_supervisor_parts(reported.resolve(text))
        found = EffectiveConfig({"": ConfigEntry(reported.dump(made), "text/yaml")})
        report = drift.compare(config, found)
        assert report.unconfirmed == ""
        assert [one for one in report.differences if one.is_drift] == []
        by_hand = reported.rewire_by_hand(made)
        found = EffectiveConfig({"": ConfigEntry(reported.dump(by_hand), "text/yaml")})
        assert drift.compare(config, found).drifted


scalars = (
    st.none() | st.booleans() | st.integers() | st.text("ab${}:/ .1sKiB", max_size=6)
)
names = st.sampled_from(["endpoint", "timeout", "headers", "tls", "name", "value"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(names, values, max_size=4))
def test_what_a_supervisor_makes_of_any_settings_is_no_drift(
    exporter: dict[str, Any],
) -> None:
    wanted = settings(**exporter)
    made = reported.add_supervisor_parts(reported.resolve(wanted))
    report = compare(wanted, reported.dump(made).decode())
    assert [one for one in report.differences if one.is_drift] == []


def ignoring(*path: str) -> tuple[DriftIgnore, ...]:
    return (DriftIgnore(Pattern(path), "why"),)


def test_what_is_put_up_with_is_left_out_in_verdicts_and_in_words() -> None:
    report = compare(settings(a=1, b=2), settings(a=3, b=4))
    assert said(report.without((), 0.0)) == said(report)
    left = report.without(ignoring("exporters", "*", "a"), 0.0)
    assert said(left) == [("/exporters/otlp/b", "changed")]
    assert [str(line) for line in left.explanation] == ["/exporters/otlp/b: 2 -> 4"]
    nothing = report.without(ignoring("exporters"), 0.0)
    assert (nothing.drifted, nothing.explanation) == (False, ())


def test_what_is_put_up_with_counts_in_every_entry_but_for_a_missing_one() -> None:
    wanted = named(a={"x": 1, "y: z": 1}, b={"x": 1})
    report = drift.compare(wanted, effective(a={"x": 2, "y: z": 2}))
    left = report.without((*ignoring("x"), *ignoring("y")), 0.0)
    assert [one.place for one in left.differences] == ["entry `a`: /y: z", "entry `b`"]
    assert [str(line) for line in left.explanation] == [
        "entry `a`: /y: z: 1 -> 2",
        "entry `b`: the agent does not report it",
    ]


def test_a_report_that_may_not_list_all_is_left_as_it_is() -> None:
    keys = [f"k{n}" for n in range(drift.LISTED + 1)]
    report = compare(
        settings(**dict.fromkeys(keys, 1)), settings(**dict.fromkeys(keys, 2))
    )
    assert report.without(ignoring("exporters"), 0.0) is report


@settings_of(deadline=None)  # DeepDiff explains each of them
@example([None, [False]], [None, [0]])
@given(values, values)
def test_any_two_values_are_compared_and_explained_without_a_fault(
    wanted: Any, found: Any
) -> None:
    report = compare(settings(key=wanted), settings(key=found))
    assert report.drifted == bool(report.explanation)


bodies = (
    st.binary(max_size=40)
    | st.text("{}[]:-,\n\"'&*!#|>?%@` ab1\\/ud", max_size=30).map(str.encode)
    | values.map(lambda value: yaml.safe_dump(value).encode())
    | values.map(lambda value: json.dumps(value).encode())
)
entry_names = st.sampled_from(["", "a", "ns/gw", "raw"])
trees = st.dictionaries(names, values, max_size=4)
resources = trees.map(lambda tree: {"apiVersion": "v1", "kind": "K", "spec": tree})


def given_as(contents: dict[str, Any]) -> RenderedConfig:
    made = {name: entry(one) for name, one in contents.items()}
    return RenderedConfig(ConfigHash(b"hash"), made, {}, ())


contents = st.dictionaries(
    entry_names, trees | resources | trees.map(lambda tree: settings(**tree))
)


@settings_of(deadline=None)  # DeepDiff explains each of them
@given(contents, st.dictionaries(entry_names, bodies))
def test_no_report_whatever_it_holds_breaks_a_comparison(
    wanted: dict[str, Any], found: dict[str, bytes]
) -> None:
    entries = {name: ConfigEntry(body, "") for name, body in found.items()}
    report = drift.compare(given_as(wanted), EffectiveConfig(entries))
    assert len(report.unconfirmed) <= drift.REASON
    assert report.drifted == bool(report.explanation)
    if not set(entries) & set(wanted) and "" not in entries and "raw" not in entries:
        assert report.drifted == bool(wanted)


@settings_of(deadline=None)  # each is written and read again
@given(contents)
def test_a_report_of_what_we_gave_is_confirmed_however_it_is_written(
    wanted: dict[str, Any],
) -> None:
    given = given_as(wanted)
    assert drift.compare(given, EffectiveConfig(given.entries)) == DriftReport(())
    for write in (json.dumps, yaml.safe_dump):
        written = {name: entry(write(one)) for name, one in wanted.items()}
        assert drift.compare(given, EffectiveConfig(written)) == DriftReport(())


@settings_of(deadline=None)  # each is written and read again
@given(contents.filter(lambda found: set(found) - {"", "raw"}), st.data())
def test_an_entry_that_is_removed_is_drift(
    wanted: dict[str, Any], data: st.DataObject
) -> None:
    given = given_as(wanted)
    gone = data.draw(st.sampled_from(sorted(set(wanted) - {"", "raw"})))
    left = {name: one for name, one in given.entries.items() if name != gone}
    # A supervisor merges all entries to the one without a name.
    left["another"] = entry({"other": 1})
    report = drift.compare(given, EffectiveConfig(left))
    assert [one.entry for one in report.differences] == [gone]
    assert report.drifted


def grown(value: Any) -> Any:
    """With keys that nobody gave, wherever there are keys."""
    match value:
        case dict():
            made = {key: grown(below) for key, below in value.items()}
            return {**made, "added": {"by": "the cluster"}}
        case list():
            return [grown(below) for below in value]
        case _:
            return value


@given(trees | resources)
def test_keys_that_a_named_entry_gains_are_no_drift(wanted: dict[str, Any]) -> None:
    report = drift.compare(named(a=wanted), effective(a=grown(wanted), more={"x": 1}))
    assert report == DriftReport(())


def paths(
    value: Any, at: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """To every value that is something."""
    match value:
        case dict():
            for key, below in value.items():
                yield from paths(below, (*at, key))
        case list():
            for index, below in enumerate(value):
                yield from paths(below, (*at, index))
        case None:
            pass
        case _:
            yield at


@settings_of(deadline=None)  # DeepDiff explains each of them
@example({"a": 10**12, "b": 1}, 10**12 + 1)
@example({"a": "Bearer AbC"}, "Bearer abc")
@example({"a": "https://me:one@host"}, "https://me:two@host")
@example({"a": "none"}, None)
@given((trees | resources).filter(lambda tree: any(paths(tree))), scalars)
def test_a_value_that_changes_in_a_named_entry_is_drift(
    wanted: dict[str, Any], other: Any
) -> None:
    dialect = Dialect.RESOURCE if "kind" in wanted else Dialect.OTHER
    for *above, last in paths(wanted):
        found = copy.deepcopy(wanted)
        inside: Any = found
        for key in above:
            inside = inside[key]
        old = inside[last]
        if leaves.equal(old, other, dialect):
            continue
        if leaves.is_unverifiable(old, other, dialect):
            continue
        inside[last] = other
        report = drift.compare(named(a=wanted), effective(a=found))
        assert report.drifted, (above, last)
        assert {one.entry for one in report.differences} == {"a"}
