"""`/api/v1`: the handlers. Each reads the query, asks the `View`, answers a document.

Unknown query parameters are refused: a filter that is misspelt would else answer with
everything. Lists of agents come in pages ordered by instance_uid, so that a page is
right even while agents come and go.
"""

import heapq
import time
from collections.abc import Iterator
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from reconciler.errors import UsageError
from reconciler.fleet import labels
from reconciler.fleet.labels import Selector
from reconciler.fleet.rendering.render import RenderedConfig
from reconciler.ids import InstanceUid, format_uid, parse_uid
from reconciler.state.agent import Agent, Sync
from reconciler.state.expected import MissingHost
from reconciler.web import (
    answers,
    comparison,
    effective,
    presence,
    representation,
    text,
)
from reconciler.web.answers import ApiError, Document
from reconciler.web.view import View

PAGE = 500
LARGEST_PAGE = 1000
SHORTEST_PREFIX = 4
CANDIDATES = 5


async def status(request: Request) -> Response:
    """`GET /api/v1/status`."""
    _refuse_unknown(request)
    return _answer(representation.summary(_view(request)))


async def groups(request: Request) -> Response:
    """`GET /api/v1/groups`."""
    _refuse_unknown(request)
    found = [representation.group(one) for one in _view(request).groups()]
    return _answer({"groups": found})


async def revisions(request: Request) -> Response:
    """`GET /api/v1/revisions?limit=`, newest first."""
    _refuse_unknown(request, "limit")
    view = _view(request)
    found = [
        representation.revision(record, view.statuses(record.commit))
        for record in view.revisions()[: _limit(request)]
    ]
    return _answer({"revisions": found})


async def agents(request: Request) -> Response:
    """`GET /api/v1/agents?selector=&group=&sync=&limit=&continue=`."""
    _refuse_unknown(request, "selector", "group", "sync", "limit", "continue")
    limit, view = _limit(request), _view(request)
    page = heapq.nsmallest(limit + 1, _selected(request), key=_uid)
    more = len(page) > limit
    return _answer(
        {
            "agents": [representation.agent_summary(view, one) for one in page[:limit]],
            "components": representation.builds(view, page[:limit]),
            "missing": [presence.missing_host(host) for host in _missing(request)],
            "continue": format_uid(page[limit - 1].uid) if more else None,
        }
    )


async def agent(request: Request) -> Response:
    """`GET /api/v1/agents/{id}`: by instance_uid, a prefix of it, or host name."""
    _refuse_unknown(request)
    if request.method == "DELETE":
        return _forget(request)
    view = _view(request)
    found = _find(view, request.path_params["id"])
    detail = representation.agent_detail(view, found)
    config = found.effective
    # Reading YAML of an agent can take long: not on the event loop.
    readable = await run_in_threadpool(effective.readable, config) if config else None
    return _answer({"agent": {**detail, "effectiveConfig": readable}})


def _forget(request: Request) -> Response:
    """`DELETE` of one that is away; the answer holds what was known of it."""
    view = _view(request)
    words = request.path_params["id"]
    found = _only(view, words, among=_candidates(view, words))
    name = representation.name_of(found)
    if found.is_reachable:
        raise ApiError(
            f"{name} is {presence.word(view, found)}: only agents that are away can be "
            "forgotten",
            status=HTTPStatus.CONFLICT,
            hint="stop it first; one that polls is away once it misses its polls",
        )
    known = representation.agent_detail(view, found)
    view.forget(found.uid, peer=request.client.host if request.client else "")
    return _answer({"agent": known})


async def agent_config(request: Request) -> Response:
    """`GET /api/v1/agents/{id}/config`: what it should run beside what it runs."""
    _refuse_unknown(request)
    view = _view(request)
    found = _find(view, request.path_params["id"])
    resolution = view.resolution(found.uid)
    desired = resolution.desired if resolution else None
    config = desired if isinstance(desired, RenderedConfig) else None
    compared = await run_in_threadpool(comparison.of, config, found.effective)
    return _answer({"agent": representation.agent_summary(view, found), **compared})


async def configs(request: Request) -> Response:
    """`GET /api/v1/configs`: the distinct configs that agents should run."""
    _refuse_unknown(request)
    return _answer(representation.configs(_view(request)))


def _view(request: Request) -> View:
    view: View = request.app.state.view
    return view


def _answer(content: Document) -> Response:
    return answers.document({"now": text.timestamp(time.time()), **content})


def _uid(agent: Agent) -> InstanceUid:
    return agent.uid


