"""What Git said when it failed, as words for a person.

Called by `git.py` with the standard error of a command that asked the remote. Known
causes get a text that is the same each time, so that nothing downstream takes the same
failure for news; for others Git's own line is shown.
"""

import re
from dataclasses import dataclass

from reconciler.errors import Stalled, Waiting
from reconciler.source.remote import Remote

ACCESS_RETRY = 300.0
"""Seconds to leave a forge alone that refused us; some ban after 30 failures."""

_LINE = re.compile(
    r"^(?:fatal|error|remote): *(?:fatal: *|error: *)?(.+)$", re.MULTILINE
)
_SHOWN = 200


class CommandFailed(Exception):  # noqa: N818 - never leaves this room
    """Git ended with another status than 0.

    Attributes:
        stderr: What it wrote to standard error, shortened, secrets still inside.
    """

    def __init__(self, status: int, stderr: str) -> None:
        super().__init__(f"git ended with {status}")
        self.status = status
        self.stderr = stderr


@dataclass(frozen=True, slots=True)
class _Cause:
    """How a failure is recognised, and what is said of it; seconds to wait at least."""

    pattern: str
    message: str
    hint: str
    retry_after: float | None = None


_CAUSES = (
    _Cause(
        r"dubious ownership",
        "the repository belongs to another user, so Git does not read it",
        "Run as its owner, or fetch it over HTTP or SSH.",
    ),
    _Cause(
        r"host key verification failed",
        "the SSH host key is unknown or has changed",
        "Put the right key into the known_hosts file.",
    ),
    _Cause(
        r"terminal prompts disabled|authentication failed|invalid credentials"
        r"|returned error: 40[13]|permission denied \(|could not read password",
        "the repository refused the credentials",
        "Give a token or key that may read it, or check that it has not expired.",
        retry_after=ACCESS_RETRY,
    ),
    _Cause(
        r"permission denied",
        "the repository may not be read by this user",
        "Let the user that the service runs as read its files.",
    ),
    _Cause(
        r"returned error: 404|repository .*not found|not appear to be a git repository",
        "the repository is gone, or hidden from these credentials",
        "Check the URL and what the credentials may see.",
    ),
    _Cause(
        r"returned error: (?:429|5\d\d)",
        "the server answered that it cannot serve now",
        "It is asked again by itself.",
    ),
    _Cause(
        r"from redirection|returned error: 3\d\d",
        "the repository has moved; redirects are not followed",
        "Set --source to its new URL.",
    ),
    _Cause(
        r"certificate|ssl|gnutls|tls",
        "the server's TLS certificate cannot be trusted, or TLS failed",
        "Give the authority's certificate in GIT_SSL_CAINFO.",
    ),
    _Cause(
        r"could not resolve|failed to connect|couldn't connect|connection refused"
        r"|connection timed out|no route to host|network is unreachable"
        r"|connection reset|connection closed",
        "the server cannot be reached",
        "It is asked again by itself; check network, name and port when it lasts.",
    ),
    _Cause(
        r"file too large",
        "the repository is bigger than the limit for one fetch",
        "Keep the fleet repo apart from other data.",
    ),
    _Cause(
        r"no space left|disk quota|unable to (?:create|write)|cannot (?:create|mkdir)",
        "the data folder is full or cannot be written",
        "Make room in the data folder, and let this user write to it.",
    ),
    _Cause(
        r"couldn't find remote ref|not our ref|unadvertised object",
        "the branch moved away while it was fetched",
        "It is asked again by itself.",
    ),
)
_REDIRECTED = re.compile(r"returned error: 3\d\d")
_URL = re.compile(r"'\w+://[^']*'")
_FORBIDDEN = re.compile(
    r"fsck|contains '\.git'|contains '\.\.'|fullpathname", re.IGNORECASE
)


def refusal(failed: CommandFailed, remote: Remote) -> Stalled | None:
    """Why Git refuses the very content of a commit; None when it does not."""
    if not _FORBIDDEN.search(failed.stderr):
        return None
    return Stalled(
        f"Git refuses its content: {words(failed, remote)}",
        hint="Write the history anew without the object that Git names.",
    )


def known(failed: CommandFailed) -> Waiting | None:
    """A cause that lies outside the mirror; None when it may be the mirror's fault."""
    complaint = _URL.sub("", failed.stderr)  # a repository may be called `tls`
    for cause in _CAUSES:
        if re.search(cause.pattern, complaint, re.IGNORECASE):
            retry = cause.retry_after
            return Waiting(cause.message, hint=cause.hint, retry_after=retry)
    return None


def is_redirect(failed: CommandFailed) -> bool:
    """Whether the server sent us elsewhere; `redirect.py` finds out where."""
    return _REDIRECTED.search(_URL.sub("", failed.stderr)) is not None


def explain(failed: CommandFailed, remote: Remote) -> Waiting:
    """The known cause, or else what Git said."""
    return known(failed) or Waiting(
        f"Git broke off: {words(failed, remote)}",
        hint="It is asked again by itself.",
    )


def words(failed: CommandFailed, remote: Remote) -> str:
    """Git's own last line of complaint, safe to print."""
    lines = _LINE.findall(failed.stderr) or [str(failed)]
    clean = "".join(c if c.isprintable() else " " for c in remote.mask(lines[0]))
    return clean[:_SHOWN].strip()
