import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SetupError
from reconciler.report import address
from reconciler.report.address import Address, ForgeKind

GITHUB, GITEA = ForgeKind.GITHUB, ForgeKind.GITEA


def locate(
    source: str,
    kind: ForgeKind | None = None,
    url: str | None = None,
    owner: str | None = None,
    repo: str | None = None,
) -> Address | None:
    return address.locate(kind=kind, url=url, owner=owner, repo=repo, source=source)


@pytest.mark.parametrize(
    "source",
    [
        "https://github.com/acme/fleet.git",
        "https://github.com/acme/fleet",
        "https://x-access-token:secret@github.com/acme/fleet.git/",
        "ssh://git@github.com/acme/fleet.git",
        "git@github.com:acme/fleet.git",
        "github.com:acme/fleet",
    ],
)
def test_a_source_on_github_com_says_everything(source: str) -> None:
    assert locate(source) == Address(GITHUB, "https://api.github.com", "acme", "fleet")


@pytest.mark.parametrize(
    ("source", "api"),
    [
        ("https://git.example/acme/fleet.git", "https://git.example/api/v1"),
        ("http://[::1]:3000/acme/fleet", "http://[::1]:3000/api/v1"),
        ("https://u:p@git.example/sub/acme/fleet", "https://git.example/sub/api/v1"),
        ("ssh://git@git.example:2222/acme/fleet.git", "https://git.example/api/v1"),
        ("git@git.example:acme/fleet.git", "https://git.example/api/v1"),
    ],
)
def test_with_the_kind_the_rest_is_read_off_the_source(source: str, api: str) -> None:
    assert locate(source, GITEA) == Address(GITEA, api, "acme", "fleet")


@pytest.mark.parametrize(
    ("kind", "url", "api"),
    [
        (None, "https://github.com", "https://api.github.com"),
        (GITHUB, "https://api.github.com/", "https://api.github.com"),
        (GITHUB, "https://ghes.example", "https://ghes.example/api/v3"),
        (GITHUB, "https://ghes.example/api/v3/", "https://ghes.example/api/v3"),
        (GITEA, "http://127.0.0.1:3000/git/", "http://127.0.0.1:3000/git/api/v1"),
        (GITEA, "https://git.example/api/v1", "https://git.example/api/v1"),
    ],
)
def test_the_url_may_be_that_of_the_forge_or_of_its_api(
    kind: ForgeKind | None, url: str, api: str
) -> None:
    found = locate("/srv/fleet", kind, url, "acme", "fleet")
    assert found == Address(kind or GITHUB, api, "acme", "fleet")


def test_what_is_set_wins_over_what_is_read_off_the_source() -> None:
    found = locate("https://git.example/a/b", GITEA, "https://x.example", "o", "r")
    assert found == Address(GITEA, "https://x.example/api/v1", "o", "r")


@pytest.mark.parametrize(
    "source",
    [
        "/srv/fleet",
        "./fleet",
        "file:///srv/acme/fleet",
        "https://git.example/acme/fleet",
        "https://github.com.evil.example/acme/fleet",
        "https://[broken/acme/fleet",
        "",
    ],
)
def test_without_a_kind_any_other_source_has_no_forge(source: str) -> None:
    assert locate(source) is None


def test_settings_of_a_forge_without_its_kind_are_refused() -> None:
    for given_ in ({"url": "https://git.example"}, {"owner": "a"}, {"repo": "b"}):
        with pytest.raises(SetupError, match="kind is missing") as error:
            locate("/srv/fleet", **given_)  # type: ignore[arg-type] # one at a time
        assert error.value.hint == "Set it to one of github, gitea."


@pytest.mark.parametrize("source", ["/srv/fleet", "https://git.example/fleet"])
def test_a_forge_without_a_repository_is_refused(source: str) -> None:
    with pytest.raises(SetupError, match="owner or repository is missing"):
        locate(source, GITEA)


@pytest.mark.parametrize(
    "url", ["git.example", "ftp://git.example", "https://", "https://[broken"]
)
def test_a_url_that_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(SetupError, match="no web address"):
        locate("/srv/fleet", GITEA, url, "a", "b")


def test_a_password_in_the_forges_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(SetupError, match="user or password") as error:
        locate("/srv/fleet", GITEA, "https://me:canary@git.example", "a", "b")
    assert "canary" not in str(error.value) + str(error.value.hint)


@given(st.text(max_size=40))
def test_no_source_breaks_the_reading(source: str) -> None:
    found = locate(source)
    assert found is None or found.api == "https://api.github.com"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_url_is_worse_than_refused(source: str, url: str) -> None:
    try:
        found = locate(source, GITEA, url, "a", "b")
    except SetupError as error:
        assert error.hint  # noqa: PT017 - either way is fine
    else:
        assert found
        assert found.api.startswith("http")
