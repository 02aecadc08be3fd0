"""Processors that make metrics of metrics."""

from typing import Final

from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Fault, Faults, View

_TYPES: Final = ("sum", "histogram", "exponentialhistogram")
_STRATEGIES: Final = (
    *("true_reset_point", "subtract_initial_point", "start_time_metric"),
)
_ARITHMETIC: Final = ("add", "subtract", "multiply", "divide", "percent")
_MATCHES: Final = ("", "strict", "regexp")
_TRANSFORMS: Final = ("insert", "update", "combine", "group")
_OPERATIONS: Final = (
    *("add_label", "update_label", "delete_label_value", "toggle_scalar_data_type"),
    *("experimental_scale_value", "aggregate_labels", "aggregate_label_values"),
)
_AGGREGATIONS: Final = ("", "sum", "mean", "min", "max", "median", "count")
_NEEDED: Final = (
    ("update_label", "label"),
    ("add_label", "new_label"),
    ("add_label", "new_value"),
)


def cumulative_to_delta(view: View) -> Faults:
    """The `cumulativetodelta` processor."""
    for key in ("include", "exclude"):
        part = view.part(key)
        if part.count("metrics") > 0 and part.text("match_type") == "":
            yield part.needs("a `match_type` for its `metrics`")
        if part.text("match_type") and part.count("metrics") == 0:
            yield part.needs("`metrics` for its `match_type`")
        for text, where in part.texts("metric_types"):
            if text.lower() not in _TYPES:
                message = f"an item of `{part.path}.metric_types` must be one of "
                yield Fault(f"{message}{', '.join(_TYPES)}", where)


def delta_to_cumulative(view: View) -> Faults:
    """The `deltatocumulative` processor."""
    if view.seconds("max_stale", 300.0) <= 0:
        yield view.must("max_stale", "be positive")
    if view.number("max_streams") < 0:
        yield view.must("max_streams", "not be negative")


def start_time(view: View) -> Faults:
    """The `metricstarttime` processor."""
    yield from shared.one_of(view, "strategy", _STRATEGIES, _STRATEGIES[0])
    if view.seconds("gc_interval", 600.0) <= 0:
        yield view.must("gc_interval", "be positive")
    is_other = view.text("strategy", _STRATEGIES[0]) not in (None, _STRATEGIES[2])
    if view.text("start_time_metric_regex") and is_other:
        what = f"not be set but for the strategy `{_STRATEGIES[2]}`"
        yield view.must("start_time_metric_regex", what)


def generation(view: View) -> Faults:
    """The `metricsgeneration` processor."""
    for part in view.parts("rules"):
        for key in ("name", "type", "metric1"):
            if part.text(key) == "":
                yield part.needs(f"a `{key}`")
        yield from _own_name(part)
        kind = part.text("type")
        yield from shared.one_of(part, "type", ("", "calculate", "scale"))
        yield from shared.one_of(part, "operation", ("", *_ARITHMETIC))
        if kind == "calculate" and part.text("metric2") == "":
            yield part.needs("a `metric2` to calculate with")
        if kind == "scale" and part.number("scale_by") <= 0:
            yield part.must("scale_by", "be positive")


def _own_name(part: View) -> Faults:
    for key in ("metric1", "metric2"):
        name = part.text("name")
        if name and name == part.text(key):
            yield part.must("name", f"not be that of `{key}`")


def delta_to_rate(view: View) -> Faults:
    """The `deltatorate` processor."""
    if view.count("metrics") == 0:
        yield view.needs("a list of `metrics`")


def transform(view: View) -> Faults:
    """The `metricstransform` processor."""
    for part in view.parts("transforms"):
        for fault in _transform(part):
            yield fault.when_used()


def _transform(part: View) -> Faults:
    if part.text("include") == "":
        yield part.needs("`include`, the metric it is about")
    yield from shared.one_of(part, "match_type", _MATCHES)
    yield from shared.one_of(part, "action", _TRANSFORMS)
    if part.text("action") == "insert" and part.text("new_name") == "":
        yield part.needs("a `new_name` for what is inserted")
    if part.text("action") == "group" and not part.count("group_resource_labels"):
        yield part.needs("`group_resource_labels` to group by")
    yield from shared.one_of(part, "aggregation_type", _AGGREGATIONS)
    yield from shared.one_of(part, "submatch_case", ("", "lower", "upper"))
    for operation in part.parts("operations"):
        yield from shared.one_of(operation, "aggregation_type", _AGGREGATIONS)
        yield from shared.one_of(operation, "action", _OPERATIONS)
        action = operation.text("action")
        for one, key in _NEEDED:
            if action == one and operation.text(key) == "":
                yield operation.needs(f"a `{key}` for `{one}`")
        scale = operation.number("experimental_scale")
        if action == "experimental_scale_value" and scale == 0:
            yield operation.needs("an `experimental_scale`")
