"""`/livez`, `/healthz` and `/readyz`, in the words of the Kubernetes API server.

Live means the event loop runs. Ready means every required check holds; an optional one
that fails (the forge, say) makes us degraded, which is not unready.
"""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from reconciler.web import text
from reconciler.web.view import Check, View


async def live(_request: Request) -> Response:
    """The loop runs, or this would not be answered."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """Whether to send traffic here; `?verbose` lists the checks."""
    view: View = request.app.state.view
    checks = view.checks()
    is_ready = not view.draining and all(c.ok for c in checks if c.required)
    lines = [*map(_explain, checks)] if "verbose" in request.query_params else []
    lines.append(_verdict(checks, draining=view.draining))
    return PlainTextResponse(
        "\n".join(lines) + "\n",
        status_code=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


def _explain(check: Check) -> str:
    mark = "+" if check.ok else "-" if check.required else "!"
    detail = text.line(check.detail)
    return f"[{mark}] {check.name}" + (f": {detail}" if detail else "")


def _verdict(checks: Sequence[Check], *, draining: bool) -> str:
    if draining:
        return "not ready: draining"
    if unready := [c.name for c in checks if c.required and not c.ok]:
        return "not ready: " + ", ".join(unready)
    if degraded := [c.name for c in checks if not c.ok]:
        return "ready, degraded: " + ", ".join(degraded)
    return "ready"
