import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SetupError
from reconciler.source import remote
from reconciler.source.remote import Transport

SECRET = "s3cr3t-canary"


@pytest.mark.parametrize(
    ("text", "url", "transport"),
    [
        ("/srv/fleet.git", "/srv/fleet.git", Transport.FILE),
        ("file:///srv/fleet.git", "file:///srv/fleet.git", Transport.FILE),
        ("file://localhost/srv/f", "file:///srv/f", Transport.FILE),
        ("https://host/a/b.git", "https://host/a/b.git", Transport.HTTPS),
        ("HTTPS://host/a", "https://host/a", Transport.HTTPS),
        ("http://[::1]:3000/a/b", "http://[::1]:3000/a/b", Transport.HTTP),
        ("ssh://git@host:22/a", "ssh://git@host:22/a", Transport.SSH),
        ("git@host:a/b.git", "git@host:a/b.git", Transport.SSH),
    ],
)
def test_the_usual_addresses_are_understood(
    text: str, url: str, transport: Transport
) -> None:
    parsed = remote.parse(text)
    assert (parsed.url, parsed.transport, parsed.secret) == (url, transport, None)


def test_a_relative_path_does_not_depend_on_where_git_runs() -> None:
    assert remote.parse("fleet.git").url == str(Path.cwd() / "fleet.git")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-oProxyCommand=x",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c true",
        "ext::sh",
        "https://host/a::b",
        "git://host/a",
        "ftp://host/a",
        "git+ssh://host/a",
        "file://elsewhere/a",
        "host:a",
        "git@-oProxyCommand=x:a",
        "git@host:-a",
        "-u@host:a",
        "ssh://-oProxyCommand=x/a",
        "https://host",
        "https://host/",
        "https:///a",
        "https://host:port/a",
        "https://host/a?b=c",
        "https://host/a#b",
        "https://host/a b",
        "https://host/a\nb",
        "https://host/a\x7fb",
        "/srv/my fleet",
        "/srv/fleet\t",
    ],
)
def test_anything_else_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(SetupError) as caught:
        remote.parse(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "token", "pair"),
    [
        (f"https://ada:{SECRET}@host/a", None, f"ada:{SECRET}"),
        (f"https://{SECRET}@host/a", None, f"x-access-token:{SECRET}"),
        ("https://host/a", SECRET, f"x-access-token:{SECRET}"),
        ("https://ada@host/a", SECRET, f"ada:{SECRET}"),
        ("https://ada:p%40s%2Fs@host/a", None, "ada:p@s/s"),
    ],
)
def test_a_secret_is_moved_out_of_the_url(
    text: str, token: str | None, pair: str
) -> None:
    parsed = remote.parse(text, token=token)
    assert parsed.url == "https://host/a"
    assert parsed.authorization
    basic = parsed.authorization.removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == pair
    assert pair.partition(":")[2] not in repr(parsed)


@pytest.mark.parametrize(
    ("text", "token"),
    [
        (f"ssh://git:{SECRET}@host/a", None),
        (f"git:{SECRET}@host:a", None),
        (f"ftp://ada:{SECRET}@host/a", None),
        (f"https://ada:{SECRET}@host/a b", None),
        (f"https://ada:{SECRET}@host", None),
        (f"https://ada:{SECRET}@host/a?x", None),
        (f"https://ada:{SECRET}/x@host/a", None),
        (f"https://ada:{SECRET}#x@host/a", None),
        (f"https://ada:{SECRET}\n@host/a", None),
        (f"https://ada:{SECRET}@host/a", "another"),
        (f"-https://ada:{SECRET}@host/a", None),
        ("git@host:a", SECRET),
        ("/srv/fleet.git", SECRET),
    ],
)
def test_no_refusal_shows_the_secret(text: str, token: str | None) -> None:
    with pytest.raises(SetupError) as caught:
        remote.parse(text, token=token)
    assert SECRET not in f"{caught.value} {caught.value.hint}"


secrets = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=6)


@given(secrets, st.text(max_size=20), st.text(max_size=20))
def test_masking_takes_out_every_form_of_the_secret(
    secret: str, before: str, after: str
) -> None:
    parsed = remote.parse("https://host/a", token=secret)
    basic = (parsed.authorization or "").removeprefix("Basic ")
    for form in (secret, basic, f"https://ada:{secret}@host/a"):
        masked = parsed.mask(f"{before} {form} {after}")
        assert form not in masked
        assert secret not in masked.replace(before, "").replace(after, "")


def test_masking_knows_userinfo_that_is_not_ours() -> None:
    text = remote.parse("/srv/a").mask("proxy http://ada:hunter2@proxy:8080/ failed")
    assert text == "proxy http://***@proxy:8080/ failed"
