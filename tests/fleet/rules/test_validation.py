import pytest

from reconciler.fleet.catalogue import bundled
from reconciler.fleet.catalogue.model import Component
from reconciler.fleet.linting import bare
from reconciler.fleet.rules import validation
from reconciler.fleet.rules.subject import Basis
from tests.fleet.rules.subjects import NOTHING, catalogue_of, lines, subject_of

KNOWN = catalogue_of(
    Component("receivers", "file_log", aliases=frozenset({"filelog"})),
    Component("receivers", "nop"),
    Component("processors", "batch"),
    Component("exporters", "otlp_http", aliases=frozenset({"otlphttp"})),
    Component("exporters", "otlp_grpc", aliases=frozenset({"otlp"})),
    Component("exporters", "nop"),
    Component("exporters", "debug", removed="removed in 9.9.9"),
    Component("connectors", "routing"),
    Component("extensions", "zpages"),
)
ROUTE = (
    "receivers: {{nop: }}\nexporters: {{nop: }}\n"
    "connectors: {{routing: {{default_pipelines: [logs/a], "
    "table: [{{condition: 'true', pipelines: [{}]}}]}}}}\n"
    "service:\n  pipelines:\n"
    "    logs: {{receivers: [nop], exporters: [routing]}}\n"
    "    logs/a: {{receivers: [routing], exporters: [nop]}}\n"
    "    logs/b: {{receivers: [{}], exporters: [nop]}}\n"
)


def checked(text: str, basis: Basis = Basis.ASSUMED) -> list[str]:
    return lines(validation.check, subject_of(text, KNOWN, basis=basis))


def test_a_component_is_asked_whether_it_is_used_or_not() -> None:
    assert checked("processors: {batch: {timeout: -1s}}\n") == [
        "c.yaml:1:31: error E018: `processors.batch.timeout` must not be negative"
    ]


@pytest.mark.parametrize(
    ("basis", "severity"),
    [("pinned", "error"), ("assumed", "error"), ("guessed", "warning")],
)
def test_it_is_as_sure_as_the_catalogue(basis: str, severity: str) -> None:
    (line,) = checked("exporters: {otlp: }\n", Basis(basis))
    assert f"{severity} E018: `exporters.otlp` needs an `endpoint`" in line


@pytest.mark.parametrize("type_", ["otlp", "otlp_grpc"])
def test_old_names_and_new_ones_are_one_component(type_: str) -> None:
    assert len(checked(f"exporters: {{{type_}/a: }}\n")) == 1


def test_what_nobody_knows_or_what_is_gone_is_not_asked() -> None:
    assert not checked("exporters: {debug: {verbosity: full}, kafka: {a: b}}\n")
    assert not lines(validation.check, subject_of("exporters: {otlp: }\n", NOTHING))


@pytest.mark.parametrize("type_", ["file_log", "filelog"])
def test_some_faults_only_show_when_a_pipeline_is_built(type_: str) -> None:
    unused = f"receivers: {{{type_}: }}\nexporters: {{nop: }}\n"
    pipeline = f"{{receivers: [{type_}], exporters: [nop]}}"
    used = f"service: {{pipelines: {{logs: {pipeline}}}}}\n"
    assert not checked(unused)
    (line,) = checked(unused + used)
    assert "needs a list of files to `include`" in line


def test_some_only_in_a_pipeline_of_their_signal() -> None:
    text = (
        "receivers: {nop: }\nexporters: {otlphttp: {traces_endpoint: 'http://a'}}\n"
        "service: {pipelines: {traces: {receivers: [nop], exporters: [otlphttp]}}}\n"
    )
    assert not checked(text)
    (line,) = checked(text.replace("{traces:", "{logs/a:"))
    assert "needs an `endpoint` or a `logs_endpoint`" in line


class TestRoutes:
    def test_to_pipelines_that_receive_from_the_connector_are_fine(self) -> None:
        assert not checked(ROUTE.format("'logs / b'", "routing"))

    @pytest.mark.parametrize("pipeline", ["logs/b", "logs/c"])
    def test_to_any_other_are_not(self, pipeline: str) -> None:
        (line,) = checked(ROUTE.format(pipeline, "nop"))
        assert f"names `{pipeline}`, which is no pipeline that receives" in line

    def test_where_only_the_agent_sees_the_pipelines_nothing_is_said(self) -> None:
        assert not checked(ROUTE.format("logs/c", "'${env:RECEIVER}'"))


def test_the_collectors_own_telemetry_is_asked_too() -> None:
    (line,) = checked("service: {telemetry: {metrics: {readers: []}}}\n")
    assert "error E018: `service.telemetry.metrics.readers` must not be empty" in line


NEEDY = sorted(
    (kind, name)
    for kind, by_name in bundled.bundled().components.items()
    for name, component in by_name.items()
    if component.needs and component.type == name
)


@pytest.mark.parametrize(("kind", "name"), NEEDY)
def test_what_the_collector_was_seen_to_refuse_when_empty_is_refused_here(
    kind: str, name: str
) -> None:
    content = f"{kind}:\n  {name}:\n".encode()
    found = bare.check(content, "config.yaml", catalogue=bundled.bundled())
    refused = [one for one in found if one.rule == validation.REFUSED]
    assert len(refused) == len(bundled.bundled().components[kind][name].needs)
