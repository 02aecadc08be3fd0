from collections.abc import Mapping
from typing import Any

from reconciler.fleet.adoption import strip
from reconciler.fleet.syntax import nodes
from tests.fleet.trees import read

SUPERVISED = """\
receivers: {otlp: }
extensions:
  health_check:
  opamp: {instance_uid: x, ppid: 7, server: {ws: {endpoint: "ws://127.0.0.1:1"}}}
service:
  extensions: [health_check, opamp]
  telemetry:
    logs: {encoding: json, level: info}
    metrics:
      readers:
        - periodic: {exporter: {otlp: {endpoint: "http://own:4318"}}}
        - pull: {exporter: {prometheus: {host: localhost, port: 8888}}}
    traces: {processors: [{batch: {exporter: {otlp: {endpoint: x}}}}]}
    resource:
      service.instance.id: 0190
      service.name: otelcol
      host.name: web-01
      team: blue
"""


def stripped(
    text: str, labels: Mapping[str, str] | None = None, *, reported: bool = False
) -> tuple[Any, Mapping[str, str]]:
    tree, why = strip.strip(read(text), labels or {}, reported=reported)
    return nodes.plain(tree), why


def test_what_a_supervisor_adds_goes_and_the_rest_stays() -> None:
    known = {"host.name": "web-01", "service.name": "otelcol"}
    left, why = stripped(SUPERVISED, known)
    assert left == {
        "receivers": {"otlp": None},
        "extensions": {"health_check": None},
        "service": {
            "extensions": ["health_check"],
            "telemetry": {
                "logs": {"level": "info"},
                "metrics": {
                    "readers": [
                        {
                            "pull": {
                                "exporter": {
                                    "prometheus": {"host": "localhost", "port": 8888}
                                }
                            }
                        }
                    ]
                },
                "resource": {"team": "blue"},
            },
        },
    }
    assert why["/extensions/opamp"] == strip.BY_SUPERVISOR
    assert why["/service/extensions/1"] == strip.BY_SUPERVISOR
    assert why["/service/telemetry/resource/service.instance.id"] == strip.IDENTITY
    assert len(why) == 8


def test_sections_that_held_nothing_else_go_with_it() -> None:
    text = "extensions: {opamp: {}}\nservice: {extensions: [opamp]}\nexporters: {}\n"
    left, why = stripped(text)
    assert left == {"exporters": {}}
    assert sorted(why) == ["/extensions/opamp", "/service/extensions/0"]


def test_own_telemetry_of_people_is_theirs() -> None:
    text = SUPERVISED.replace("ppid: 7, ", "")
    left, _ = stripped(text, {"host.name": "web-01"})
    telemetry = left["service"]["telemetry"]
    assert telemetry["logs"] == {"encoding": "json", "level": "info"}
    assert len(telemetry["metrics"]["readers"]) == 2
    assert telemetry["resource"]["host.name"] == "web-01"
    assert "service.instance.id" not in telemetry["resource"]


def test_the_instance_id_goes_in_a_list_of_attributes_too() -> None:
    text = (
        "service: {telemetry: {resource: {attributes: ["
        "{name: service.instance.id, value: x}, {name: team, value: blue}]}}}"
    )
    left, why = stripped(text)
    resource = left["service"]["telemetry"]["resource"]
    assert resource == {"attributes": [{"name": "team", "value": "blue"}]}
    assert why == {"/service/telemetry/resource/attributes/0": strip.IDENTITY}


def test_masks_of_an_agent_become_references_that_the_host_fills_in() -> None:
    text = """\
exporters:
  otlp/b:
    headers: [{name: api-key, value: "[REDACTED]"}]
    endpoint: https://(hidden)@b.example
    token: "[REDACTED]"
"""
    left, why = stripped(text, reported=True)
    assert left["exporters"]["otlp/b"] == {
        "headers": [{"name": "api-key", "value": "${env:OTLP_B_HEADERS_API_KEY}"}],
        "endpoint": "https://${env:OTLP_B_ENDPOINT}@b.example",
        "token": "${env:OTLP_B_TOKEN}",
    }
    assert "the host has to set OTLP_B_TOKEN" in why["/exporters/otlp~1b/token"]


def test_the_same_text_is_meant_in_a_file_that_somebody_wrote() -> None:
    text = 'processors: {attributes: {actions: [{key: a, value: "[REDACTED]"}]}}'
    left, why = stripped(text)
    assert left["processors"]["attributes"]["actions"][0]["value"] == "[REDACTED]"
    assert why == {}


def test_a_statement_that_speaks_of_a_mask_stays_even_of_an_agent() -> None:
    text = "processors: {transform: {s: ['set(a, \"[REDACTED]\")']}}"
    assert stripped(text, reported=True)[1] == {}
