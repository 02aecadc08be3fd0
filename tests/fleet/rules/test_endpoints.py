import pytest

from reconciler.fleet.rules import endpoints
from tests.fleet.rules.subjects import lines, subject_of


def found(text: str) -> list[str]:
    return lines(endpoints.check, subject_of(text))


def listening(*receivers: str) -> str:
    names = ", ".join(one.partition(":")[0] for one in receivers)
    return (
        f"receivers: {{{', '.join(receivers)}}}\n"
        f"service: {{pipelines: {{logs: {{receivers: [{names}]}}}}}}\n"
    )


def zipkin(name: str, endpoint: str) -> str:
    return f"zipkin/{name}: {{endpoint: '{endpoint}'}}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("localhost:9000", "127.0.0.1:9000"),
        ("localhost:9000", "LOCALHOST:9000"),
        ("0.0.0.0:9000", "10.0.0.1:9000"),
        ("10.0.0.1:9000", ":9000"),
        ("[::]:9000", "localhost:9000"),
        ("${env:IP}:9000", "${env:IP}:9000"),
        ("localhost:${env:PORT}", "127.0.0.1:${env:PORT}"),
    ],
    ids=str,
)
def test_two_listeners_on_one_port_clash(one: str, other: str) -> None:
    (line,) = found(listening(zipkin("a", one), zipkin("b", other)))
    assert line.endswith(
        f"warning W044: `zipkin/b` listens on `{other}`, which `zipkin/a` has taken"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("localhost:9000", "localhost:9001"),
        ("10.0.0.1:9000", "10.0.0.2:9000"),
        ("10.0.0.1:9000", "localhost:9000"),
        ("localhost:0", "localhost:0"),
        ("${env:A}:9000", "${env:B}:9000"),
        ("localhost:${env:A}", "localhost:${env:B}"),
        ("${env:A}", "${env:A}"),
    ],
    ids=str,
)
def test_listeners_that_may_both_listen_do_not_clash(one: str, other: str) -> None:
    assert found(listening(zipkin("a", one), zipkin("b", other))) == []


def test_defaults_clash_at_the_key_that_takes_them() -> None:
    (line,) = found(
        listening("otlp: {protocols: {grpc: }}", "otlp/b: {protocols: {grpc: }}")
    )
    assert line.startswith("c.yaml:1:63: warning W044: `otlp/b` listens on")


def test_a_receiver_clashes_with_an_extension_and_not_over_udp() -> None:
    with_extension = (
        listening(zipkin("a", "localhost:1777"))
        .replace("service: {", "service: {extensions: [pprof], ")
        .replace("receivers: {z", "extensions: {pprof: }\nreceivers: {z")
    )
    (line,) = found(with_extension)
    assert "`pprof` listens on `localhost:1777`" in line
    udp = listening("statsd: {endpoint: 'a:1'}", zipkin("a", "a:1"))
    assert found(udp) == []


def test_the_metrics_of_the_collector_itself_have_a_port_too() -> None:
    (line,) = found(
        "exporters: {prometheus: {endpoint: '0.0.0.0:8888'}}\n"
        "service: {pipelines: {metrics: {exporters: [prometheus]}}}\n"
    )
    assert line.endswith(
        "W044: `prometheus` listens on `0.0.0.0:8888`, "
        "which `service.telemetry` has taken"
    )


def test_each_listener_that_comes_too_late_is_told_once() -> None:
    text = listening(*(zipkin(name, "a:1") for name in "abc"))
    assert len(found(text)) == 2


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [
        (
            "http://localhost:9411",
            "listens on an address; `http://localhost:9411` is a URL",
        ),
        ("localhost", "`localhost` has no port to listen on"),
        ("localhost:99999", "`99999` is no port"),
        ("localhost:-1", "`-1` is no port"),
    ],
    ids=str,
)
def test_an_address_nobody_can_listen_on_is_told(endpoint: str, fault: str) -> None:
    (line,) = found(listening(zipkin("a", endpoint)))
    assert "warning W047: " in line
    assert line.endswith(fault)


