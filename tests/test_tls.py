import ssl

import pytest

from reconciler import tls


def hello() -> bytes:
    """What a client of TLS says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname="fleet.example"
    )
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_a_hello_of_tls_is_told_from_its_first_byte() -> None:
    assert tls.is_spoken(hello())
    assert tls.is_spoken(hello()[:1])


@pytest.mark.parametrize(
    "beginning", [b"", b"\r\n", b"GET / HTTP/1.1\r\n", b"\x16\x02\x01", b"\x00\x16\x03"]
)
def test_nothing_else_is_taken_for_tls(beginning: bytes) -> None:
    assert not tls.is_spoken(beginning)


def test_a_client_of_tls_understands_the_alert_as_a_refusal() -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname="fleet.example"
    )
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    incoming.write(tls.ALERT)
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        client.do_handshake()
