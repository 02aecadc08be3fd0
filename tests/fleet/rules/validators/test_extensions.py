import pytest

from reconciler.fleet.rules.validators import extensions
from tests.fleet.rules.validators.views import Cases, told

CASES: Cases = {
    "bearertokenauth": [
        ("token: '${env:TOKEN}'", []),
        ("filename: /etc/token", []),
        ("tokens: [a, b]", []),
        ("", ["needs a `token`, `tokens` or a `filename`"]),
        ("token: a, tokens: [b]", ["`tokens` must not be set beside `token`"]),
    ],
    "file_storage": [
        ("directory: /var/lib/otelcol", []),
        (
            (
                "compaction: {max_transaction_size: -1, on_rebound: true, "
                "check_interval: 0s}"
            ),
            [
                "`compaction.max_transaction_size` must not be negative",
                "`compaction.check_interval` must be positive",
            ],
        ),
    ],
    "health_check": [
        ("", []),
        ("endpoint: ''", ["`endpoint` must not be empty"]),
        ("path: health", ["`path` must begin with `/`"]),
    ],
    "k8s_leader_elector": [
        ("lease_name: a, lease_namespace: b", []),
        ("lease_name: a", ["needs a `lease_namespace`"]),
    ],
    "opamp": [
        ("server: {ws: {endpoint: 'wss://a/v1/opamp'}}", []),
        ("server: {http: {endpoint: '${env:SERVER}'}}", []),
        ("server: '${file:server}'", []),
        ("", ["needs `server.ws` or `server.http`"]),
        ("server: {ws: {}}", ["`server.ws` needs an `endpoint`"]),
        (
            "server: {ws: {endpoint: a}, http: {endpoint: b}}",
            ["`server.http` must not be set beside `ws`"],
        ),
    ],
    "zpages": [("", []), ("endpoint: ''", ["`endpoint` must not be empty"])],
    "unheard_of": [("", [])],
}


@pytest.mark.parametrize(
    ("type_", "settings", "messages"),
    [(type_, *case) for type_, cases in CASES.items() for case in cases],
)
def test_what_an_extension_refuses(
    type_: str, settings: str, messages: list[str]
) -> None:
    assert told(lambda it: extensions.of(type_, it), settings) == messages
