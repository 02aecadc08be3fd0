"""Settings that many components have in common: queues, retries, TLS, endpoints."""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from reconciler.fleet.rules.validators import urls
from reconciler.fleet.rules.validators.view import Fault, Faults, View
from reconciler.fleet.syntax import spelling

Check: TypeAlias = Callable[[View], Faults]
"""The checks of one type of component."""

INITIAL_INTERVAL: Final = 5.0
_MAX_INTERVAL: Final = 30.0
_MAX_ELAPSED: Final = 300.0
_TLS_VERSIONS: Final = ("", "1.0", "1.1", "1.2", "1.3")
_PORT = re.compile(r"[-+]?[0-9]+")
_PORTED: Final = "write host and port, as in `gateway:4317`"


def queue(view: View) -> Faults:
    """What is under `sending_queue`, of an exporter that has one."""
    own = view.part("sending_queue")
    if not own.is_on:
        return
    for key, default in (("num_consumers", 10), ("queue_size", 1_000)):
        if own.number(key, default) <= 0:
            yield own.must(key, "be positive")
    if own.has("storage") and own.flag("wait_for_result"):
        yield own.must("wait_for_result", "be false where `storage` is set")
    if own.has("batch"):
        yield from _batch(own, own.part("batch"))


def _batch(view: View, own: View) -> Faults:
    if not own.is_on:
        return
    sizer = own.text("sizer", view.text("sizer", "items") or "")
    if sizer == "requests":
        where = own if "sizer" in own else view
        yield where.must("sizer", "be `items` or `bytes` where requests are batched")
    if own.seconds("flush_timeout", 0.2) <= 0:
        yield own.must("flush_timeout", "be positive")
    least, most = own.number("min_size", 8_192), own.number("max_size")
    if least < 0:
        yield own.must("min_size", "not be negative")
    if most < 0:
        yield own.must("max_size", "not be negative")
    if 0 < most < least:
        yield own.must("max_size", f"not be less than `min_size` ({least:.0f})")
    if sizer in ("items", "bytes") and sizer == view.text("sizer", "requests"):
        size = view.number("queue_size", 1_000)
        if least > size:
            what = f"be at least `batch.min_size` ({least:.0f}), or no batch fits"
            yield view.must("queue_size", what)


def retry(view: View, *, initial: float = INITIAL_INTERVAL) -> Faults:
    """What is under `retry_on_failure`, of an exporter that has it.

    Args:
        view: The exporter.
        initial: Its default for `initial_interval`.
    """
    own = view.part("retry_on_failure")
    if not own.is_on:
        return
    first = own.seconds("initial_interval", initial)
    longest = own.seconds("max_interval", _MAX_INTERVAL)
    elapsed = own.seconds("max_elapsed_time", _MAX_ELAPSED)
    for key, seconds in (
        ("initial_interval", first),
        ("max_interval", longest),
        ("max_elapsed_time", elapsed),
        ("multiplier", own.number("multiplier", 1.5)),
    ):
        if seconds < 0:
            yield own.must(key, "not be negative")
    factor = own.number("randomization_factor", 0.5)
    if factor < 0 or factor > 1:
        yield own.must("randomization_factor", "be between 0 and 1")
    if elapsed > 0 and (elapsed < first or elapsed < longest):
        what = "not be less than `initial_interval` or `max_interval`"
        yield own.must("max_elapsed_time", f"{what} ({max(first, longest):g}s)")


def client_tls(view: View) -> Faults:
    """What is under `tls`, of a client."""
    yield from _tls(view.part("tls"))


def server_tls(view: View) -> Faults:
    """What is under `tls`, of a server: it needs a certificate and its key."""
    own = view.part("tls")
    if not own.is_on:
        return
    yield from _tls(own)
    keys = ("cert_file", "cert_pem", "key_file", "key_pem")
    if view.has("tls") and own.is_known and not any(key in own for key in keys):
        yield own.needs("`cert_file` and `key_file`, or `cert_pem` and `key_pem`")


def _tls(own: View) -> Faults:
    has: dict[str, bool | None] = {}
    for name in ("ca", "cert", "key"):
        file, pem = own.text(f"{name}_file"), own.text(f"{name}_pem")
        if file and pem:
            yield own.must(f"{name}_pem", f"not be set beside `{name}_file`")
        unknown = (file is None and not pem) or (pem is None and not file)
        has[name] = None if unknown else bool(file or pem)
    if None not in (has["cert"], has["key"]) and has["cert"] != has["key"]:
        given, missing = ("cert", "key") if has["cert"] else ("key", "cert")
        key = f"{given}_file" if own.text(f"{given}_file") else f"{given}_pem"
        yield own.must(key, f"have `{missing}_file` or `{missing}_pem` beside it")
    for key in ("min_version", "max_version"):
        version = own.text(key)
        if version is not None and version not in _TLS_VERSIONS:
            yield own.must(key, f"be one of {', '.join(_TLS_VERSIONS[1:])}")


def grpc_endpoint(view: View) -> Faults:
    """The `endpoint` of a gRPC client: a socket, or host and port."""
    endpoint = view.text("endpoint")
    if endpoint is None:
        return
    if endpoint.startswith("unix://"):
        if endpoint == "unix://":
            yield view.must("endpoint", "name a socket after `unix://`")
        return
    address = _address(endpoint)
    if not address:
        yield view.needs("an `endpoint`", _PORTED)
    elif fault := _no_port(address):
        yield view.must("endpoint", fault, _PORTED)


def _address(endpoint: str) -> str:
    for scheme in ("http://", "https://", "dns:///", "dns://"):
        if endpoint.startswith(scheme):
            return endpoint.removeprefix(scheme)
    return endpoint


def _no_port(address: str) -> str | None:
    """As Go splits an address: a colon outside brackets, and a number after it."""
    host, colon, port = address.rpartition(":")
    in_brackets = host.startswith("[") and host.endswith("]")
    if not colon or "]" in port:
        return "have a port"
    if not in_brackets and (":" in host or "[" in host or "]" in host):
        return "have one colon, or its address in brackets"
    if in_brackets and ("[" in host[1:] or "]" in host[:-1]):
        return "have its address in brackets once"
    return None if _PORT.fullmatch(port) else "end in the number of a port"


def url(view: View, key: str, *, is_request: bool = True) -> Faults:
    """A URL, if there is one."""
    text = view.text(key)
    if text and (what := urls.fault(text, is_request=is_request)):
        yield view.must(key, what, "write a URL, as in `http://gateway:4318`")


def scraper(view: View) -> Faults:
    """How often a receiver of metrics looks."""
    if view.seconds("collection_interval", 60.0) <= 0:
        yield view.must("collection_interval", "be positive")
    if view.seconds("timeout") < 0:
        yield view.must("timeout", "not be negative")


def unique(view: View, key: str) -> Faults:
    """A list of names of metadata, in which letter case does not count."""
    seen: set[str] = set()
    for text, where in view.texts(key):
        if text.lower() in seen:
            yield Fault(f"`{view.path}.{key}` has `{text}` twice", where, "delete one")
        seen.add(text.lower())


def one_of(view: View, key: str, words: tuple[str, ...], default: str = "") -> Faults:
    """A text that is one of a few."""
    text = view.text(key, default)
    if text is not None and text not in words:
        shown = ", ".join(filter(None, words))
        near = spelling.nearest(text, words)
        hint = f"did you mean `{near}`?" if near else None
        yield view.must(key, f"be one of {shown}", hint)
