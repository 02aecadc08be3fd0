import pytest

from reconciler.errors import SetupError, UsageError
from reconciler.simulator import endpoint


@pytest.mark.parametrize(
    ("url", "authority", "target", "polls", "secure"),
    [
        ("ws://h:4320/v1/opamp", "h:4320", "/v1/opamp", False, False),
        ("ws://h:4320", "h:4320", "/v1/opamp", False, False),
        ("http://h:4320/", "h:4320", "/v1/opamp", True, False),
        ("wss://h/x?tenant=a", "h:443", "/x?tenant=a", False, True),
        ("https://h", "h:443", "/v1/opamp", True, True),
        ("ws://h", "h:80", "/v1/opamp", False, False),
        ("ws://[::1]:4320", "[::1]:4320", "/v1/opamp", False, False),
    ],
)
def test_a_url_says_where_and_how(
    url: str, authority: str, target: str, *, polls: bool, secure: bool
) -> None:
    one = endpoint.parse(url)
    assert (one.authority, one.target, one.polls) == (authority, target, polls)
    assert (one.tls is not None) is secure
    assert one.websocket_uri.secure is secure
    assert one.websocket_uri.resource_name == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h:4320",
        "ftp://h",
        "ftp://h:21",
        "ws://",
        "/v1/opamp",
        "ws://h:x",
        "ws://h:99999",
    ],
)
def test_anything_else_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="is not the URL of an OpAMP server"):
        endpoint.parse(url)


async def test_a_name_is_looked_up_once_for_all() -> None:
    one = await endpoint.parse("ws://127.0.0.1:4320").resolve()
    assert one.address == "127.0.0.1"


async def test_an_unknown_name_is_a_setup_error() -> None:
    with pytest.raises(SetupError, match=r"nowhere\.invalid"):
        await endpoint.parse("ws://nowhere.invalid:4320").resolve()
