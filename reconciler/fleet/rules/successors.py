"""Settings that many components once had, and what took their place.

Asked by `settings.py` about keys that the catalogue's Collector no longer takes, beside
what the catalogue knows of single components. Listed by kind, type (empty for any) and
the keys below the component.
"""

from collections.abc import Mapping
from typing import Final

_TLS: Final = "write it under `tls`, as `tls.{}`"
_SIZE: Final = "write `{}`, which counts in the unit that `sizer` names"
_CORS: Final = "write it under `cors`, as `cors.{}`"

_HINTS: Final[Mapping[tuple[str, ...], str]] = {
    ("exporters", "", "sending_queue", "blocking"): "write `block_on_overflow`",
    ("exporters", "", "sending_queue", "persistent_storage_enabled"): (
        "name a storage extension under `sending_queue.storage`"
    ),
    **{
        ("exporters", "", "sending_queue", "batch", f"{end}_size_items"): (
            _SIZE.format(f"{end}_size")
        )
        for end in ("min", "max")
    },
    ("exporters", "", "batcher"): "write it under `sending_queue`, as `batch`",
    **{
        (kind, "", "tls_settings"): "write `tls`" for kind in ("receivers", "exporters")
    },
    **{
        (kind, "", key): _TLS.format(key)
        for kind in ("receivers", "exporters")
        for key in ("ca_file", "cert_file", "key_file")
    },
    ("exporters", "", "insecure"): _TLS.format("insecure"),
    ("extensions", "health_check", "port"): "write `endpoint`, with host and port",
    **{
        ("receivers", "otlp", "protocols", "http", f"cors_{key}"): _CORS.format(key)
        for key in ("allowed_origins", "allowed_headers")
    },
}


def of(path: tuple[str, ...]) -> str | None:
    """What to do about a key: section, id, and the keys below; None when unknown."""
    kind, id_, *keys = path
    for type_ in (id_.partition("/")[0], ""):
        if hint := _HINTS.get((kind, type_, *keys)):
            return hint
    return None
