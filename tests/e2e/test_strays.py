"""Who takes the wrong port of a real service is told so, and seen by its operator."""

import socket
import urllib.error
import urllib.parse
import urllib.request

import pytest

from reconciler import tls
from tests.support.service import ServiceProcess, until


def test_agents_and_tls_on_the_wrong_port_are_answered_logged_and_counted(
    service: ServiceProcess,
) -> None:
    poll = urllib.request.Request(
        f"{service.http}/v1/opamp",
        data=b"\x0a\x00",
        headers={"Content-Type": "application/x-protobuf"},
    )
    agents_port = urllib.parse.urlsplit(service.websocket_url).port
    people_port = urllib.parse.urlsplit(service.http).port
    assert people_port is not None
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(poll, timeout=10)
    with refused.value as answer:
        assert f"agents connect to port {agents_port}" in answer.read().decode()
    with socket.create_connection(("127.0.0.1", people_port), timeout=10) as peer:
        peer.sendall(b"\x16\x03\x01")
        assert peer.recv(100) == tls.ALERT
    until(lambda: service.metric("reconciler_agents_strayed_total") == 1)
    assert service.metric("reconciler_tls_refused_total") == 1
    log = service.log.read_text()
    assert "an agent came to the port for people" in log
    assert "TLS on the plain port for people" in log
    assert "uvicorn" not in log
