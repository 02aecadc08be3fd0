"""Receivers: what they listen to, scrape and read."""

from collections.abc import Mapping
from typing import Final

from reconciler.fleet.rules.validators import (
    kubernetes,
    operators,
    prometheus,
    shared,
)
from reconciler.fleet.rules.validators.view import Faults, View

_LEAST_FINGERPRINT: Final = 16


def of(type_: str, view: View) -> Faults:
    """What a receiver refuses."""
    if check := _OWN.get(type_):
        yield from check(view)


def _otlp(view: View) -> Faults:
    protocols = view.part("protocols")
    given = [protocols.part(name) for name in ("grpc", "http") if name in protocols]
    are_off = [one.flag("enabled", default=True) is False for one in given]
    if protocols.is_known and all(are_off):
        hint = "write `protocols: {grpc: , http: }`, or one of them"
        yield view.needs("`protocols.grpc` or `protocols.http`", hint)
    for one in given:
        if one.is_on:
            yield from shared.server_tls(one)
    grpc = protocols.part("grpc")
    if not grpc.is_on:
        return
    for key in ("max_recv_msg_size_mib", "read_buffer_size", "write_buffer_size"):
        if grpc.number(key) < 0:
            yield grpc.must(key, "not be negative")


def _host_metrics(view: View) -> Faults:
    yield from shared.scraper(view)
    if view.count("scrapers") == 0:
        yield view.needs("at least one of `scrapers`", "such as `scrapers: {cpu: }`")


def _docker_stats(view: View) -> Faults:
    yield from shared.scraper(view)
    if view.text("endpoint", "unix") == "":
        yield view.must("endpoint", "not be empty")


def _file_log(view: View) -> Faults:
    """Read when a pipeline is built, so a receiver that none names is not looked at."""
    for fault in (*_files(view), *operators.check(view)):
        yield fault.when_used()


def _files(view: View) -> Faults:
    if view.count("include") == 0:
        yield view.needs("a list of files to `include`")
    yield from shared.one_of(view, "start_at", ("end", "beginning"), "end")
    yield from shared.one_of(
        view, "max_log_size_behavior", ("split", "truncate"), "split"
    )
    if view.number("fingerprint_size", _LEAST_FINGERPRINT) < _LEAST_FINGERPRINT:
        yield view.must("fingerprint_size", f"be at least {_LEAST_FINGERPRINT} bytes")
    for key in ("max_log_size", "max_concurrent_files"):
        if view.number(key, 1) <= 0:
            yield view.must(key, "be positive")
    if view.number("max_batches") < 0:
        yield view.must("max_batches", "not be negative")


_OWN: Final[Mapping[str, shared.Check]] = {
    "docker_stats": _docker_stats,
    "file_log": _file_log,
    "hostmetrics": _host_metrics,
    "k8s_cluster": kubernetes.cluster,
    "kubeletstats": kubernetes.kubelet,
    "otlp": _otlp,
    "prometheus": prometheus.receiver,
}
