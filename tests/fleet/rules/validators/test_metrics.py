import pytest

from reconciler.fleet.rules.validators import metrics
from tests.fleet.rules.validators.views import Cases, told

OPERATION = "`transforms.0.operations.0`"
CASES: Cases = {
    "cumulativetodelta": [
        ("", []),
        ("include: {metrics: [a], match_type: strict, metric_types: [Sum]}", []),
        (
            "include: {metrics: [a]}",
            ["`include` needs a `match_type` for its `metrics`"],
        ),
        (
            "exclude: {match_type: regexp}",
            ["`exclude` needs `metrics` for its `match_type`"],
        ),
        (
            "include: {metric_types: [gauge]}",
            [
                (
                    "an item of `include.metric_types` must be one of sum, histogram, "
                    "exponentialhistogram"
                )
            ],
        ),
    ],
    "deltatocumulative": [
        ("", []),
        (
            "max_stale: 0s, max_streams: -1",
            ["`max_stale` must be positive", "`max_streams` must not be negative"],
        ),
    ],
    "deltatorate": [
        ("metrics: [a]", []),
        ("", ["needs a list of `metrics`"]),
    ],
    "metric_start_time": [
        ("", []),
        ("strategy: start_time_metric, start_time_metric_regex: a", []),
        (
            "strategy: guess, gc_interval: 0s",
            [
                (
                    "`strategy` must be one of true_reset_point, "
                    "subtract_initial_point, start_time_metric"
                ),
                "`gc_interval` must be positive",
            ],
        ),
        (
            "start_time_metric_regex: a",
            [
                (
                    "`start_time_metric_regex` must not be set but for the strategy "
                    "`start_time_metric`"
                )
            ],
        ),
    ],
    "metricsgeneration": [
        ("rules: [{name: a, type: scale, metric1: b, scale_by: 2}]", []),
        (
            "rules: [{name: a, type: calculate, metric1: b, operation: modulo}]",
            [
                (
                    "`rules.0.operation` must be one of add, subtract, multiply, "
                    "divide, percent"
                ),
                "`rules.0` needs a `metric2` to calculate with",
            ],
        ),
        (
            "rules: [{type: scale, metric1: b, scale_by: 2}]",
            ["`rules.0` needs a `name`"],
        ),
        (
            "rules: [{name: a, type: scale, metric1: b}]",
            ["`rules.0.scale_by` must be positive"],
        ),
    ],
    "metricstransform": [
        (
            "transforms: [{include: a, action: group}]",
            ["`transforms.0` needs `group_resource_labels` to group by"],
        ),
        (
            (
                "transforms: [{include: a, action: combine, new_name: b, "
                "aggregation_type: avg, submatch_case: title}]"
            ),
            [
                (
                    "`transforms.0.aggregation_type` must be one of sum, mean, min, "
                    "max, median, count"
                ),
                "`transforms.0.submatch_case` must be one of lower, upper",
            ],
        ),
        ("transforms: [{include: a, action: update, new_name: b}]", []),
        (
            (
                "transforms: [{include: a, action: update, operations: "
                "[{action: add_label, new_label: b, new_value: c}]}]"
            ),
            [],
        ),
        (
            "transforms: [{action: insert, match_type: glob}]",
            [
                "`transforms.0` needs `include`, the metric it is about",
                "`transforms.0.match_type` must be one of strict, regexp",
                "`transforms.0` needs a `new_name` for what is inserted",
            ],
        ),
        (
            (
                "transforms: [{include: a, action: update, operations: "
                "[{action: update_label}]}]"
            ),
            [f"{OPERATION} needs a `label` for `update_label`"],
        ),
        (
            (
                "transforms: [{include: a, action: update, operations: "
                "[{action: experimental_scale_value}]}]"
            ),
            [f"{OPERATION} needs an `experimental_scale`"],
        ),
    ],
}
CHECKS = {
    "cumulativetodelta": metrics.cumulative_to_delta,
    "deltatorate": metrics.delta_to_rate,
    "deltatocumulative": metrics.delta_to_cumulative,
    "metric_start_time": metrics.start_time,
    "metricsgeneration": metrics.generation,
    "metricstransform": metrics.transform,
}


@pytest.mark.parametrize(
    ("type_", "settings", "messages"),
    [(type_, *case) for type_, cases in CASES.items() for case in cases],
)
def test_what_makes_metrics_of_metrics_refuses(
    type_: str, settings: str, messages: list[str]
) -> None:
    assert told(CHECKS[type_], settings) == messages