@pytest.mark.parametrize(
    "endpoint",
    ["${env:ADDRESS}", "localhost:0", "localhost:${env:PORT}", "unix:///run/x.sock"],
    ids=str,
)
def test_an_address_that_may_be_good_is_left_alone(endpoint: str) -> None:
    assert found(listening(zipkin("a", endpoint))) == []


@pytest.mark.parametrize("type_", ["otlphttp", "otlp_http", "prometheusremotewrite"])
def test_an_exporter_over_http_needs_a_scheme(type_: str) -> None:
    (line,) = found(f"exporters: {{{type_}/a: {{endpoint: 'otlp:4318'}}}}")
    assert line.endswith(f"W047: `{type_}/a` sends to a URL; `otlp:4318` has no scheme")


@pytest.mark.parametrize(
    "endpoint",
    ["http://otlp:4318", "${env:URL}", "https://otlp/${env:PATH}", "unix:///x"],
    ids=str,
)
def test_an_exporter_with_a_scheme_or_an_unknown_one_is_left_alone(
    endpoint: str,
) -> None:
    assert found(f"exporters: {{otlp_http: {{endpoint: '{endpoint}'}}}}") == []


def test_an_exporter_over_grpc_needs_none_and_a_port_that_is_none_is_told() -> None:
    assert found("exporters: {otlp: {endpoint: 'otlp:4317'}}") == []
    (line,) = found("exporters: {otlp_http: {endpoint: 'http://otlp:70000'}}")
    assert line.endswith("W047: `70000` is no port")


EXPORTER = "exporters: {otlp: {auth: {authenticator: basicauth/a}}}\n"


def test_an_extension_that_a_setting_names_must_be_defined() -> None:
    subject = subject_of(EXPORTER + "extensions: {basicauth/b: }\n")
    (one,) = endpoints.check(subject)
    assert str(one).endswith(
        "W046: `exporters.otlp.auth.authenticator` names the extension "
        "`basicauth/a`, which is missing"
    )
    assert one.hint == "did you mean `basicauth/b`?"


def test_an_extension_that_a_setting_names_must_be_on() -> None:
    (line,) = found(EXPORTER + "extensions: {basicauth/a: }\n")
    assert line.endswith("names the extension `basicauth/a`, which is off")


@pytest.mark.parametrize(
    "more",
    [
        "extensions: {basicauth / a: }\nservice: {extensions: [basicauth/a]}\n",
        "extensions: ${file:/etc/x}\n",
        "extensions: {basicauth/a: }\nservice: {extensions: ['${env:X}']}\n",
        "extensions: {basicauth/a: }\nservice: ${file:/etc/x}\n",
    ],
    ids=str,
)
def test_an_extension_that_is_on_or_may_be_is_fine(more: str) -> None:
    assert found(EXPORTER + more) == []


@pytest.mark.parametrize(
    "component",
    [
        "exporters: {otlp: {sending_queue: {storage: file_storage}}}",
        "receivers: {filelog: {storage: file_storage}}",
        "extensions: {headers_setter: {additional_auth: file_storage}}",
    ],
    ids=str,
)
def test_every_setting_that_names_an_extension_is_asked(component: str) -> None:
    assert any("W046" in line and "`file_storage`" in line for line in found(component))


@pytest.mark.parametrize(
    "component",
    [
        "exporters: {otlp: {sending_queue: {storage: '${env:STORAGE}'}}}",
        "exporters: {otlp: {storage: disk}}",
        "receivers: {filelog: {operators: [{storage: disk}]}}",
        "processors: {x: {auth: {authenticator: a}}}",
        "exporters: {otlp: {auth: {authenticator: 4}}}",
    ],
    ids=str,
)
def test_other_settings_are_left_alone(component: str) -> None:
    assert found(component) == []
