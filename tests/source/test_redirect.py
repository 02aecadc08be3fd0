"""A server that sends us elsewhere: never followed, and told as what it is."""

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.source import redirect, remote
from reconciler.source.environment import Access
from reconciler.source.redirect import (
    Destination,
    InTheClear,
    Itself,
    Page,
    Repository,
    Unreadable,
)
from reconciler.source.source import Failed, Moved
from tests.support import git_http
from tests.support.git_http import Faults, GitHttp
from tests.support.git_repo import GitRepo

if TYPE_CHECKING:
    from tests.source.conftest import MakeSource

CANARY = "s3cr3t-canary"
FILES = {"fleet.yaml": b"kind: Fleet\n"}
QUERY = "service=git-upload-pack"
REMOTE = remote.parse("https://host/team/fleet.git", token=CANARY)


@pytest.mark.parametrize(
    "status",
    [
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    ],
)
def test_a_repository_that_moved_is_named_where_it_is_now_and_nobody_goes_there(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource", status: HTTPStatus
) -> None:
    repo.commit(FILES)
    with git_http.serve(repo.path.parent, token=CANARY) as elsewhere:
        there = elsewhere.url("fleet.git")
        location = there.replace("://", "://ada:pw@") + f"/info/refs?{QUERY}&key=k3y"
        http.faults = Faults(status=status, location=location)
        access = Access(token=CANARY)
        source = make_source(http.url("fleet.git"), access=access)
        fetched = source.fetch(None, accepted=None)
        assert elsewhere.requests == []
        assert isinstance(fetched, Failed)
        assert fetched.message == f"the repository has moved to {there}"
        assert f"set --source to {there};" in fetched.hint
        for secret in (CANARY, "ada", "pw", "k3y"):
            assert secret not in f"{fetched}"
        assert source.fetch(None, accepted=None) == fetched
        assert isinstance(
            make_source(there, access=access).fetch(None, accepted=None), Moved
        )


def test_a_redirect_that_ended_meanwhile_is_forgotten_with_the_next_fetch(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    source = make_source(http.url("fleet.git"))
    http.faults = Faults(status=HTTPStatus.FOUND, location="/login?back=fleet.git")
    fetched = source.fetch(None, accepted=None)
    assert isinstance(fetched, Failed)
    assert "redirects to a login page at 127.0.0.1:" in fetched.message
    http.heal()
    assert isinstance(source.fetch(None, accepted=None), Moved)


def test_a_redirect_to_nowhere_is_told_without_an_address(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    http.faults = Faults(status=HTTPStatus.FOUND)
    fetched = make_source(http.url("fleet.git")).fetch(None, accepted=None)
    assert isinstance(fetched, Failed)
    assert "does not say clearly where" in fetched.message


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            f"https://new.example/a/fleet.git/info/refs?{QUERY}",
            Repository("https://new.example/a/fleet.git", "new.example"),
        ),
        (
            "/b/fleet/info/refs",
            Repository("https://host/b/fleet", "host"),
        ),
        ("//new:8443/f/info/refs", Repository("https://new:8443/f", "new:8443")),
        (
            "HTTPS://u:p@New.Example:443/f/info/refs/#x",
            Repository("https://new.example/f", "new.example"),
        ),
        (
            "http://host/team/fleet.git/info/refs",
            InTheClear("http://host/team/fleet.git"),
        ),
        (f"/team/fleet.git/info/refs?{QUERY}", Itself()),
        ("https://host:443/team/fleet.git/info/refs", Itself()),
        ("refs", Itself()),
        ("/users/sign_in", Page("host", is_login=True)),
        ("https://login.example/x?next=/a", Page("login.example", is_login=True)),
        ("https://id.example:8/oauth2/authorize", Page("id.example:8", is_login=True)),
        ("https://example.org", Page("example.org", is_login=False)),
        ("/authors/associates", Page("host", is_login=False)),
        (None, Unreadable()),
        ("", Unreadable()),
        ("ftp://host/a/info/refs", Unreadable()),
        ("file:///etc/info/refs", Unreadable()),
        ("https://[::1/info/refs", Unreadable()),
        ("https://host:port/info/refs", Unreadable()),
        ("https:///info/refs", Page("host", is_login=False)),
        ("https://h\ufffdst/f/info/refs", Unreadable()),
        ("https://host/a b/info/refs", Unreadable()),
        (f"https://new/{CANARY}/info/refs", Unreadable()),
        (f"https://new/{'x' * 400}/info/refs", Unreadable()),
        ("https://new/ext::sh/info/refs", Unreadable()),
    ],
)
def test_a_location_is_read_as_what_it_means_for_a_repository(
    location: str | None, expected: Destination
) -> None:
    assert redirect.destination(REMOTE, location) == expected


@given(st.text(max_size=400))
def test_no_location_breaks_out_of_a_message_or_shows_the_secret(text: str) -> None:
    led_to = redirect.destination(REMOTE, text)
    shown = f"{redirect._tell(led_to).message} {redirect._tell(led_to).hint}"
    assert shown.isprintable()
    assert CANARY not in shown
    assert len(shown) < 1200


def test_the_location_is_that_of_the_last_answer() -> None:
    trace = """\
12:00:00.1 http.c:684   <= Recv header: HTTP/1.1 200 Connection established
12:00:00.1 http.c:684   <= Recv header: Location: https://proxy/info/refs
12:00:00.2 http.c:684   => Send header: Location: https://us/info/refs
12:00:00.3 http.c:684   <= Recv header: HTTP/2 301
12:00:00.3 http.c:684   <= Recv header, 0000000042 bytes (0x0000002a)
12:00:00.3 http.c:684   <= Recv header: location:  https://new/f/info/refs
12:00:00.4 http.c:684   <= Recv header:
fatal: unable to access 'u': The requested URL returned error: 301
"""
    assert redirect._location(trace) == "https://new/f/info/refs"
    assert redirect._location("fatal: nothing was traced") is None
