"""What a forge's answer means, as far as all forges agree.

`github.py` and `gitea.py` ask here after their own special cases. The answer decides
what happens next: None (taken), `Waiting` (comes back) or `Stalled` (not for this
commit and context). What is wrong with the set-up, such as a token or a repository's
name, is `Waiting`, slowly: it concerns every commit, and a person may mend it at the
forge without a restart here.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

import orjson

from reconciler.errors import Stalled, Waiting
from reconciler.report.exchange import Response

SETUP_WAIT = 900.0
"""Seconds before a refused token is shown again: forges lock out who tries often."""

LONGEST_WAIT = 3600.0
"""Seconds; no forge's limit lasts longer, so more is a mistake of the answer."""

SAID_LIMIT = 200
"""Characters of a forge's own words that an error repeats."""

CREATED = 201
_PASSING = frozenset({408, 409, 425, 429})


class Exhausted(Stalled):
    """The forge will never again take a status for this commit and context."""


Outcome: TypeAlias = Waiting | Stalled | None


def outcome(response: Response, *, forge: str, said: str) -> Outcome:
    """What an answer means on every forge; `forge` is its name for people."""
    text = f"{forge} answered {response.status}" + (f": {said}" if said else "")
    match response.status:
        case 201:
            return None
        case 401:
            return Waiting(
                text,
                hint="Its token is wrong, revoked or expired: give another one.",
                retry_after=SETUP_WAIT,
            )
        case 403:
            return Waiting(
                text,
                hint="Its token must be allowed to write commit statuses.",
                retry_after=retry_after(response) or SETUP_WAIT,
            )
        case 404 | 410 | 451:
            return Waiting(
                text,
                hint="Check owner and repository, and that the token may see it.",
                retry_after=SETUP_WAIT,
            )
        case status if status < 400:  # noqa: PLR2004 - redirects and pages of a portal
            return Waiting(
                text,
                hint="Check the forge's URL: this is not how its API answers.",
                retry_after=SETUP_WAIT,
            )
        case status if status in _PASSING or status >= 500:  # noqa: PLR2004 - its fault
            return Waiting(text, retry_after=retry_after(response))
        case _:
            return Stalled(text)


def said(response: Response, *, secret: str) -> str:
    """The forge's own words out of its JSON, on one line, without the token.

    A proxy may echo the request, so the token is taken out before anything is cut.
    """
    try:
        found = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return ""
    words = ": ".join(_messages(found)).replace(secret, "***")
    return " ".join(words.split())[:SAID_LIMIT]


def _messages(found: Any) -> list[str]:
    if not isinstance(found, dict):
        return []
    errors = found.get("errors")
    inner = errors if isinstance(errors, list) else []
    parts = [found, *(error for error in inner if isinstance(error, dict))]
    messages = [part.get("message") for part in parts]
    return [message for message in messages if isinstance(message, str)]


def retry_after(response: Response) -> float | None:
    """Seconds to wait by `Retry-After`, given as a number or as a date."""
    value = response.headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return bounded(float(value))
    until, now = _date(value), date(response)
    return bounded((until - now).total_seconds()) if until and now else None


def date(response: Response) -> datetime | None:
    """When the forge answered, by its own clock: ours may differ."""
    return _date(response.headers.get("date", ""))


def bounded(seconds: float) -> float:
    """At least a second, at most what a sound answer could mean."""
    return min(LONGEST_WAIT, max(1.0, seconds))


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for a year of twenty digits
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
