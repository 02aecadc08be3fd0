"""Gitea's dialect of commit statuses, which Forgejo speaks too.

`forge.py` pairs it with `http.py`. Contract: operations `repoCreateStatus` and
`repoListStatuses` of its API, version 1. Each post is a new row and the newest of a
context wins. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from reconciler.errors import Stalled
from reconciler.ids import CommitSha
from reconciler.report import answers, exchange, shown
from reconciler.report.answers import Outcome
from reconciler.report.exchange import Request, Response
from reconciler.report.shown import Listed
from reconciler.state.conditions import CommitState


@dataclass(frozen=True, slots=True)
class Gitea:
    """One repository.

    Attributes:
        api: Base of the API, `https://HOST/api/v1`.
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
            self._statuses(commit),
            {**self._headers, "Content-Type": "application/json"},
            orjson.dumps(
                {
                    "state": _word(state, description),
                    "context": context,
                    "description": exchange.one_line(description),
                }
            ),
        )

    def outcome(self, response: Response) -> Outcome:
        """What its answer means: 400 and 422 are about this commit or body.

        Most other failures of Gitea come as 500, also those that pass.
        """
        said = answers.said(response, secret=self.token)
        if response.status in {400, 422}:
            return Stalled(f"Gitea answered {response.status}: {said}")
        return answers.outcome(response, forge="Gitea", said=said)

    def list_request(self, commit: CommitSha) -> Request:
        """The request for what stands on a commit, newest first; Gitea lists 50."""
        url = f"{self._statuses(commit)}?limit=50"
        return Request("GET", url, self._headers, most=shown.LIST_LIMIT)

    def listed(self, response: Response, contexts: Iterable[str]) -> Listed:
        """What stands there of these contexts."""
        return shown.listed(response, contexts, forge="Gitea")

    def _statuses(self, commit: CommitSha) -> str:
        owner, repo = quote(self.owner, safe=""), quote(self.repo, safe="")
        return f"{self.api}/repos/{owner}/{repo}/statuses/{quote(commit, safe='')}"

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "Authorization": f"token {self.token}",
        }


def _word(state: CommitState, description: str) -> str:
    """An overtaken commit is nobody's mistake; Gitea has a milder word for it."""
    if state is CommitState.ERROR and description.startswith("superseded"):
        return "warning"
    return state.value
