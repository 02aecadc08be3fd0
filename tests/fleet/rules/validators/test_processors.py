import pytest

from reconciler.fleet.rules.validators import processors
from tests.fleet.rules.validators.views import Cases, told, view

LIMITS = "check_interval: 1s, limit_mib: 512"
BODY = "must be a field of the body or of the attributes"
CASES: Cases = {
    "batch": [
        ("", []),
        ("send_batch_size: 10, send_batch_max_size: 10, timeout: 0s", []),
        ("send_batch_max_size: '${env:MAX}'", []),
        ("send_batch_max_size: 0", []),
        (
            "send_batch_max_size: 1000",
            ["`send_batch_max_size` must not be less than `send_batch_size` (8192)"],
        ),
        ("timeout: -1s", ["`timeout` must not be negative"]),
        ("metadata_keys: [a, A]", ["`metadata_keys` has `A` twice"]),
    ],
    "memory_limiter": [
        (LIMITS, []),
        ("check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 25", []),
        ("check_interval: '${env:I}', limit_mib: '${env:L}'", []),
        (
            "",
            [
                "needs a `check_interval` above 0",
                "needs `limit_mib` or `limit_percentage`",
            ],
        ),
        ("check_interval: 0s, limit_mib: 1", ["needs a `check_interval` above 0"]),
        (
            f"{LIMITS}, spike_limit_mib: 512",
            ["`spike_limit_mib` must be less than the limit (512)"],
        ),
        (
            "check_interval: 1s, limit_percentage: 110, spike_limit_percentage: 120",
            [
                "`limit_percentage` must not be above 100",
                "`spike_limit_percentage` must not be above 100",
                "`spike_limit_percentage` must be less than the limit (110)",
            ],
        ),
        (
            f"{LIMITS}, min_gc_interval_when_hard_limited: 20s",
            [
                (
                    "`min_gc_interval_when_hard_limited` must not be longer than "
                    "`min_gc_interval_when_soft_limited`"
                )
            ],
        ),
    ],
    "filter": [
        ("traces: {span: ['true']}", []),
        (
            "traces: {span: ['true']}, spans: {include: {match_type: strict}}",
            ["`traces.span` must not be set beside `spans.include`"],
        ),
        ("trace_conditions: ['true'], traces: {span: }", []),
        (
            "trace_conditions: ['true'], traces: {span: ['true']}",
            ["`trace_conditions` must not be set beside `traces.span`"],
        ),
    ],
    "groupbytrace": [
        ("wait_duration: 1s", []),
        (
            "store_on_disk: true",
            ["`store_on_disk` must be false: no release supports it"],
        ),
    ],
    "interval": [("", []), ("interval: 0s", ["`interval` must be positive"])],
    "logdedup": [
        ("", []),
        ("exclude_fields: [body.a, attributes.b]", []),
        (
            "interval: 0s, log_count_attribute: ''",
            [
                "`interval` must be positive",
                "`log_count_attribute` must not be empty",
            ],
        ),
        ("exclude_fields: [body]", [f"an item of `exclude_fields` {BODY}"]),
        ("include_fields: [trace.a]", [f"an item of `include_fields` {BODY}"]),
        (
            "include_fields: [body.a], exclude_fields: [body.b]",
            ["`include_fields` must not be set beside `exclude_fields`"],
        ),
    ],
    "probabilistic_sampler": [
        (
            "mode: Hash_seed",
            ["`mode` must be one of hash_seed, equalizing, proportional"],
        ),
        ("", []),
        ("sampling_percentage: 150, attribute_source: record", []),
        ("sampling_percentage: -1", ["`sampling_percentage` must not be negative"]),
        (
            "sampling_percentage: 1.0e-20",
            ["`sampling_percentage` must be a share that can be sampled"],
        ),
        ("sampling_precision: 15", ["`sampling_precision` must be between 1 and 14"]),
        ("sampling_precision: 0", ["`sampling_precision` must be between 1 and 14"]),
        (
            "attribute_source: span",
            ["`attribute_source` must be one of traceID, record"],
        ),
    ],
    "redaction": [
        ("", []),
        ("hash_function: sha3", []),
        ("hash_function: hmac-sha256, hmac_key: '${env:KEY}'", []),
        (
            "hash_function: HMAC-SHA256, hmac_key: short",
            ["`hmac_key` must be at least 32 bytes long for `hmac-sha256`"],
        ),
        (
            "hash_function: hmac-sha512",
            ["`hmac_key` must be at least 64 bytes long for `hmac-sha512`"],
        ),
    ],
    "resourcedetection": [
        ("", []),
        (
            (
                "detectors: [env, system, '${env:CLOUD}'], system: {hostname_sources: "
                "[os]}"
            ),
            [],
        ),
        (
            "detectors: [sytem]",
            ["`detectors` names `sytem`, which is no detector"],
        ),
        (
            "system: {hostname_sources: [file]}",
            [
                (
                    "an item of `system.hostname_sources` must be one of os, dns, "
                    "cname, lookup"
                )
            ],
        ),
    ],
    "tail_sampling": [
        ("", []),
        (
            "sampling_strategy: now",
            ["`sampling_strategy` must be one of trace-complete, span-ingest"],
        ),
    ],
    "transform": [
        (
            (
                "trace_statements: [{context: Span, statements: []}, 'set(span.a, "
                "span.b)']"
            ),
            [],
        ),
        (
            "log_statements: ['']",
            ["the OTTL in `log_statements` is wrong at character 1: more is expected"],
        ),
    ],
    "unheard_of": [("batch: -1", [])],
}


@pytest.mark.parametrize(
    ("type_", "settings", "messages"),
    [(type_, *case) for type_, cases in CASES.items() for case in cases],
)
def test_what_a_processor_refuses(
    type_: str, settings: str, messages: list[str]
) -> None:
    assert told(lambda it: processors.of(type_, it), settings) == messages


def test_a_detector_is_asked_for_when_a_pipeline_is_built() -> None:
    (fault,) = processors.of("resourcedetection", view("detectors: [sytem]"))
    assert fault.signals is not None
    assert fault.hint == "did you mean `system`?"
