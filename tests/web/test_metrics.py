"""The exposition, parsed back by Prometheus' own parser."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from tests.web import fakes
from tests.web.fakes import FakeView


def samples(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = client.get("/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(client: TestClient, name: str, **labels: str) -> float | None:
    return samples(client).get((name, frozenset(labels.items())))


def test_agents_are_counted_by_group_and_state(client: TestClient) -> None:
    found = {
        labels: number
        for (name, labels), number in samples(client).items()
        if name == "reconciler_agents"
    }
    assert found == {
        frozenset({("group", "gateways"), ("sync", "Synced")}): 1,
        frozenset({("group", "gateways"), ("sync", "Failed")}): 1,
        frozenset({("group", "nodes"), ("sync", "Drifted")}): 1,
        frozenset({("group", "nodes"), ("sync", "Pending")}): 1,
        frozenset({("group", "nodes"), ("sync", "Unmanaged")}): 1,
    }


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("reconciler_agents_reachable", {"transport": "websocket"}, 3),
        ("reconciler_agents_reachable", {"transport": "http"}, 1),
        ("reconciler_agents_unhealthy", {"group": "nodes"}, 1),
        ("reconciler_group_synced", {"group": "gateways"}, 0),
        ("reconciler_group_agents", {"group": "gateways", "standing": "on it"}, 1),
        ("reconciler_check_ok", {"check": "forge"}, 0),
        ("reconciler_check_ok", {"check": "revision"}, 1),
        ("reconciler_revision_generation", {}, 2),
        ("reconciler_revision_info", {"ref": "main", "commit": fakes.COMMIT}, 1),
        ("reconciler_source_head_not_in_force_seconds", {}, 5400.5),
        ("reconciler_source_last_good_fetch_seconds", {}, 12.25),
        ("reconciler_offers_total", {}, 7),
        ("reconciler_messages_received_total", {}, 120),
        ("reconciler_statuses_undelivered", {}, 3),
    ],
)
def test_the_service_is_measured(
    client: TestClient, name: str, labels: dict[str, str], expected: float
) -> None:
    assert value(client, name, **labels) == expected


def test_the_process_is_measured_too(client: TestClient) -> None:
    assert value(client, "process_resident_memory_bytes")


def test_no_string_of_an_agent_becomes_a_label(
    client: TestClient, view: FakeView
) -> None:
    before = len(samples(client))
    fakes.renamed(view, 1, 'evil"} 1\nreconciler_forged 1')
    view.agents[fakes.uid(1)].detail = "evil"
    assert "evil" not in client.get("/metrics").text
    assert len(samples(client)) == before


def test_open_metrics_is_spoken_to_those_who_ask(client: TestClient) -> None:
    answer = client.get(
        "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_a_service_without_a_revision_can_be_scraped(
    client: TestClient, view: FakeView
) -> None:
    view.revision = None
    assert "reconciler_revision_info" not in client.get("/metrics").text
