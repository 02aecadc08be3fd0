"""Processors: limits, sampling, actions on attributes."""

from collections.abc import Mapping
from typing import Final

from reconciler.fleet.rules.validators import (
    attributes,
    kubernetes,
    metrics,
    shared,
    statements,
)
from reconciler.fleet.rules.validators.view import Fault, Faults, View
from reconciler.fleet.syntax import spelling

_WHOLE: Final = 100
_MOST_PRECISION: Final = 14
_LEAST_SAMPLED: Final = _WHOLE * 2.0**-56
_SAMPLERS: Final = ("", "hash_seed", "equalizing", "proportional")
_KEY_LENGTHS: Final = {"hmac-sha256": 32, "hmac-sha512": 64}

_FILTERS: Final = (
    ("traces", ("resource", "span", "spanevent")),
    ("metrics", ("resource", "metric", "datapoint", "include", "exclude")),
    ("logs", ("resource", "log_record", "include", "exclude")),
)
_STYLES: Final = (
    ("traces", ("resource", "span", "spanevent"), "spans"),
    ("metrics", ("resource", "metric", "datapoint"), "metrics"),
    ("logs", ("resource", "log_record"), "logs"),
)


def of(type_: str, view: View) -> Faults:
    """What a processor refuses."""
    if check := _OWN.get(type_):
        yield from check(view)


def _batch(view: View) -> Faults:
    size = view.number("send_batch_size", 8_192)
    if 0 < view.number("send_batch_max_size") < size:
        what = f"not be less than `send_batch_size` ({size:.0f})"
        yield view.must("send_batch_max_size", what)
    if view.seconds("timeout", 0.2) < 0:
        yield view.must("timeout", "not be negative")
    yield from shared.unique(view, "metadata_keys")


def _memory_limiter(view: View) -> Faults:
    if view.seconds("check_interval") <= 0:
        what = "a `check_interval` above 0"
        yield view.needs(what, "`check_interval: 1s` is usual")
    soft = view.seconds("min_gc_interval_when_soft_limited", 10.0)
    if soft < view.seconds("min_gc_interval_when_hard_limited"):
        what = "not be longer than `min_gc_interval_when_soft_limited`"
        yield view.must("min_gc_interval_when_hard_limited", what)
    mib, percent = view.number("limit_mib"), view.number("limit_percentage")
    if mib == percent == 0:
        yield view.needs("`limit_mib` or `limit_percentage`")
    for key in ("limit_percentage", "spike_limit_percentage"):
        if view.number(key) > _WHOLE:
            yield view.must(key, "not be above 100")
    for limit, key in ((mib, "spike_limit_mib"), (percent, "spike_limit_percentage")):
        if 0 < limit <= view.number(key):
            yield view.must(key, f"be less than the limit ({limit:g})")


def _filter(view: View) -> Faults:
    yield from statements.filter_(view)
    yield from _mixed(view)
    for one, parts in _FILTERS:
        conditions, own = f"{one.removesuffix('s')}_conditions", view.part(one)
        used = [part for part in parts if own.has(part)]
        if view.has(conditions) and used:
            what = f"not be set beside `{one}.{used[0]}`"
            yield view.must(conditions, what)


def _mixed(view: View) -> Faults:
    """Conditions, and the lists of names that were there before them."""
    for name, keys, before in _STYLES:
        own = view.part(name)
        used = [key for key in keys if own.has(key)]
        older = [key for key in ("include", "exclude") if view.part(before).has(key)]
        if used and older:
            yield own.must(used[0], f"not be set beside `{before}.{older[0]}`")


def _interval(view: View) -> Faults:
    if view.seconds("interval", 60.0) <= 0:
        yield view.must("interval", "be positive")


