import pytest

from reconciler.fleet.rules import successors


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (
            ("exporters", "otlp/a", "sending_queue", "blocking"),
            "write `block_on_overflow`",
        ),
        (
            ("exporters", "kafka", "sending_queue", "batch", "min_size_items"),
            "write `min_size`, which counts in the unit that `sizer` names",
        ),
        (
            ("exporters", "otlp", "insecure"),
            "write it under `tls`, as `tls.insecure`",
        ),
        (
            ("receivers", "otlp", "protocols", "http", "cors_allowed_origins"),
            "write it under `cors`, as `cors.allowed_origins`",
        ),
        (
            ("extensions", "health_check", "port"),
            "write `endpoint`, with host and port",
        ),
    ],
)
def test_what_took_the_place_of_a_setting(path: tuple[str, ...], hint: str) -> None:
    assert successors.of(path) == hint


@pytest.mark.parametrize(
    "path",
    [
        ("exporters", "otlp", "endpont"),
        ("receivers", "otlp", "sending_queue", "blocking"),
        ("extensions", "zpages", "port"),
        ("exporters", "otlp"),
    ],
)
def test_other_settings_never_were(path: tuple[str, ...]) -> None:
    assert successors.of(path) is None
