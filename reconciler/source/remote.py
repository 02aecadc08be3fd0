"""The address of a Git repository: checked, and with its secret moved out.

`open.py` and `git.py` parse what a person typed into a `Remote`; from then on the URL
can be printed, logged and put into an argument list, because it holds no secret.
"""

import base64
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from reconciler.errors import SetupError

MASK = "***"
TOKEN_USER = "x-access-token"  # noqa: S105 - a user name; forges take any with a token
_HINT = (
    "Give a local path, file:///path, https://host/path, ssh://user@host/path "
    "or user@host:path."
)
_SCP = re.compile(r"(?P<user>[\w.+][\w.+-]*)@(?P<host>[\w.][\w.-]*):(?P<path>[^-].*)")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")
_ODD = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_USERINFO = re.compile(r"(?<=://)[^/\s]+(?=@)")
_BEFORE_HOST = re.compile(r"^([A-Za-z][\w+.-]*://)?.*@", re.DOTALL)


class Transport(StrEnum):
    """How Git reaches a repository; the values are Git's protocol names."""

    FILE = "file"
    HTTP = "http"
    HTTPS = "https"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository that Git may be pointed at.

    Attributes:
        url: As Git takes it, without any secret.
        username: For HTTP only.
        secret: Password or token for HTTP; None when there is none.
    """

    url: str
    transport: Transport
    username: str = ""
    secret: str | None = field(default=None, repr=False)

    @property
    def authorization(self) -> str | None:
        """The value of HTTP's Authorization header, None without a secret."""
        if self.secret is None:
            return None
        pair = f"{self.username}:{self.secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def mask(self, text: str) -> str:
        """The text with every form of the secret, and any userinfo, taken out."""
        for form in self._forms():
            text = text.replace(form, MASK)
        return _USERINFO.sub(MASK, text)

    def _forms(self) -> list[str]:
        if not self.secret:
            return []
        basic = (self.authorization or "").removeprefix("Basic ")
        forms = {self.secret, quote(self.secret, safe=""), quote(self.secret), basic}
        return sorted(forms, key=len, reverse=True)


def parse(text: str, *, token: str | None = None) -> Remote:
    """Read a repository's address; `token` is the password for HTTP.

    Raises:
        SetupError: It is no address we follow; the message shows no secret.
    """
    _refuse_odd(text)
    remote = _from_url(text, token) if "://" in text else _from_words(text)
    if token and remote.secret != token:
        raise SetupError(
            f"a token cannot be used with {remote.url}",
            hint="Tokens go with http(s) URLs; leave it out, or change the URL.",
        )
    return remote


def _refuse_odd(text: str) -> None:
    shown = _shown(text)
    if not text:
        raise SetupError("the source is empty", hint=_HINT)
    if text.startswith("-"):
        raise SetupError(f"the source {shown!r} looks like an option", hint=_HINT)
    if _ODD.search(text):
        raise SetupError(f"the source {shown!r} holds white space", hint=_HINT)
    if "::" in _IPV6.sub("", text):
        raise SetupError(f"the source {shown!r} names a remote helper", hint=_HINT)


def _from_words(text: str) -> Remote:
    if _SCP.fullmatch(text):
        return Remote(text, Transport.SSH)
    if ":" in text.split("/", 1)[0]:
        raise SetupError(f"the source {_shown(text)!r} is no address", hint=_HINT)
    return Remote(str(Path(text).absolute()), Transport.FILE)


def _shown(text: str) -> str:
    """For a text that could not be parsed yet: nothing before the last `@` is shown."""
    return _BEFORE_HOST.sub(rf"\1{MASK}@", text)


def _from_url(text: str, token: str | None) -> Remote:
    shown = _shown(text)
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise SetupError(f"the source {shown!r} is no URL", hint=_HINT) from error
    if parts.query or parts.fragment:
        raise SetupError(
            f"the source {shown.split('?')[0]!r} has a query or a fragment",
            hint="Leave out what follows `?` or `#`; a token is a setting of its own.",
        )
    if host.startswith("-") or not parts.path.strip("/"):
        raise SetupError(f"the source {shown!r} names no repository", hint=_HINT)
    return _by_scheme(parts, shown, token)


def _by_scheme(parts: SplitResult, shown: str, token: str | None) -> Remote:
    match parts.scheme:
        case "file" if parts.netloc in {"", "localhost"}:
            return Remote(f"file://{parts.path}", Transport.FILE)
        case "http" | "https" if parts.hostname:
            return _http(parts, token)
        case "ssh" if parts.hostname and parts.password is None:
            return Remote(urlunsplit(parts), Transport.SSH)
        case "ssh" if parts.hostname:
            raise SetupError(
                f"the source {shown!r} holds a password", hint="Use an SSH key."
            )
        case _:
            raise SetupError(f"the source {shown!r} cannot be followed", hint=_HINT)


def _http(parts: SplitResult, token: str | None) -> Remote:
    """Userinfo without a password is a token by itself, as some forges print it."""
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    url, transport = urlunsplit(bare), Transport(parts.scheme)
    user = unquote(parts.username or "")
    password = unquote(parts.password or "")
    if token and password:
        raise SetupError(
            f"the source {url!r} has a password, and there is a token too",
            hint="Give the secret once.",
        )
    match user, token or password:
        case "", "":
            return Remote(url, transport)
        case _, "":
            return Remote(url, transport, TOKEN_USER, user)
        case _, secret:
            return Remote(url, transport, user or TOKEN_USER, secret)
