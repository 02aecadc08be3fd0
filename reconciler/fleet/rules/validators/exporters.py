"""Exporters: where they send to, and how they queue and try again."""

from collections.abc import Mapping
from typing import Final

from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.view import Faults, View

_SIGNALS: Final = ("traces", "metrics", "logs", "profiles")
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
    keys = ("endpoint", *(f"{signal}_endpoint" for signal in _SIGNALS))
    if all(view.text(key) == "" for key in keys):
        yield view.needs("an `endpoint`", "write a URL, as in `https://gateway:4318`")


def _timeout(view: View) -> Faults:
    if view.seconds("timeout", 5.0) < 0:
        yield view.must("timeout", "not be negative")


def _debug(view: View) -> Faults:
    levels = ("basic", "normal", "detailed")
    verbosity = view.text("verbosity", "basic")
    if verbosity is not None and verbosity.lower() not in levels:
        yield view.must("verbosity", f"be one of {', '.join(levels)}")
    is_logger = view.flag("use_internal_logger", default=True)
    if is_logger and view.count("output_paths") > 0:
        what = "not be set where `use_internal_logger` is true"
        yield view.must("output_paths", what)


def _remote_write(view: View) -> Faults:
    own = view.part("remote_write_queue")
    size = own.number("queue_size", 10_000)
    if size < 0:
        yield own.must("queue_size", "not be negative")
    if size == 0 and own.flag("enabled", default=True):
        yield own.must("queue_size", "not be 0, which would drop all data")
    if own.number("num_consumers", 5) < 0:
        yield own.must("num_consumers", "not be negative")
    if view.number("max_batch_size_bytes") < 0:
        yield view.must("max_batch_size_bytes", "not be negative")
    if view.number("max_batch_request_parallelism", 1) < 1:
        yield view.must("max_batch_request_parallelism", "be at least 1")
    if view.text("compression") not in (None, "", "snappy"):
        yield view.must("compression", "be `snappy`")


def _clickhouse(view: View) -> Faults:
    if view.text("endpoint") == "":
        yield view.needs("an `endpoint`", "such as `tcp://clickhouse:9000`")


_OWN: Final[Mapping[str, shared.Check]] = {
    "otlp_grpc": _otlp_grpc,
    "otlp_http": _otlp_http,
    "debug": _debug,
    "prometheusremotewrite": _remote_write,
    "clickhouse": _clickhouse,
}
