"""The host check of a loopback listener."""

import pytest
from starlette.testclient import TestClient

from reconciler.web import app, guards
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
