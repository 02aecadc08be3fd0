import pytest

from reconciler.fleet.rules.validators import shared
from reconciler.fleet.rules.validators.shared import Check
from tests.fleet.rules.validators.views import told, view

NO_PORT = "`endpoint` must have a port"


@pytest.mark.parametrize(
    ("check", "settings", "messages"),
    [
        (shared.queue, "", []),
        (shared.queue, "sending_queue: ", []),
        (shared.queue, "sending_queue: {enabled: false, queue_size: 0}", []),
        (shared.queue, "sending_queue: {enabled: '${env:Q}', queue_size: 0}", []),
        (shared.queue, "sending_queue: '${file:q}'", []),
        (shared.queue, "sending_queue: {queue_size: 5, num_consumers: 1}", []),
        (
            shared.queue,
            "sending_queue: {queue_size: 0, num_consumers: -1}",
            [
                "`sending_queue.num_consumers` must be positive",
                "`sending_queue.queue_size` must be positive",
            ],
        ),
        (
            shared.queue,
            "sending_queue: {storage: file_storage, wait_for_result: true}",
            ["`sending_queue.wait_for_result` must be false where `storage` is set"],
        ),
        (shared.queue, "sending_queue: {batch: }", []),
        (shared.queue, "sending_queue: {batch: {}}", []),
        (
            shared.queue,
            "sending_queue: {sizer: items, batch: {}}",
            [
                (
                    "`sending_queue.queue_size` must be at least `batch.min_size` "
                    "(8192), or no batch fits"
                )
            ],
        ),
        (
            shared.queue,
            "sending_queue: {sizer: items, queue_size: 9000, batch: {}}",
            [],
        ),
        (
            shared.queue,
            "sending_queue: {sizer: requests, batch: {}}",
            [
                (
                    "`sending_queue.sizer` must be `items` or `bytes` where requests "
                    "are batched"
                )
            ],
        ),
        (
            shared.queue,
            "sending_queue: {batch: {sizer: requests}}",
            [
                (
                    "`sending_queue.batch.sizer` must be `items` or `bytes` where "
                    "requests are batched"
                )
            ],
        ),
        (
            shared.queue,
            "sending_queue: {batch: {flush_timeout: 0s, min_size: -1, max_size: -1}}",
            [
                "`sending_queue.batch.flush_timeout` must be positive",
                "`sending_queue.batch.min_size` must not be negative",
                "`sending_queue.batch.max_size` must not be negative",
            ],
        ),
        (
            shared.queue,
            "sending_queue: {batch: {min_size: 9, max_size: 3}}",
            ["`sending_queue.batch.max_size` must not be less than `min_size` (9)"],
        ),
        (shared.retry, "", []),
        (shared.retry, "retry_on_failure: {enabled: false, multiplier: -1}", []),
        (shared.retry, "retry_on_failure: {max_elapsed_time: 0}", []),
        (
            shared.retry,
            "retry_on_failure: {initial_interval: -1s, multiplier: -2}",
            [
                "`retry_on_failure.initial_interval` must not be negative",
                "`retry_on_failure.multiplier` must not be negative",
            ],
        ),
        (
            shared.retry,
            "retry_on_failure: {randomization_factor: 1.5}",
            ["`retry_on_failure.randomization_factor` must be between 0 and 1"],
        ),
        (
            shared.retry,
            "retry_on_failure: {max_elapsed_time: 10s}",
            [
                (
                    "`retry_on_failure.max_elapsed_time` must not be less than "
                    "`initial_interval` or `max_interval` (30s)"
                )
            ],
        ),
        (
            shared.retry,
            "retry_on_failure: {max_interval: 5s, max_elapsed_time: 10s}",
            [],
        ),
        (shared.client_tls, "tls: {insecure: true}", []),
        (shared.client_tls, "tls: {cert_file: a, key_pem: '${env:KEY}'}", []),
        (shared.client_tls, "tls: {cert_file: a, key_file: '${env:KEY}'}", []),
        (
            shared.client_tls,
            "tls: {cert_file: a}",
            ["`tls.cert_file` must have `key_file` or `key_pem` beside it"],
        ),
        (
            shared.client_tls,
            "tls: {key_pem: a}",
            ["`tls.key_pem` must have `cert_file` or `cert_pem` beside it"],
        ),
        (
            shared.client_tls,
            "tls: {ca_file: a, ca_pem: b, min_version: '1.4'}",
            [
                "`tls.ca_pem` must not be set beside `ca_file`",
                "`tls.min_version` must be one of 1.0, 1.1, 1.2, 1.3",
            ],
        ),
        (shared.server_tls, "", []),
        (shared.server_tls, "tls: '${file:tls}'", []),
        (shared.server_tls, "tls: {cert_file: a, key_file: b}", []),
        (shared.server_tls, "tls: {enabled: false, cert_file: a}", []),
        (
            shared.server_tls,
            "tls: {ca_file: a}",
            ["`it.tls` needs `cert_file` and `key_file`, or `cert_pem` and `key_pem`"],
        ),
        (shared.scraper, "collection_interval: 10s", []),
        (
            shared.scraper,
            "collection_interval: 0s, timeout: -1s",
            [
                "`collection_interval` must be positive",
                "`timeout` must not be negative",
            ],
        ),
    ],
)
def test_what_is_common_to_many_components(
    check: Check, settings: str, messages: list[str]
) -> None:
    messages = [one.replace("`it.", "`") for one in messages]
    assert told(check, settings) == messages


