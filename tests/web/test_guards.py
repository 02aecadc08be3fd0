"""Who is not answered: foreign host names, and pages that ask for a change."""

import pytest
from starlette.testclient import TestClient

from reconciler.ids import format_uid
from reconciler.web import app, guards
from tests.web import fakes
from tests.web.fakes import FakeView


@pytest.fixture
def local(view: FakeView) -> TestClient:
    return TestClient(guards.LocalHosts(app.create_app(view)))


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:80", "[::1]:8080", "LOCALHOST"]
)
def test_local_names_are_answered(local: TestClient, host: str) -> None:
    assert local.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.nip.io"]
)
def test_foreign_names_are_not(local: TestClient, host: str) -> None:
    answer = local.get("/api/v1/agents", headers={"host": host})
    assert answer.status_code == 421
    assert answer.json()["error"]["hint"]


def test_a_foreign_name_forgets_no_agent(local: TestClient, view: FakeView) -> None:
    path = f"/api/v1/agents/{format_uid(fakes.uid(5))}"
    assert local.delete(path, headers={"host": "evil.example"}).status_code == 421
    assert local.delete(path, headers={"host": "localhost"}).status_code == 200
    assert len(view.forgotten) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        # A name of the page's own that was pointed at our address: the same origin.
        {"origin": "http://testserver", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_no_page_in_a_browser_forgets_an_agent(
    client: TestClient, view: FakeView, headers: dict[str, str]
) -> None:
    answer = client.delete("/api/v1/agents/node-3", headers=headers)
    assert answer.status_code == 403
    assert "reconciler forget agent" in answer.json()["error"]["hint"]
    assert view.forgotten == []


def test_a_preflight_is_granted_to_nobody(client: TestClient) -> None:
    answer = client.options(
        "/api/v1/agents/node-3",
        headers={
            "origin": "https://evil.example",
            "access-control-request-method": "DELETE",
        },
    )
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_page_may_read_what_its_browser_lets_it(client: TestClient) -> None:
    answer = client.get("/api/v1/status", headers={"origin": "https://evil.example"})
    assert answer.status_code == 200
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
