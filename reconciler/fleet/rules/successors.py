"""Settings that the Collector once had, and what took their place.

Asked by `settings.py` about keys that the catalogue's Collector no longer takes. Listed
by kind, type (empty for any) and the keys below the component.
"""

from collections.abc import Mapping
from typing import Final

_TLS: Final = "write it under `tls`, as `tls.{}`"
_SIZE: Final = "`{}` counts in the unit that `sizer` names"
_START_TIME: Final = "put the `metricstarttime` processor into the pipeline"

_HINTS: Final[Mapping[tuple[str, ...], str]] = {
    ("service", "telemetry", "metrics", "address"): (
        "list a reader under `service.telemetry.metrics.readers`: "
        "`{pull: {exporter: {prometheus: {host: localhost, port: 8888}}}}`"
    ),
    ("exporters", "", "sending_queue", "blocking"): "write `block_on_overflow`",
    ("exporters", "", "sending_queue", "persistent_storage_enabled"): (
        "name a storage extension under `sending_queue.storage`"
    ),
    **{
        ("exporters", "", *section, f"{limit}_size_items"): _SIZE.format(
            f"{limit}_size"
        )
        for section in (("batcher",), ("sending_queue", "batch"))
        for limit in ("min", "max")
    },
    ("exporters", "", "batcher"): "write it under `sending_queue`, as `batch`",
    ("exporters", "", "tls_settings"): "write `tls`",
    **{
        (kind, "", key): _TLS.format(key)
        for kind in ("receivers", "exporters")
        for key in ("ca_file", "cert_file", "key_file")
    },
    ("exporters", "", "insecure"): _TLS.format("insecure"),
    ("exporters", "debug", "loglevel"): "write `verbosity`",
    ("extensions", "health_check", "port"): "write `endpoint`, with host and port",
    ("processors", "memory_limiter", "ballast_size_mib"): (
        "delete it, and set the environment variable `GOMEMLIMIT`"
    ),
    ("receivers", "otlp", "protocols", "http", "cors_allowed_origins"): (
        "write it under `cors`, as `allowed_origins`"
    ),
    ("receivers", "otlp", "protocols", "http", "cors_allowed_headers"): (
        "write it under `cors`, as `allowed_headers`"
    ),
    ("receivers", "prometheus", "use_start_time_metric"): _START_TIME,
    ("receivers", "prometheus", "start_time_metric_regex"): _START_TIME,
}


def of(path: tuple[str, ...]) -> str | None:
    """What to do about a key: section, id, and the keys below; None when unknown."""
    kind, id_, *keys = path
    for type_ in (id_.partition("/")[0], ""):
        if hint := _HINTS.get((kind, type_, *keys)):
            return hint
    return None
