"""Where a repository went, once its server answered with a redirect.

Called by `refs.py`. Git does not follow one (`environment.py`): whoever answers for the
server could send us, with the token of one host, to any other. It does not say where
the redirect leads either, so it is asked once more with its headers traced, and a
person is told. What the server says is shown only if it is harmless.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from reconciler.errors import SetupError, Waiting
from reconciler.source import remote as remotes
from reconciler.source.child import Run
from reconciler.source.failures import ACCESS_RETRY, CommandFailed
from reconciler.source.remote import Remote, Transport

TRACED: Final[Mapping[str, str]] = {
    "GIT_TRACE_CURL": "1",
    "GIT_TRACE_CURL_NO_DATA": "1",
    "GIT_TRACE_REDACT": "1",  # or the token would be in what we read
}
_RECEIVED = re.compile(r"<= Recv header: (.*)$", re.MULTILINE)
_ASKED = "/info/refs"
_LONGEST = 300
_LOGIN = re.compile(
    r"(?:^|[/.])(?:log[-_]?[io]n|sign[-_]?in|o?auth2?|authorize|sso|saml2?|sessions?"
    r"|accounts?)(?:[/.:]|$)"
)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Repository:
    """Another address of the repository, without userinfo or query."""

    url: str
    host: str


@dataclass(frozen=True, slots=True)
class Itself:
    """The address that was asked: whoever follows it goes round in circles."""


@dataclass(frozen=True, slots=True)
class InTheClear:
    """From HTTPS to HTTP, where anybody on the way could read the token."""

    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """No repository; `host` shows it."""

    host: str
    is_login: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No address, or none that may be shown."""


Destination: TypeAlias = Repository | Itself | InTheClear | Page | Unreadable


def explain(run: Run, remote: Remote) -> Waiting:
    """Ask once more, and say where the redirect leads and what to do about it."""
    return _tell(destination(remote, _location(_trace(run, remote))))


def destination(remote: Remote, location: str | None) -> Destination:
    """What the value of a Location header means for a repository."""
    try:
        parts = urlsplit(urljoin(remote.url.rstrip("/") + _ASKED, location or ""))
        bare = parts._replace(netloc=_netloc(parts), query="", fragment="")
    except ValueError:
        return Unreadable()
    host, path = bare.netloc, bare.path.rstrip("/")
    url = urlunsplit(bare._replace(path=path.removesuffix(_ASKED)))
    if not location or not _is_harmless(url, remote):
        return Unreadable()
    if not path.endswith(_ASKED) or path == _ASKED:
        return Page(host, is_login=bool(_LOGIN.search(f"{host}{path}".lower())))
    if url == _canonical(remote.url):
        return Itself()
    if remote.transport is Transport.HTTPS and bare.scheme == Transport.HTTP:
        return InTheClear(url)
    return Repository(url, host)


def _trace(run: Run, remote: Remote) -> str:
    try:
        with run("ls_remote", "--", remote.url, env=TRACED) as child:
            child.head()
    except CommandFailed as failed:
        return failed.stderr
    return ""  # it was a passing one


def _location(trace: str) -> str | None:
    """The Location header of the last answer in a trace of Git's."""
    location = None
    for line in _RECEIVED.findall(trace):
        name, _, value = line.partition(":")
        if name.startswith("HTTP/"):
            location = None
        elif name.lower() == "location":
            location = value.strip()
    return location


def _netloc(parts: SplitResult) -> str:
    """Host and port in one spelling, without userinfo."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    is_usual = parts.port in (None, _PORTS.get(parts.scheme))
    return host if is_usual else f"{host}:{parts.port}"


def _canonical(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(netloc=_netloc(parts), path=path))


def _is_harmless(url: str, remote: Remote) -> bool:
    """Whether an address that a server sent may stand in a message of ours."""
    if len(url) > _LONGEST or not url.isascii() or remote.mask(url) != url:
        return False
    try:
        parsed = remotes.parse(url if urlsplit(url).path else f"{url}/x")
    except SetupError:
        return False
    return parsed.transport in {Transport.HTTP, Transport.HTTPS}


def _tell(led_to: Destination) -> Waiting:
    """Words that stay the same from one fetch to the next."""
    match led_to:
        case Repository(url, host):
            return Waiting(
                f"the repository has moved to {url}",
                hint=f"If {host} is to be trusted, set --source to {url}; redirects "
                "are not followed, because they would lead the token elsewhere.",
            )
        case Itself():
            return Waiting(
                "the repository's URL redirects to itself",
                hint="Its server, or a proxy before it, needs mending.",
            )
        case InTheClear(url):
            return Waiting(
                f"the server redirects from HTTPS to {url}",
                hint="Do not follow it: anybody on the way could read the token. "
                "The server, or a proxy before it, needs mending.",
            )
        case Page(host, is_login=True):
            return Waiting(
                f"the server redirects to a login page at {host}",
                hint="Give a token that may read the repository, or check that it "
                "has not expired.",
                retry_after=ACCESS_RETRY,
            )
        case Page(host):
            return Waiting(
                f"the server redirects to a page at {host} that is no repository",
                hint="Check the URL; clone addresses of forges often end in .git.",
            )
        case Unreadable():
            return Waiting(
                "the repository has moved, and the server does not say clearly where",
                hint="Look up its new URL and set --source to it; redirects are not "
                "followed.",
            )
