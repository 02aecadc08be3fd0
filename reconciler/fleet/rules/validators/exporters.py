"""Exporters: where they send to, and how they queue and try again."""

from collections.abc import Mapping
from typing import Final

from reconciler.fleet.rules.config import SIGNALS
from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Faults, View

_REMOTE_WRITE_INITIAL: Final = 0.05


def of(type_: str, view: View) -> Faults:
    """What an exporter refuses, and what is common to all that send."""
    yield from shared.queue(view)
    is_remote_write = type_ == "prometheusremotewrite"
    initial = _REMOTE_WRITE_INITIAL if is_remote_write else shared.INITIAL_INTERVAL
    yield from shared.retry(view, initial=initial)
    yield from shared.client_tls(view)
    if check := _OWN.get(type_):
        yield from check(view)


def _otlp_grpc(view: View) -> Faults:
    yield from shared.grpc_endpoint(view)
    yield from _timeout(view)


def _otlp_http(view: View) -> Faults:
    missing = [one for one in SIGNALS if view.text(f"{one}_endpoint") == ""]
    hint = "write a URL, as in `https://gateway:4318`"
    if view.text("endpoint") == "" and len(missing) == len(SIGNALS):
        yield view.needs("an `endpoint`", hint)
    elif view.text("endpoint") == "":
        for one in missing:
            what = f"an `endpoint` or a `{one}_endpoint`"
            yield view.needs(what, hint).when_used(one)
    for one in SIGNALS:
        key = "endpoint" if one in missing else f"{one}_endpoint"
        for fault in shared.url(view, key, is_request=False):
            yield fault.when_used(one)


def _timeout(view: View) -> Faults:
    if view.seconds("timeout", 5.0) < 0:
        yield view.must("timeout", "not be negative")


def _debug(view: View) -> Faults:
    if (view.text("verbosity") or "").lower() == "none":
        yield view.must("verbosity", "be one of basic, normal, detailed")
    is_logger = view.flag("use_internal_logger", default=True)
    if is_logger and view.is_given("output_paths"):
        what = "not be set where `use_internal_logger` is true"
        yield view.must("output_paths", what)


def _remote_write(view: View) -> Faults:
    yield from _timeout(view)
    own = view.part("remote_write_queue")
    size = own.number("queue_size", 10_000)
    if size < 0:
        yield own.must("queue_size", "not be negative")
    if size == 0 and own.is_on:
        yield own.must("queue_size", "not be 0, which would drop all data")
    if own.number("num_consumers", 5) < 0:
        yield own.must("num_consumers", "not be negative")
    if view.number("max_batch_size_bytes") < 0:
        yield view.must("max_batch_size_bytes", "not be negative")
    parallel = "max_batch_request_parallelism"
    if view.has(parallel) and view.number(parallel) < 1:
        yield view.must("max_batch_request_parallelism", "be at least 1")
    if view.text("compression") not in (None, "", "none", "snappy"):
        yield view.must("compression", "be `snappy`")
    if "endpoint" in view and view.text("endpoint") == "":
        yield view.must("endpoint", "not be empty").when_used()
    for fault in shared.url(view, "endpoint"):
        yield fault.when_used()


def _clickhouse(view: View) -> Faults:
    if view.text("endpoint") == "":
        yield view.needs("an `endpoint`", "such as `tcp://clickhouse:9000`")
    yield from _timeout(view)


_OWN: Final[Mapping[str, shared.Check]] = {
    "otlp_grpc": _otlp_grpc,
    "otlp_http": _otlp_http,
    "debug": _debug,
    "prometheusremotewrite": _remote_write,
    "clickhouse": _clickhouse,
}
