"""Which repository on which forge: from the settings, or read off the source's URL.

`forge.py` asks at start. Pure. Only github.com is known by its host; of any other host
somebody has to say what it is.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from reconciler.errors import SetupError

GITHUB_HOSTS = frozenset({"github.com", "www.github.com", "api.github.com"})
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?P<path>(?!/?/).+)")


class ForgeKind(StrEnum):
    """Whose API it is."""

    GITHUB = "github"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True)
class Address:
    """One repository on one forge; `api` is the base of its API, without a slash."""

    kind: ForgeKind
    api: str
    owner: str
    repo: str


@dataclass(frozen=True, slots=True)
class _Remote:
    """The URL of a Git repository, without what is secret in it.

    Attributes:
        site: `https://HOST[:PORT]`, with what stands before owner and name.
    """

    host: str
    site: str
    owner: str
    repo: str


def locate(
    *,
    kind: ForgeKind | None,
    url: str | None,
    owner: str | None,
    repo: str | None,
    source: str,
) -> Address | None:
    """Where commit statuses go; None when nothing says that there is a forge.

    Args:
        kind: What the forge is; may be left out for github.com.
        url: The forge as people open it, or the base of its API.
        owner: User or organisation; else from the source's URL.
        repo: Name of the repository; else from the source's URL.
        source: URL of the Git repository, or a folder.

    Raises:
        SetupError: Something is said, but not enough or not usable.
    """
    remote = _remote(source)
    host = _host(url) if url else remote.host if remote else ""
    kind = kind or (ForgeKind.GITHUB if host in GITHUB_HOSTS else None)
    if kind is None:
        if url or owner or repo:
            raise SetupError(
                "the forge's kind is missing",
                hint=f"Set it to one of {', '.join(ForgeKind)}.",
            )
        return None
    site = url or (remote.site if remote else None)
    owner = owner or (remote.owner if remote else None)
    repo = repo or (remote.repo if remote else None)
    if not (site and owner and repo):
        raise SetupError(
            "the forge's URL, owner or repository is missing",
            hint="They can only be read off the URL of a Git repository.",
        )
    return Address(kind, _api(kind, site), owner, repo)


def _api(kind: ForgeKind, site: str) -> str:
    base = site.rstrip("/")
    if kind is ForgeKind.GITHUB and _host(site) in GITHUB_HOSTS:
        return "https://api.github.com"
    suffix = "/api/v3" if kind is ForgeKind.GITHUB else "/api/v1"
    return base if base.endswith(suffix) else base + suffix


def _host(url: str) -> str:
    """The host of the forge's URL.

    Raises:
        SetupError: It is no web address, or holds a password.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SetupError(
            "the forge's URL is no web address", hint="Write it as https://HOST."
        )
    if parts.username or parts.password:
        raise SetupError(
            "the forge's URL holds a user or password",
            hint="Take it out; the token has a setting of its own.",
        )
    return parts.hostname


def _remote(source: str) -> _Remote | None:
    """Read `https://HOST/owner/name.git`, `ssh://…` or `git@HOST:owner/name`."""
    if scp := _SCP.fullmatch(source):
        return _split(scp["host"], f"https://{scp['host']}", scp["path"])
    try:
        parts = urlsplit(source)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.scheme not in {"http", "https", "ssh"}:
        return None
    if parts.scheme == "ssh":  # whose port is not that of the API
        return _split(host, f"https://{host}", parts.path)
    where = f"[{host}]" if ":" in host else host
    site = f"{parts.scheme}://{where}" + (f":{port}" if port else "")
    return _split(host, site, parts.path)


def _split(host: str, site: str, path: str) -> _Remote | None:
    *before, owner, name = ["", "", *path.strip("/").split("/")]
    name = name.removesuffix(".git")
    if not owner or not name:
        return None
    prefix = "/".join(part for part in before if part)
    return _Remote(host, f"{site}/{prefix}" if prefix else site, owner, name)
