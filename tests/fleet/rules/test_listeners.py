import pytest

from reconciler.fleet.rules import listeners
from tests.fleet.rules.subjects import subject_of


def found(receivers: str, *, used: str = "[]", more: str = "") -> list[tuple[str, ...]]:
    subject = subject_of(
        f"receivers: {receivers}\n"
        f"service: {{pipelines: {{logs: {{receivers: {used}}}}}}}\n{more}"
    )
    return [
        (one.component.id, one.text, one.transport, f"{one.where.line}")
        for one in listeners.find(subject.config)
        if one.component.kind != "service"
    ]


def test_a_receiver_listens_on_the_protocols_that_are_written_down() -> None:
    assert found(
        "{otlp: {protocols: {grpc: , http: {endpoint: 'a:1'}}}}", used="[otlp]"
    ) == [("otlp", "localhost:4317", "tcp", "1"), ("otlp", "a:1", "tcp", "1")]
    assert found("{otlp: }", used="[otlp]") == []


def test_a_receiver_with_one_address_listens_in_any_case() -> None:
    assert found("{zipkin: }", used="[zipkin]") == [
        ("zipkin", "localhost:9411", "tcp", "1")
    ]


def test_who_is_in_no_pipeline_and_not_enabled_does_not_listen() -> None:
    more = "extensions: {pprof: }\nexporters: {prometheus: {endpoint: 'a:1'}}\n"
    assert found("{zipkin: }", more=more) == []


def test_extensions_and_exporters_listen_too() -> None:
    subject = subject_of(
        "extensions: {health_check: , pprof: {endpoint: 'localhost:1'}}\n"
        "exporters: {prometheus: {endpoint: ':8889'}, otlp: {endpoint: 'a:4317'}}\n"
        "service:\n  extensions: [health_check, pprof]\n"
        "  pipelines: {metrics: {exporters: [prometheus, otlp]}}\n"
    )
    assert [one.text for one in listeners.find(subject.config)] == [
        "localhost:8888",
        ":8889",
        "localhost:13133",
        "localhost:1",
    ]


def test_who_calls_out_to_an_endpoint_does_not_listen() -> None:
    assert found("{redis: {endpoint: 'localhost:6379'}}", used="[redis]") == []
    assert listeners.receives("otlp")
    assert not listeners.receives("redis")


@pytest.mark.parametrize(
    ("receiver", "transport"),
    [
        ("statsd: ", "udp"),
        ("statsd: {transport: tcp}", "tcp"),
        ("statsd: {transport: udp6}", "udp"),
        ("udplog: {listen_address: 'a:1'}", "udp"),
        ("tcplog: {listen_address: 'a:1'}", "tcp"),
        ("syslog: {udp: {listen_address: 'a:1'}}", "udp"),
        ("jaeger: {protocols: {thrift_compact: }}", "udp"),
        ("jaeger: {protocols: {grpc: }}", "tcp"),
    ],
    ids=str,
)
def test_the_transport_is_that_of_the_receiver(receiver: str, transport: str) -> None:
    name = receiver.partition(":")[0]
    ((_, _, found_transport, _),) = found(f"{{{receiver}}}", used=f"[{name}]")
    assert found_transport == transport


@pytest.mark.parametrize("settings", ["", "{listen_address: 4}", "[]", "text"], ids=str)
def test_an_address_that_is_missing_or_no_text_is_nobody_here(settings: str) -> None:
    assert found(f"{{tcplog: {settings}}}", used="[tcplog]") == []


def test_a_default_stands_at_the_key_that_takes_it() -> None:
    subject = subject_of(
        "receivers:\n  otlp:\n    protocols:\n      grpc:\n  zipkin:\n"
        "service: {pipelines: {traces: {receivers: [otlp, zipkin]}}}\n"
    )
    places = [
        (one.where.line, one.is_written) for one in listeners.find(subject.config)
    ]
    assert places == [(1, False), (4, False), (5, False)]


@pytest.mark.parametrize(
    ("metrics", "own"),
    [
        ("", ["localhost:8888"]),
        ("{level: detailed}", ["localhost:8888"]),
        ("{level: none}", []),
        ("{address: ':8889'}", [":8889"]),
        ("{readers: []}", []),
        ("{readers: [{periodic: {}}]}", []),
        ("{readers: [{pull: {exporter: {prometheus: {port: 9}}}}]}", ["localhost:9"]),
        (
            "{readers: [{pull: {exporter: {prometheus: {host: a, port: '${P}'}}}}]}",
            ["a:${P}"],
        ),
        ("{readers: [{pull: {exporter: {prometheus: {host: a}}}}]}", []),
        ("'${env:METRICS}'", []),
        ("{readers: '${env:READERS}'}", []),
    ],
    ids=str,
)
def test_the_collector_shows_its_own_metrics(metrics: str, own: list[str]) -> None:
    subject = subject_of(f"service: {{telemetry: {{metrics: {metrics}}}}}\n")
    assert [one.text for one in listeners.find(subject.config)] == own