def _selected(request: Request) -> Iterator[Agent]:
    """The agents after the continue token that every filter lets through."""
    query = request.query_params
    selector = _selector(query.get("selector", ""))
    group, sync, after = query.get("group"), _sync(request), _after(request)
    view = _view(request)
    for uid, one in view.agents.items():
        if (
            uid > after
            and (group is None or one.group == group)
            and (sync is None or one.sync is sync)
            and selector.matches(representation.labels_of(view, one))
        ):
            yield one


def _missing(request: Request) -> Iterator[MissingHost]:
    """The hosts never heard that every filter lets through, on the first page alone."""
    query = request.query_params
    if query.get("continue") or query.get("sync"):
        return
    selector, group = _selector(query.get("selector", "")), query.get("group")
    for host in _view(request).missing():
        if group in {None, host.group} and selector.matches(host.labels):
            yield host


def _selector(words: str) -> Selector:
    try:
        return labels.parse_selector(words) if words else Selector()
    except UsageError as wrong:
        raise _bad_request(wrong.message, hint=wrong.hint) from wrong


def _sync(request: Request) -> Sync | None:
    word = request.query_params.get("sync")
    try:
        return Sync(word) if word else None
    except ValueError:
        raise _bad_request(
            f"sync: no such state: {text.line(word or '', limit=64)}",
            hint="one of " + ", ".join(Sync),
        ) from None


def _after(request: Request) -> InstanceUid:
    token = request.query_params.get("continue")
    try:
        return parse_uid(token) if token else InstanceUid(b"")
    except ValueError:
        raise _bad_request(
            "continue: not a token of this API",
            hint="pass on the `continue` of the page before",
        ) from None


def _limit(request: Request) -> int:
    word = request.query_params.get("limit", str(PAGE))
    if word.isascii() and word.isdecimal() and 1 <= int(word[:9]) <= LARGEST_PAGE:
        return int(word[:9])
    raise _bad_request("limit: out of range", hint=f"from 1 to {LARGEST_PAGE}")


def _refuse_unknown(request: Request, *known: str) -> None:
    if unknown := sorted(set(request.query_params) - set(known)):
        shown = text.line(", ".join(unknown), limit=64)
        raise _bad_request(
            f"unknown query parameter: {shown}",
            hint="known here: " + (", ".join(known) or "none"),
        )


def _find(view: View, words: str) -> Agent:
    """The agent that is called this; of several with one name that which is there."""
    found = _candidates(view, words)
    here = [agent for agent in found if agent.is_reachable and _is_called(agent, words)]
    return _only(view, words, among=here if len(here) == 1 else found)


def _only(view: View, words: str, *, among: list[Agent]) -> Agent:
    match among:
        case [only]:
            return only
        case []:
            raise _not_found(view, words)
        case several:
            raise ApiError(
                f"{len(several)} agents are called {text.line(words, limit=64)}",
                status=HTTPStatus.CONFLICT,
                hint=f"name one by its uid: {_told_apart(view, several)}",
            )


def _candidates(view: View, words: str) -> list[Agent]:
    """The agent of this instance_uid, or all with this prefix of one or this name."""
    try:
        if exact := view.agents.get(parse_uid(words)):
            return [exact]
    except ValueError:
        pass  # not a whole uid, so a prefix or a name
    start = words.lower() if len(words) >= SHORTEST_PREFIX else None
    return [
        candidate
        for uid, candidate in view.agents.items()
        if _is_called(candidate, words)
        or (start is not None and format_uid(uid).startswith(start))
    ]


def _is_called(candidate: Agent, words: str) -> bool:
    return representation.name_of(candidate).lower() == words.lower()


def _told_apart(view: View, several: list[Agent]) -> str:
    """Those that are there first, then those that were heard last."""
    several.sort(key=lambda one: (not one.is_reachable, -one.last_seen))
    shown = [presence.told_apart(view, agent) for agent in several[:CANDIDATES]]
    more = len(several) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _not_found(view: View, words: str) -> ApiError:
    shown = text.line(words, limit=64)
    unheard = any(host.name.lower() == words.lower() for host in view.missing())
    return ApiError(
        f"{shown} was never heard: the inventory names it, and no agent answers to it"
        if unheard
        else f"no agent {shown}",
        status=HTTPStatus.NOT_FOUND,
        hint="list them with /api/v1/agents or `reconciler get agents`",
    )


def _bad_request(message: str, *, hint: str | None) -> ApiError:
    return ApiError(message, status=HTTPStatus.BAD_REQUEST, hint=hint)
