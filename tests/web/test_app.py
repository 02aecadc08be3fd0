"""Routes, errors and headers of the application as a whole."""

import pytest
from starlette.testclient import TestClient

from tests.web.fakes import FakeView

PATHS = ["/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/agents/x", "/x"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(
    client: TestClient, path: str
) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"


def test_an_unknown_path_says_where_the_api_is(client: TestClient) -> None:
    answer = client.get("/api/v2/agents")
    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": "GET here: not found",
        "hint": "the API: /api/v1/status, agents, configs, groups, revisions",
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/api/v1/agents", "/healthz", "/metrics"])
def test_nothing_can_be_changed_over_http(
    client: TestClient, method: str, path: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json()["error"]["hint"] == (
        "this API reads, and forgets agents that are away "
        "(DELETE /api/v1/agents/ID); all other changes go through Git"
    )


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("agents", {"GET", "HEAD"}),
        ("agents/gateway-1", {"GET", "HEAD", "DELETE"}),
        ("agents/gateway-1/config", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_told_which_ones_there_are(
    client: TestClient, path: str, allowed: set[str]
) -> None:
    answer = client.post(f"/api/v1/{path}")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_a_bug_answers_without_its_trace(
    client: TestClient, view: FakeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst() -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(view, "groups", burst)
    answer = client.get("/api/v1/groups")
    assert answer.status_code == 500
    assert answer.json()["error"]["message"] == "this is a fault of the reconciler"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
