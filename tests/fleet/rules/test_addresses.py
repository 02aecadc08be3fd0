import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.rules import addresses
from reconciler.fleet.rules.addresses import Address


def parsed(text: str) -> Address:
    found = addresses.parse(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("localhost:4317", "", "localhost", "4317"),
        (" 0.0.0.0:4317 ", "", "0.0.0.0", "4317"),  # noqa: S104 - only read
        (":4317", "", "", "4317"),
        ("[::1]:4317", "", "::1", "4317"),
        ("tempo", "", "tempo", ""),
        ("HTTPS://otlp.example.org/v1?x=1", "https", "otlp.example.org", ""),
        ("http://user:word@otlp:4318", "http", "otlp", "4318"),
        ("${env:POD_IP}:4317", "", "${env:POD_IP}", "4317"),
        ("a.${env:ZONE:-x}.org:${PORT}", "", "a.${env:ZONE:-x}.org", "${PORT}"),
        ("localhost:-1", "", "localhost", "-1"),
    ],
    ids=str,
)
def test_an_address_has_a_host_a_port_and_perhaps_a_scheme(
    text: str, scheme: str, host: str, port: str
) -> None:
    assert parsed(text) == Address(scheme, host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:///run/x.sock",
        "unix:/run/x.sock",
        "/run/x.sock",
        "a b",
        "http://",
        "::",
    ],
    ids=str,
)
def test_other_text_is_no_address(text: str) -> None:
    assert addresses.parse(text) is None


@pytest.mark.parametrize("text", [":1", "0.0.0.0:1", "[::]:1", "*:1"], ids=str)
def test_no_host_and_the_unspecified_one_are_everywhere(text: str) -> None:
    assert parsed(text).is_everywhere


@pytest.mark.parametrize(
    "text", ["localhost:1", "127.0.0.53:1", "[::1]:1", "LOCALHOST:1"], ids=str
)
def test_loopback_is_told_by_name_and_by_number(text: str) -> None:
    assert parsed(text).is_loopback
    assert not parsed(text).is_everywhere


@pytest.mark.parametrize(
    ("text", "neighbour"),
    [
        ("tempo:4317", True),
        ("tempo.observability.svc:4317", True),
        ("tempo.observability.svc.cluster.local.:4317", True),
        ("otlp.example.org:4317", False),
        ("10.0.0.1:4317", False),
        ("${env:HOST}:4317", False),
        (":4317", False),
    ],
    ids=str,
)
def test_neighbours_go_by_bare_names(text: str, neighbour: bool) -> None:  # noqa: FBT001 - of the table
    assert parsed(text).is_neighbour is neighbour


def test_private_networks_are_told_from_public_ones() -> None:
    assert parsed("10.0.0.1:1").is_private
    assert not parsed("8.8.8.8:1").is_private
    assert not parsed("tempo:1").is_private


def test_a_host_that_the_agent_fills_in_is_opaque() -> None:
    assert parsed("${env:HOST}:1").is_opaque
    assert not parsed("tempo:${env:PORT}").is_opaque


def test_brackets_around_nothing_are_no_address() -> None:
    assert addresses.parse("[") is None
    assert addresses.parse("[]") is None


@given(st.text())
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    found = addresses.parse(text)
    if found is not None:
        assert found.host or found.port
        assert (found.is_everywhere, found.is_loopback) != (True, True)
