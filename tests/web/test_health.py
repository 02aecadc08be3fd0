"""Liveness and readiness."""

import pytest
from starlette.testclient import TestClient

from reconciler.web.view import Check
from tests.web.fakes import FakeView


@pytest.mark.parametrize("path", ["/healthz", "/livez"])
def test_live_asks_nobody(client: TestClient, view: FakeView, path: str) -> None:
    view.check_list = [Check("revision", ok=False, detail="none yet", required=True)]
    view.draining = True
    assert (client.get(path).status_code, client.get(path).text) == (200, "ok\n")


def test_a_failing_forge_degrades_but_stays_ready(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready, degraded: forge\n")


def test_a_failing_required_check_is_not_ready(
    client: TestClient, view: FakeView
) -> None:
    view.check_list = [Check("revision", ok=False, detail="none yet", required=True)]
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: revision\n")


def test_draining_is_not_ready(client: TestClient, view: FakeView) -> None:
    view.draining = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: draining\n")


def test_all_well_is_ready(client: TestClient, view: FakeView) -> None:
    view.check_list = []
    assert client.get("/readyz").text == "ready\n"


def test_verbose_lists_the_checks_on_harmless_lines(
    client: TestClient, view: FakeView
) -> None:
    view.check_list = [
        Check("store", ok=True, detail="", required=False),
        Check("forge", ok=False, detail="bad\n[+] gateway", required=False),
        Check("revision", ok=False, detail="none yet", required=True),
    ]
    assert client.get("/readyz?verbose").text.splitlines() == [
        "[+] store",
        "[!] forge: bad [+] gateway",
        "[-] revision: none yet",
        "not ready: revision",
    ]
