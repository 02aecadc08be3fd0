import pytest

from reconciler.fleet.rules import exposure
from reconciler.fleet.rules.exposure import Surroundings
from tests.fleet.rules.subjects import lines, subject_of

OPEN = "receivers: {otlp: {protocols: {grpc: {endpoint: '0.0.0.0:4317'}}}}\n"
DEBUGGING = (
    "receivers: {nop: }\nexporters: {debug: {verbosity: detailed}}\n"
    "extensions: {pprof: {endpoint: 'a:1777'}}\n"
    "service: {extensions: [pprof], pipelines: "
    "{traces: {receivers: [nop], exporters: [debug]}}}\n"
)
PRODUCTION = {"env": "production"}


def found(text: str, labels: dict[str, str] | None = None) -> list[str]:
    return lines(exposure.check, subject_of(text, labels=labels))


def test_an_address_of_every_interface_is_open_to_all() -> None:
    assert found(OPEN) == [
        (
            "c.yaml:1:49: warning W041: `receivers.otlp.protocols.grpc.endpoint` is "
            "`0.0.0.0:4317`: everybody who reaches the host can connect"
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "receivers: {x: {endpoint: 'http://0.0.0.0:1'}}",
        "receivers: {x: {listen_address: '[::]:1'}}",
        "extensions: {x: {endpoint: '0.0.0.0:${env:PORT}'}}",
        "service: {telemetry: {metrics: {address: '0.0.0.0:8888'}}}",
        "service: {telemetry: {metrics: {readers: [{pull: {host: 0.0.0.0}}]}}}",
        "extensions: {pprof: {endpoint: ':1777'}}\nservice: {extensions: [pprof]}",
        (
            "exporters: {prometheus: {endpoint: '0.0.0.0:8889'}}\n"
            "service: {pipelines: {metrics: {exporters: [prometheus]}}}"
        ),
    ],
    ids=str,
)
def test_every_place_that_listens_is_looked_at(text: str) -> None:
    (line,) = found(text)
    assert "W041" in line


@pytest.mark.parametrize(
    "text",
    [
        "receivers: {x: {endpoint: 'localhost:1'}}",
        "receivers: {x: {endpoint: '10.0.0.1:1'}}",
        "receivers: {x: {note: 0.0.0.0}}",
        "receivers: {x: {endpoint: 4}}",
        "exporters: {otlp: {endpoint: '0.0.0.0:4317'}}",
        "processors: {x: {endpoint: '0.0.0.0:4317'}}",
    ],
    ids=str,
)
def test_other_addresses_are_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("key", ["k8s.pod.name", "container.id", "kubernetes.node"])
def test_a_container_is_reached_through_an_open_address(key: str) -> None:
    assert found(OPEN, {key: "x"}) == []
    assert len(found(OPEN, {"host.name": "x"})) == 1


@pytest.mark.parametrize(
    "more",
    [
        "processors: {k8sattributes: }",
        "receivers2: {}\nextensions: {k8s_observer: }",
        "processors: {x: {node: '${env:K8S_NODE_NAME}'}}",
        "processors: {x: {ip: '${POD_IP}'}}",
        "exporters: {otlp: {endpoint: 'tempo:4317'}}",
        "exporters: {otlp: {endpoint: 'http://tempo.tracing.svc:4317'}}",
    ],
    ids=str,
)
def test_a_config_may_tell_of_its_container_itself(more: str) -> None:
    assert found(OPEN + more) == []


@pytest.mark.parametrize(
    "more",
    [
        "exporters: {otlp: {endpoint: 'otlp.example.org:4317'}}",
        "exporters: {otlp: {endpoint: 'localhost:4317'}}",
        "exporters: {otlp: {endpoint: '${env:ENDPOINT}'}}",
    ],
    ids=str,
)
def test_other_configs_tell_of_no_container(more: str) -> None:
    assert len(found(OPEN + more)) == 1


