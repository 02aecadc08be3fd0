import pytest

from reconciler.fleet.rules.validators import exporters
from tests.fleet.rules.validators.views import Cases, told, view

CASES: Cases = {
    "otlp_grpc": [
        ("endpoint: 'backend:4317'", []),
        ("endpoint: 'https://backend:4317', compression: none, timeout: 0s", []),
        ("", ["needs an `endpoint`"]),
        ("endpoint: backend", ["`endpoint` must have a port"]),
        ("endpoint: 'a:1', timeout: -1s", ["`timeout` must not be negative"]),
        (
            "endpoint: 'a:1', sending_queue: {queue_size: 0}",
            ["`sending_queue.queue_size` must be positive"],
        ),
        (
            "endpoint: 'a:1', retry_on_failure: {multiplier: -1}",
            ["`retry_on_failure.multiplier` must not be negative"],
        ),
        (
            "endpoint: 'a:1', tls: {cert_file: a}",
            ["`tls.cert_file` must have `key_file` or `key_pem` beside it"],
        ),
    ],
    "otlp_http": [
        ("endpoint: 'http://backend:4318'", []),
        ("endpoint: backend", []),
        ("endpoint: '${env:ENDPOINT}'", []),
        ("endpoint: 'http://a', encoding: json", []),
        ("", ["needs an `endpoint`"]),
        ("endpoint: ", ["needs an `endpoint`"]),
    ],
    "debug": [
        ("", []),
        ("verbosity: Detailed", []),
        ("verbosity: ", []),
        ("verbosity: none", ["`verbosity` must be one of basic, normal, detailed"]),
        (
            "output_paths: []",
            ["`output_paths` must not be set where `use_internal_logger` is true"],
        ),
        ("output_paths: ", []),
        (
            "output_paths: [stdout]",
            ["`output_paths` must not be set where `use_internal_logger` is true"],
        ),
        ("output_paths: [stdout], use_internal_logger: false", []),
    ],
    "prometheusremotewrite": [
        ("endpoint: 'http://backend:9090/api/v1/write'", []),
        ("remote_write_queue: {enabled: false, queue_size: 0}", []),
        ("retry_on_failure: {max_interval: 1s, max_elapsed_time: 2s}", []),
        ("max_batch_request_parallelism: ", []),
        ("compression: gzip", ["`compression` must be `snappy`"]),
        (
            "remote_write_queue: {queue_size: 0}",
            [
                (
                    "`remote_write_queue.queue_size` must not be 0, which would drop "
                    "all data"
                )
            ],
        ),
        (
            "remote_write_queue: {queue_size: -1, num_consumers: -1}",
            [
                "`remote_write_queue.queue_size` must not be negative",
                "`remote_write_queue.num_consumers` must not be negative",
            ],
        ),
        (
            "max_batch_size_bytes: -1, max_batch_request_parallelism: 0",
            [
                "`max_batch_size_bytes` must not be negative",
                "`max_batch_request_parallelism` must be at least 1",
            ],
        ),
        (
            "endpoint: '10.0.0.1:9090'",
            ["`endpoint` must begin with a scheme, such as `http://`"],
        ),
        ("endpoint: ''", ["`endpoint` must not be empty"]),
    ],
    "clickhouse": [
        ("endpoint: 'tcp://clickhouse:9000'", []),
        (
            "endpoint: 'tcp://clickhouse:9000', timeout: -1s",
            ["`timeout` must not be negative"],
        ),
        ("", ["needs an `endpoint`"]),
    ],
}


@pytest.mark.parametrize(
    ("type_", "settings", "messages"),
    [(type_, *case) for type_, cases in CASES.items() for case in cases],
)
def test_what_an_exporter_refuses(
    type_: str, settings: str, messages: list[str]
) -> None:
    assert told(lambda it: exporters.of(type_, it), settings) == messages


def test_queues_and_retries_are_looked_at_whatever_the_type() -> None:
    settings = "sending_queue: {num_consumers: 0}, retry_on_failure: {multiplier: -1}"
    assert len(told(lambda it: exporters.of("kafka", it), settings)) == 2


def test_a_signal_without_an_endpoint_matters_once_a_pipeline_sends_it() -> None:
    faults = list(exporters.of("otlp_http", view("traces_endpoint: 'http://a/t'")))
    assert [fault.signals for fault in faults] == [
        ("metrics",),
        ("logs",),
        ("profiles",),
    ]


def test_a_bad_url_matters_where_it_is_sent_to() -> None:
    settings = (
        "endpoint: '10.0.0.1:4318', logs_endpoint: 'http://a', "
        "traces_endpoint: 'http://a:<port>'"
    )
    faults = list(exporters.of("otlp_http", view(settings)))
    assert [(fault.message.split("`")[1], fault.signals) for fault in faults] == [
        ("it.traces_endpoint", ("traces",)),
        ("it.endpoint", ("metrics",)),
        ("it.endpoint", ("profiles",)),
    ]