def _log_dedup(view: View) -> Faults:
    if view.seconds("interval", 10.0) <= 0:
        yield view.must("interval", "be positive")
    if view.text("log_count_attribute", "log_count") == "":
        yield view.must("log_count_attribute", "not be empty")
    if view.count("exclude_fields") > 0 and view.count("include_fields") > 0:
        yield view.must("include_fields", "not be set beside `exclude_fields`")
    for fault in statements.conditions(view, "conditions"):
        yield fault.when_used()
    for key in ("exclude_fields", "include_fields"):
        for text, where in view.texts(key):
            if text == "body" or text.split(".")[0] not in ("body", "attributes"):
                message = f"an item of `{view.path}.{key}` must be a field of the body"
                yield Fault(f"{message} or of the attributes", where)


def _probabilistic_sampler(view: View) -> Faults:
    percent = view.number("sampling_percentage")
    if percent < 0:
        yield view.must("sampling_percentage", "not be negative")
    elif 0 < percent < _LEAST_SAMPLED or percent == float("inf"):
        yield view.must("sampling_percentage", "be a share that can be sampled")
    yield from shared.one_of(view, "mode", _SAMPLERS)
    yield from shared.one_of(view, "attribute_source", ("", "traceID", "record"))
    precision = view.number("sampling_precision", 4)
    if precision == 0 or precision > _MOST_PRECISION:
        yield view.must("sampling_precision", f"be between 1 and {_MOST_PRECISION}")


def _redaction(view: View) -> Faults:
    function = (view.text("hash_function") or "").lower()
    key, least = view.text("hmac_key"), _KEY_LENGTHS.get(function, 0)
    if key is not None and len(key.encode()) < least:
        yield view.must("hmac_key", f"be at least {least} bytes long for `{function}`")


def _tail_sampling(view: View) -> Faults:
    words = ("trace-complete", "span-ingest")
    yield from shared.one_of(view, "sampling_strategy", words, words[0])


def _resource_detection(view: View) -> Faults:
    words = ("os", "dns", "cname", "lookup")
    system = view.part("system")
    for text, where in system.texts("hostname_sources"):
        if text not in words:
            message = f"an item of `{system.path}.hostname_sources` must be one of "
            yield Fault(f"{message}{', '.join(words)}", where)
    for text, where in view.texts("detectors"):
        if text not in _DETECTORS:
            message = f"`{view.path}.detectors` names `{text}`, which is no detector"
            yield Fault(message, where, spelling.hint(text, _DETECTORS)).when_used()


def _group_by_trace(view: View) -> Faults:
    for key in ("store_on_disk", "discard_orphans"):
        if view.flag(key):
            yield view.must(key, "be false: no release supports it").when_used()


_DETECTORS: Final = frozenset(
    (
        *("akamai", "aks", "alibaba_ecs", "azure", "consul", "digitalocean", "docker"),
        *("dynatrace", "ec2", "ecs", "eks", "elastic_beanstalk", "env", "gcp"),
        *("heroku", "hetzner", "ibmcloud_classic", "ibmcloud_vpc", "k8snode"),
        *("kubeadm", "lambda", "nova", "openshift", "oraclecloud", "scaleway"),
        *("system", "tencent_cvm", "upcloud", "vultr"),
    )
)
_OWN: Final[Mapping[str, shared.Check]] = {
    "attributes": attributes.attributes,
    "batch": _batch,
    "cumulativetodelta": metrics.cumulative_to_delta,
    "deltatorate": metrics.delta_to_rate,
    "deltatocumulative": metrics.delta_to_cumulative,
    "filter": _filter,
    "groupbytrace": _group_by_trace,
    "interval": _interval,
    "k8s_attributes": kubernetes.attributes,
    "logdedup": _log_dedup,
    "memory_limiter": _memory_limiter,
    "metricsgeneration": metrics.generation,
    "metric_start_time": metrics.start_time,
    "metricstransform": metrics.transform,
    "probabilistic_sampler": _probabilistic_sampler,
    "redaction": _redaction,
    "resource": attributes.resource,
    "resourcedetection": _resource_detection,
    "span": attributes.span,
    "tail_sampling": _tail_sampling,
    "transform": statements.transform,
}
