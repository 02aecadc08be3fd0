import pytest

from reconciler.fleet.rules.validators import telemetry
from tests.fleet.trees import read

PREFIX = "`service.telemetry."


def checked(settings: str) -> list[str]:
    tree = read(f"service: {{telemetry: {settings}}}\n", "c.yaml")
    return [fault.message.removeprefix(PREFIX) for fault in telemetry.of(tree)]


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "{}",
        "'${file:telemetry}'",
        "{metrics: }",
        "{metrics: {level: none, readers: []}}",
        "{metrics: {level: '${env:LEVEL}', readers: [], views: []}}",
        "{metrics: {readers: }}",
        "{metrics: {readers: [{pull: {}}], level: Detailed, views: [{}]}}",
        "{logs: {level: DEBUG}, traces: {level: basic}}",
        "{logs: {level: info, encoding: json, initial_fields: {a: b}}}",
        "{metrics: {readers: [{pull: {exporter: {prometheus: {host: a}}}}]}}",
        "{metrics: {readers: [{periodic: {exporter: {otlp: {}}}}, {}, ]}}",
    ],
)
def test_what_the_collector_takes_for_its_own_telemetry(settings: str) -> None:
    assert checked(settings) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "{metrics: {readers: []}}",
            "metrics.readers` must not be empty where the level is not `none`",
        ),
        (
            "{metrics: {level: normal, views: [{}]}}",
            "metrics.views` must not be set but for the level `detailed`",
        ),
        (
            "{metrics: {readers: [{pull: {exporter: {promtheus: {host: a}}}}]}}",
            "metrics.readers.0.pull.exporter` cannot be `promtheus`",
        ),
        (
            "{logs: {encodin: json}}",
            "unknown setting `service.telemetry.logs.encodin`",
        ),
    ],
)
def test_what_it_refuses(settings: str, message: str) -> None:
    assert checked(settings) == [message]


def test_a_config_without_any_has_nothing_to_refuse() -> None:
    assert list(telemetry.of(read("receivers: {}\n"))) == []
