"""A forge to post to: a dialect and the HTTP executor that carries it.

`service.py` calls `open_forge` with what the settings say and hands the result to the
outbox; `aclose` when it stops.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Protocol

from reconciler.errors import SetupError, Waiting
from reconciler.ids import CommitSha
from reconciler.report import address
from reconciler.report.address import Address, ForgeKind
from reconciler.report.answers import Outcome
from reconciler.report.exchange import Request, Response
from reconciler.report.gitea import Gitea
from reconciler.report.github import GitHub
from reconciler.report.http import Http
from reconciler.report.shown import Listed
from reconciler.state.conditions import CommitState


class Dialect(Protocol):
    """How one kind of forge is spoken to; pure."""

    def status_request(
        self,
        commit: CommitSha,
        *,
        context: str,
        state: CommitState,
        description: str,
    ) -> Request:
        """The request that creates one commit status."""

    def outcome(self, response: Response) -> Outcome:
        """What an answer means."""

    def list_request(self, commit: CommitSha) -> Request:
        """The request for the newest statuses of a commit."""

    def listed(self, response: Response, contexts: Iterable[str]) -> Listed:
        """What an answer to it has of these contexts; raises `Waiting`."""


class Executor(Protocol):
    """What carries a request; `Http`, or a fake forge in tests."""

    async def send(self, request: Request) -> Response:
        """One exchange; raises `Waiting` when no answer came."""

    async def aclose(self) -> None:
        """Let go of its connections."""


class RestForge:
    """An `outbox.Forge` over a REST API."""

    def __init__(self, dialect: Dialect, executor: Executor) -> None:
        self._dialect = dialect
        self._executor = executor

    async def post_status(
        self,
        commit: CommitSha,
        *,
        context: str,
        state: CommitState,
        description: str,
    ) -> None:
        """Post one commit status.

        Raises:
            Waiting: It may work later; `retry_after` when the forge named a time.
            Stalled: Not as it is; `Exhausted` when never for this commit and context.
        """
        request = self._dialect.status_request(
            commit, context=context, state=state, description=description
        )
        outcome = self._dialect.outcome(await self._executor.send(request))
        if outcome is not None:
            raise outcome

    async def list_statuses(self, commit: CommitSha, contexts: Iterable[str]) -> Listed:
        """What stands on a commit in these contexts, as far as one page tells.

        Raises:
            Waiting: It may be told later; `retry_after` when the forge named a time.
            Stalled: Not of this commit.
        """
        response = await self._executor.send(self._dialect.list_request(commit))
        if response.status != HTTPStatus.OK:
            outcome = self._dialect.outcome(response)
            raise outcome or Waiting("the forge answered a question as if it were told")
        return self._dialect.listed(response, contexts)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._executor.aclose()


def open_forge(
    *,
    kind: ForgeKind | None,
    url: str | None,
    owner: str | None,
    repo: str | None,
    token: str | None,
    source: str,
) -> RestForge | None:
    """The forge that the settings name, or that the source is on; None without any.

    A source on github.com without a token is no mistake: it is only followed then.

    Raises:
        SetupError: What is said is not enough, contradicts itself or cannot be used.
    """
    found = address.locate(kind=kind, url=url, owner=owner, repo=repo, source=source)
    if found is None:
        return None
    if not token or not token.strip():
        if kind is None and url is None:
            return None
        raise SetupError(
            "the forge's token is missing",
            hint="Without a token, leave out every setting of the forge.",
        )
    return RestForge(_dialect(found, _sound(token)), Http())


def _dialect(found: Address, token: str) -> Dialect:
    match found.kind:
        case ForgeKind.GITHUB:
            return GitHub(found.api, found.owner, found.repo, token)
        case ForgeKind.GITEA:
            return Gitea(found.api, found.owner, found.repo, token)


def _sound(token: str) -> str:
    """The token without the line end of the file it came from; never shown.

    Raises:
        SetupError: It cannot stand in a header.
    """
    stripped = token.strip()
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise SetupError(
            "the forge's token holds characters that no token has",
            hint="Set the token alone, on one line.",
        )
    return stripped
