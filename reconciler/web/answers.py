"""How this room answers: JSON documents with a version, and errors that help.

A handler returns `document(...)` or raises `ApiError`; whatever else happens, a client
never sees a trace.
"""

from http import HTTPStatus
from typing import Any, TypeAlias

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

Document: TypeAlias = dict[str, Any]
"""A JSON object as orjson takes it."""

SCHEMA_VERSION = "1"
"""Counts up when a field goes or changes its meaning; new fields do not count."""

HINTS = {
    HTTPStatus.NOT_FOUND: "the API: /api/v1/status, agents, configs, groups, revisions",
    HTTPStatus.METHOD_NOT_ALLOWED: "this API reads, and forgets agents that are "
    "away (DELETE /api/v1/agents/ID); all other changes go through Git",
}


class ApiError(Exception):
    """A request that cannot be answered as asked.

    Attributes:
        status: The HTTP status.
        hint: How to ask instead.
    """

    def __init__(
        self, message: str, *, status: HTTPStatus, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.hint = hint


class JsonResponse(Response):
    """JSON by orjson, which takes the enums of `state/` as they are."""

    media_type = "application/json"

    def render(self, content: Document) -> bytes:
        """One line, closed with a line feed for terminals."""
        return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def document(content: Document) -> JsonResponse:
    """A successful answer."""
    return JsonResponse({"schemaVersion": SCHEMA_VERSION, **content})


def error(
    message: str,
    *,
    status: HTTPStatus,
    hint: str | None = None,
    headers: dict[str, str] | None = None,
) -> JsonResponse:
    """An answer in the shape of every error of this API."""
    body = {
        "schemaVersion": SCHEMA_VERSION,
        "error": {"message": message, "hint": hint},
    }
    return JsonResponse(body, status_code=status, headers=headers)


async def answer_error(request: Request, wrong: Exception) -> Response:
    """Starlette's hook for whatever a handler or the router raised."""
    match wrong:
        case ApiError(message=message, status=status, hint=hint):
            return error(message, status=status, hint=hint)
        case HTTPException(status_code=code, headers=headers):
            status = HTTPStatus(code)
            return error(
                f"{request.method} here: {status.phrase.lower()}",
                status=status,
                hint=HINTS.get(status),
                headers=dict(headers or {}),
            )
        case _:
            return error(
                "this is a fault of the reconciler",
                status=HTTPStatus.INTERNAL_SERVER_ERROR,
                hint="its log has the details; please report them",
            )
