import pytest

from reconciler.fleet.rules.validators import receivers
from tests.fleet.rules.validators.views import Cases, told, view

CASES: Cases = {
    "otlp": [
        ("protocols: {grpc: , http: }", []),
        ("protocols: {http: {endpoint: '0.0.0.0:4318'}}", []),
        ("protocols: '${file:protocols}'", []),
        ("protocols: {grpc: {enabled: false, tls: {}}, http: }", []),
        ("protocols: {http: {enabled: '${env:HTTP}', tls: {}}}", []),
        (
            "protocols: {grpc: {enabled: false}}",
            ["needs `protocols.grpc` or `protocols.http`"],
        ),
        ("", ["needs `protocols.grpc` or `protocols.http`"]),
        ("protocols: ", ["needs `protocols.grpc` or `protocols.http`"]),
        (
            "protocols: {grpc: {tls: {ca_file: a}, max_recv_msg_size_mib: -1}}",
            [
                (
                    "`it.protocols.grpc.tls` needs `cert_file` and `key_file`, or "
                    "`cert_pem` and `key_pem`"
                ),
                "`protocols.grpc.max_recv_msg_size_mib` must not be negative",
            ],
        ),
    ],
    "hostmetrics": [
        ("scrapers: {cpu: }", []),
        ("", ["needs at least one of `scrapers`"]),
        (
            "scrapers: {cpu: }, collection_interval: -1s",
            ["`collection_interval` must be positive"],
        ),
    ],
    "docker_stats": [
        ("", []),
        ("endpoint: ''", ["`endpoint` must not be empty"]),
    ],
    "file_log": [
        ("include: [/var/log/*.log], max_log_size: 1MiB, fingerprint_size: 1kb", []),
        ("include: '${env:FILES}'", []),
        ("", ["needs a list of files to `include`"]),
        (
            "include: [a], start_at: beginnning, max_log_size_behavior: drop",
            [
                "`start_at` must be one of end, beginning",
                "`max_log_size_behavior` must be one of split, truncate",
            ],
        ),
        (
            "include: [a], fingerprint_size: 8, max_log_size: 0, max_batches: -1",
            [
                "`fingerprint_size` must be at least 16 bytes",
                "`max_log_size` must be positive",
                "`max_batches` must not be negative",
            ],
        ),
    ],
    "unheard_of": [("", [])],
}


@pytest.mark.parametrize(
    ("type_", "settings", "messages"),
    [(type_, *case) for type_, cases in CASES.items() for case in cases],
)
def test_what_a_receiver_refuses(
    type_: str, settings: str, messages: list[str]
) -> None:
    found = told(lambda it: receivers.of(type_, it), settings)
    assert found == [one.replace("`it.", "`") for one in messages]


def test_files_are_looked_for_when_a_pipeline_is_built() -> None:
    (fault,) = receivers.of("file_log", view(""))
    assert fault.signals is not None