def exporter(endpoint: str, tls: str) -> str:
    return f"exporters: {{otlp: {{endpoint: '{endpoint}', tls: {{{tls}}}}}}}\n"


@pytest.mark.parametrize("endpoint", ["otlp.example.org:4317", "http://8.8.8.8:4317"])
def test_sending_in_clear_to_another_network_is_told(endpoint: str) -> None:
    (line,) = found(exporter(endpoint, "insecure: true"))
    assert line.endswith("` in clear")
    assert "W041: `otlp` sends to `" in line


@pytest.mark.parametrize(
    "endpoint",
    [
        "localhost:4317",
        "tempo:4317",
        "tempo.tracing.svc:4317",
        "10.0.0.1:4317",
        "${env:HOST}:4317",
        "unix:///run/x.sock",
    ],
    ids=str,
)
def test_sending_in_clear_to_a_neighbour_is_not(endpoint: str) -> None:
    assert found(exporter(endpoint, "insecure: true")) == []


@pytest.mark.parametrize(
    "endpoint", ["otlp.example.org:4317", "tempo:4317", "${env:A}"]
)
def test_trusting_whoever_answers_is_told(endpoint: str) -> None:
    (line,) = found(exporter(endpoint, "insecure_skip_verify: true"))
    assert "W041: `otlp` trusts whoever answers" in line


@pytest.mark.parametrize(
    ("endpoint", "tls"),
    [
        ("localhost:4317", "insecure_skip_verify: true"),
        ("http://otlp.example.org", "insecure_skip_verify: true"),
        ("tempo:4317", "insecure_skip_verify: true, insecure: true"),
        ("otlp.example.org:4317", "insecure_skip_verify: false, insecure: false"),
        ("otlp.example.org:4317", "ca_file: /etc/ca.pem"),
    ],
    ids=str,
)
def test_a_switch_that_does_no_harm_is_not_told(endpoint: str, tls: str) -> None:
    assert found(exporter(endpoint, tls)) == []


def test_what_lies_deeper_is_judged_by_the_endpoint_beside_it() -> None:
    text = (
        "receivers: {x: {targets: [{endpoint: 'https://a.example.org', "
        "tls: {insecure_skip_verify: true}}]}}"
    )
    assert len(found(text)) == 1


def test_tools_for_debugging_do_not_belong_in_production() -> None:
    assert [line.partition(" W")[2] for line in found(DEBUGGING, PRODUCTION)] == [
        "042: `debug` writes all data to the log, in production",
        "042: `pprof` is open to others, in production",
    ]
    assert found(DEBUGGING, {"env": "staging"}) == []
    assert found(DEBUGGING) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a:1777", "localhost:1777"),
        ("a:1777", "${env:IP}:1777"),
        ("extensions: [pprof], ", ""),
        ("verbosity: detailed", "verbosity: basic"),
        ("exporters: [debug]", "exporters: [nop]"),
    ],
    ids=str,
)
def test_one_that_is_shut_or_off_may_stay(old: str, new: str) -> None:
    assert len(found(DEBUGGING.replace(old, new), PRODUCTION)) == 1


def test_an_open_tool_in_production_is_told_once_even_in_a_container() -> None:
    text = DEBUGGING.replace("a:1777", "0.0.0.0:1777")
    for labels in (PRODUCTION, PRODUCTION | {"k8s.pod.name": "x"}):
        assert sum("pprof" in line for line in found(text, labels)) == 1


@pytest.mark.parametrize(
    ("labels", "surroundings"),
    [
        ({}, Surroundings()),
        ({"role": "production"}, Surroundings()),
        ({"stage": "PROD"}, Surroundings(production=True)),
        ({"deployment.environment.name": "live"}, Surroundings(production=True)),
        ({"k8s.node.name": "x"}, Surroundings(container=True)),
    ],
    ids=str,
)
def test_labels_tell_where_an_agent_runs(
    labels: dict[str, str], surroundings: Surroundings
) -> None:
    assert exposure.surroundings(labels) == surroundings
