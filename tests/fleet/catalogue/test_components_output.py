import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.catalogue import components_output
from reconciler.fleet.catalogue.components_output import KINDS, Distribution, Listed
from reconciler.fleet.findings import Fault

NEW = """\
buildinfo:
    command: otelcol-ours
    description: Ours
    version: v0.149.0
receivers:
    - name: otlp
      module: go.opentelemetry.io/collector/receiver/otlpreceiver v0.149.0
      stability:
        logs: Stable
        metrics: Stable
        traces: Stable
    - name: own
      module: ""
      stability:
        logs: Undefined
        metrics: Undefined
        traces: Undefined
processors: []
exporters:
    - name: prometheus
      module: ""
      stability:
        logs: Undefined
        metrics: Beta
        traces: Undefined
connectors:
    - name: count
      module: ""
      stability:
        logs-to-logs: Undefined
        logs-to-metrics: Development
        traces-to-metrics: Development
extensions:
    - name: zpages
      module: ""
      stability:
        extension: Beta
providers:
    - scheme: env
      module: ""
converters:
    - module: example.org/converter v1.2.3
"""


def read(text: str) -> Distribution:
    return components_output.read(text.encode(), "ours.yaml")


def refusal(text: str) -> str:
    with pytest.raises(Fault) as caught:
        read(text)
    return str(caught.value)


def test_a_list_says_who_built_what() -> None:
    ours = read(NEW)
    assert (ours.name, ours.version) == ("otelcol-ours", "0.149.0")
    assert ours.has("receivers", "otlp")
    assert not ours.has("processors", "otlp")
    assert not ours.has("no such kind", "otlp")
    module = ours.components["receivers"]["otlp"].module
    assert module == "go.opentelemetry.io/collector/receiver/otlpreceiver v0.149.0"


def test_a_signal_of_undefined_stability_is_not_supported() -> None:
    exporter = read(NEW).components["exporters"]["prometheus"]
    assert exporter.stability == {"metrics": "Beta"}
    assert exporter.signals == frozenset({"metrics"})


def test_of_a_component_without_any_stability_the_signals_are_not_known() -> None:
    own = read(NEW).components["receivers"]["own"]
    assert (own.signals, own.pairs) == (None, None)


def test_a_connector_has_pairs() -> None:
    counting = read(NEW).components["connectors"]["count"]
    assert counting.pairs == frozenset({("logs", "metrics"), ("traces", "metrics")})


def test_an_extension_has_no_pairs() -> None:
    assert read(NEW).components["extensions"]["zpages"].pairs == frozenset()


def test_bare_names_of_old_releases_are_a_list_too() -> None:
    old = read("buildinfo: {version: latest}\nreceivers: [otlp]\nprocessors:\n")
    assert old.components["receivers"] == {"otlp": Listed()}
    assert set(old.components) == set(KINDS)


def test_what_says_nothing_of_its_build_has_no_name() -> None:
    assert read("receivers: [otlp]") == Distribution(
        "", "", {kind: {} for kind in KINDS} | {"receivers": {"otlp": Listed()}}
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "ours.yaml: this is not the output of `otelcol components`"),
        ("- otlp", "ours.yaml:1:1: this is not the output of `otelcol components`"),
        ("a: 1", "ours.yaml:1:1: this is not the output of `otelcol components`"),
        (
            "receivers: {otlp: }",
            "ours.yaml:1:12: `receivers` must be a list of components",
        ),
        (
            "exporters:\n- module: x",
            "ours.yaml:2:3: an item of `exporters` must have a name",
        ),
        ("exporters:\n- 7", "ours.yaml:2:3: an item of `exporters` must have a name"),
        ("exporters: [\n", "ours.yaml:2:1: not YAML"),
    ],
    ids=["empty", "list", "other", "config", "nameless", "number", "broken"],
)
def test_what_is_no_such_list_is_refused_with_its_place(text: str, said: str) -> None:
    assert refusal(text).startswith(said)


def test_a_refusal_says_how_to_get_the_list() -> None:
    with pytest.raises(Fault) as caught:
        read("receivers: {otlp: }")
    assert caught.value.hint == components_output.HOW


def test_a_collector_config_is_not_taken_for_a_list() -> None:
    config = "receivers:\n  otlp:\nexporters:\n  debug:\n"
    assert "must be a list of components" in refusal(config)


@given(st.text())
def test_whatever_is_read_is_a_list_or_refused_with_its_place(text: str) -> None:
    try:
        read(text)
    except Fault as fault:
        where = fault.where
    else:
        return
    assert where is not None
    assert where.path == "ours.yaml"
