"""GitHub's dialect of commit statuses, for github.com and Enterprise Server.

`forge.py` pairs it with `http.py`. Contract: REST operations
`repos/create-commit-status` and `repos/list-commit-statuses-for-ref`, version
2022-11-28, and the rate limits of the REST API. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from reconciler.errors import Stalled, Waiting
from reconciler.ids import CommitSha
from reconciler.report import answers, exchange, shown
from reconciler.report.answers import Exhausted, Outcome
from reconciler.report.exchange import Request, Response
from reconciler.report.shown import Listed
from reconciler.state.conditions import CommitState

SECONDARY_WAIT = 60.0
"""Seconds that GitHub wants at least after a secondary limit that names none."""

_NEVER = ("maximum number of statuses", "no commit found")


@dataclass(frozen=True, slots=True)
class GitHub:
    """One repository.

    Attributes:
        api: Base of the API, `https://api.github.com` or `https://HOST/api/v3`.
    """

    api: str
    owner: str
    repo: str
    token: str = field(repr=False)

    def status_request(
        self,
        commit: CommitSha,
        *,
        context: str,
        state: CommitState,
        description: str,
    ) -> Request:
        """The request that creates one commit status."""
        return Request(
            "POST",
            f"{self._repository}/statuses/{quote(commit, safe='')}",
            {**self._headers, "Content-Type": "application/json"},
            orjson.dumps(
                {
                    "state": state.value,
                    "context": context,
                    "description": exchange.one_line(description),
                }
            ),
        )

    def outcome(self, response: Response) -> Outcome:
        """What its answer means.

        422 is for good: the 1,000 statuses of a commit and context are used up, or
        GitHub does not know the commit (any more); another 422 is about this body.
        """
        said = answers.said(response, secret=self.token)
        if response.status == 422:  # noqa: PLR2004 - Unprocessable Content
            text = f"GitHub answered 422: {said}"
            final = any(words in said.lower() for words in _NEVER)
            return Exhausted(text) if final else Stalled(text)
        if _is_limited(response, said):
            return Waiting(
                f"GitHub limits us: {said or response.status}",
                retry_after=_limited_for(response),
            )
        return answers.outcome(response, forge="GitHub", said=said)

    def list_request(self, commit: CommitSha) -> Request:
        """The request for what stands on a commit, newest first."""
        url = f"{self._repository}/commits/{quote(commit, safe='')}/statuses"
        return Request(
            "GET", f"{url}?per_page=100", self._headers, most=shown.LIST_LIMIT
        )

    def listed(self, response: Response, contexts: Iterable[str]) -> Listed:
        """What stands there of these contexts, whose case means nothing to GitHub."""
        return shown.listed(response, contexts, forge="GitHub", same=str.lower)

    @property
    def _repository(self) -> str:
        owner, repo = quote(self.owner, safe=""), quote(self.repo, safe="")
        return f"{self.api}/repos/{owner}/{repo}"

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }


def _is_limited(response: Response, said: str) -> bool:
    if response.status == 429:  # noqa: PLR2004 - Too Many Requests
        return True
    return response.status == 403 and (  # noqa: PLR2004 - Forbidden, or a limit
        "retry-after" in response.headers
        or _used_up(response)
        or "rate limit" in said.lower()
    )


def _limited_for(response: Response) -> float:
    """`Retry-After` first, then the reset of the primary limit, else a minute."""
    named = answers.retry_after(response)
    if named is not None:
        return named
    now, reset = answers.date(response), response.headers.get("x-ratelimit-reset", "")
    if _used_up(response) and now and reset.isascii() and reset.isdigit():
        return answers.bounded(float(reset) - now.timestamp())
    return SECONDARY_WAIT


def _used_up(response: Response) -> bool:
    return response.headers.get("x-ratelimit-remaining") == "0"
