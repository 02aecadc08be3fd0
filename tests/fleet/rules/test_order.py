import pytest

from reconciler.fleet.rules import order
from tests.fleet.rules.subjects import lines, subject_of


def config(
    processors: str, *, receiver: str = "otlp", exporter: str = "otlp", more: str = ""
) -> str:
    return (
        f"{more}service:\n  pipelines:\n    traces:\n"
        f"      receivers: [{receiver}]\n"
        f"      processors: [{processors}]\n"
        f"      exporters: [{exporter}]\n"
    )


def found(text: str, rule: str) -> list[str]:
    return [
        line for line in lines(order.check, subject_of(text)) if f" {rule}: " in line
    ]


def test_a_pipeline_that_is_sent_data_needs_a_limiter() -> None:
    (line,) = found(config("batch"), "W021")
    assert line == (
        "c.yaml:3:5: warning W021: no pipeline has a `memory_limiter`: "
        "a burst of data can end the Collector"
    )


@pytest.mark.parametrize(
    ("receiver", "exporter"),
    [("hostmetrics", "otlp"), ("otlp", "debug"), ("otlp", "nop, file/x")],
    ids=str,
)
def test_a_pipeline_that_fetches_or_tries_something_out_needs_none(
    receiver: str, exporter: str
) -> None:
    text = config("batch", receiver=receiver, exporter=exporter)
    assert found(text, "W021") == []


def test_a_pipeline_that_leads_to_connectors_leaves_it_to_the_next() -> None:
    text = config("", exporter="forward", more="connectors: {forward: }\n")
    assert found(text, "W021") == []


def test_without_any_limiter_one_finding_is_enough() -> None:
    text = config("batch") + "    logs: {receivers: [otlp], exporters: [otlp]}\n"
    assert len(found(text, "W021")) == 1


def test_where_some_pipelines_have_one_the_others_are_told_by_name() -> None:
    text = config("memory_limiter") + (
        "    logs: {receivers: [otlp], exporters: [otlp]}\n"
        "    metrics: {receivers: [otlp], exporters: [otlp]}\n"
    )
    assert [line.partition(" has")[0] for line in found(text, "W021")] == [
        "c.yaml:7:5: warning W021: pipeline `logs`",
        "c.yaml:8:5: warning W021: pipeline `metrics`",
    ]


def test_a_limiter_that_is_not_first_is_told_where_it_is_named() -> None:
    assert found(config("resource, memory_limiter/a, memory_limiter"), "W021") == [
        (
            "c.yaml:5:30: warning W021: `memory_limiter/a` stands after `resource`, "
            "which it does not protect"
        )
    ]
    assert found(config("memory_limiter, resource"), "W021") == []


@pytest.mark.parametrize("hindered", ["filter/x", "k8sattributes", "k8s_attributes"])
def test_batch_before_a_processor_that_it_hinders_is_told_at_batch(
    hindered: str,
) -> None:
    (line,) = found(config(f"batch, {hindered}, filter"), "W022")
    assert line.startswith(
        f"c.yaml:5:20: warning W022: `batch` stands before `{hindered}`, which "
    )


@pytest.mark.parametrize(
    "processors",
    ["filter, k8sattributes, batch", "batch, resource, attributes, transform", "batch"],
)
def test_batch_after_those_and_before_others_is_fine(processors: str) -> None:
    assert found(config(processors), "W022") == []


@pytest.mark.parametrize(
    ("association", "told"),
    [
        ("[{sources: [{from: resource_attribute, name: k8s.pod.uid}]}]", False),
        ("[{sources: [{from: connection}]}]", True),
        ("[]", True),
        ("'${env:X}'", True),
    ],
    ids=str,
)
def test_pods_that_are_told_by_attributes_alone_need_no_connection(
    association: str,
    told: bool,  # noqa: FBT001 - of the table
) -> None:
    more = f"processors: {{k8sattributes: {{pod_association: {association}}}}}\n"
    assert bool(found(config("batch, k8sattributes", more=more), "W022")) is told


@pytest.mark.parametrize(
    ("batch", "told"),
    [("{}", True), ("{metadata_keys: []}", True), ("{metadata_keys: [a]}", False)],
    ids=str,
)
def test_metadata_of_a_request_is_lost_unless_batch_keeps_it(
    batch: str,
    told: bool,  # noqa: FBT001 - of the table
) -> None:
    actions = "[{key: t, from_context: metadata.tenant, action: insert}]"
    more = f"processors: {{batch: {batch}, attributes: {{actions: {actions}}}}}\n"
    assert bool(found(config("batch, attributes", more=more), "W022")) is told


@pytest.mark.parametrize("sampler", ["tail_sampling", "probabilistic_sampler/a"])
def test_a_sampler_after_batch_is_told_at_the_sampler(sampler: str) -> None:
    text = config(f"batch, {sampler}")
    (line,) = found(text, "W023")
    assert line.startswith(
        f"c.yaml:5:27: warning W023: `{sampler}` samples after `batch`"
    )
    assert found(text, "W022") == []
    assert found(config(f"{sampler}, batch"), "W023") == []


@pytest.mark.parametrize("gathers", ["tail_sampling", "groupbytrace"])
def test_who_asks_for_the_sender_comes_before_who_gathers_traces(gathers: str) -> None:
    (line,) = found(config(f"{gathers}, k8sattributes"), "W023")
    assert line.endswith(
        f"`k8sattributes` is after `{gathers}`, which forgets the sender"
    )
    assert found(config(f"k8sattributes, {gathers}"), "W023") == []


def test_a_pipeline_that_the_agent_fills_in_is_not_judged() -> None:
    text = config("batch, '${env:MORE}', filter")
    assert lines(order.check, subject_of(text)) == []


def test_a_config_without_pipelines_has_no_order() -> None:
    assert lines(order.check, subject_of("service: {pipelines: 4}\n")) == []
