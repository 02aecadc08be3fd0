import pytest

from reconciler.fleet.rules.validators import urls

NO_SCHEME = "begin with a scheme, such as `http://`"
NO_PORT = "have a number for a port"
NO_HOST = "have the name of a host"


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway:4318",
        "https://gateway.example.org/v1/traces?a=b",
        "HTTP://[::1]:4318",
        "http://<host>:4318",
        "http://user:pass@gateway",
        "http://a:",
        "http://é:1",
        "localhost:4318",
        "/path",
        "http://a:1/b c",
        "https://",
    ],
)
def test_what_go_reads_either_way(url: str) -> None:
    assert urls.fault(url, is_request=False) is None
    assert urls.fault(url, is_request=True) is None


@pytest.mark.parametrize("url", ["your-endpoint", "a/b:c", "?q"])
def test_a_path_of_its_own_is_a_url_but_no_request(url: str) -> None:
    assert urls.fault(url, is_request=False) is None
    assert urls.fault(url, is_request=True) == NO_SCHEME


def test_a_fragment_is_no_part_of_a_request() -> None:
    assert urls.fault("http://a#b c", is_request=False) is None
    assert urls.fault("http://a#b c", is_request=True) == NO_HOST


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("10.0.0.1:4318", NO_SCHEME),
        ("<host>:4318", NO_SCHEME),
        ("my_host:4318", NO_SCHEME),
        (":4318", NO_SCHEME),
        ("://a", NO_SCHEME),
        ("http://a:<port>", NO_PORT),
        ("http://a:4318a", NO_PORT),
        ("http://[::1]x", NO_PORT),
        ("http://{region}.example.org", NO_HOST),
        ("http://a b", NO_HOST),
        ("http://a%41", NO_HOST),
        ("http://[::1", "close the bracket of its address"),
        ("http://a b@c", "have no odd characters before the `@`"),
        ("http://a/%zz", "hold only whole `%` escapes"),
        ("a%", "hold only whole `%` escapes"),
        ("http://a\n", "hold no line breaks, tabs or other controls"),
    ],
)
def test_what_it_does_not_read(url: str, fault: str) -> None:
    assert urls.fault(url, is_request=False) == fault