@pytest.mark.parametrize(
    "endpoint",
    [
        "backend:4317",
        "http://backend:4317",
        "https://backend:4317",
        "dns:///backend:4317",
        "dns://backend:4317",
        "unix:///var/run/otlp.sock",
        "[::1]:4317",
        ":4317",
        "${env:ENDPOINT}",
        "${env:HOST}:4317",
    ],
)
def test_addresses_that_go_can_split(endpoint: str) -> None:
    assert told(shared.grpc_endpoint, f"endpoint: '{endpoint}'") == []


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("", "needs an `endpoint`"),
        ("http://", "needs an `endpoint`"),
        ("unix://", "`endpoint` must name a socket after `unix://`"),
        ("backend", NO_PORT),
        ("<your-endpoint>", NO_PORT),
        ("https://backend.example.org", NO_PORT),
        ("[::1]", NO_PORT),
        ("::1:4317", "`endpoint` must have one colon, or its address in brackets"),
        ("[[::1]]:4317", "`endpoint` must have its address in brackets once"),
        ("backend:", "`endpoint` must end in the number of a port"),
        ("backend:otlp", "`endpoint` must end in the number of a port"),
        (
            "http://backend:4317/v1/traces",
            "`endpoint` must end in the number of a port",
        ),
    ],
)
def test_addresses_that_go_cannot_split(endpoint: str, message: str) -> None:
    assert told(shared.grpc_endpoint, f"endpoint: '{endpoint}'") == [message]


def test_a_url_is_looked_at_where_there_is_one() -> None:
    for settings in ("", "endpoint: ", "endpoint: 'http://a'", "endpoint: '${env:E}'"):
        assert list(shared.url(view(settings), "endpoint")) == []
    (fault,) = shared.url(view("endpoint: '10.0.0.1:9090'"), "endpoint")
    assert fault.message == (
        "`it.endpoint` must begin with a scheme, such as `http://`"
    )


def test_one_of_a_few_words_comes_with_the_one_that_was_meant() -> None:
    (fault,) = shared.one_of(view("mode: oen"), "mode", ("", "one", "two"))
    assert fault.message == "`it.mode` must be one of one, two"
    assert fault.hint == "did you mean `one`?"


def test_names_of_metadata_are_unique_whatever_their_case() -> None:
    (fault,) = shared.unique(view("keys: [a, b, A]"), "keys")
    assert fault.message == "`it.keys` has `A` twice"
