"""The ASGI application of the people's port: API, health, metrics.

`service.py` makes it once and serves it with `server.WebServer`.
"""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from reconciler.web import answers, api, guards, health, metrics
from reconciler.web.answers import ApiError
from reconciler.web.view import View

ROUTES = (
    Route("/healthz", health.live),
    Route("/livez", health.live),
    Route("/readyz", health.ready),
    Route("/metrics", metrics.scrape),
    Route("/api/v1/status", api.status),
    Route("/api/v1/groups", api.groups),
    Route("/api/v1/revisions", api.revisions),
    Route("/api/v1/agents", api.agents),
    Route("/api/v1/agents/{id}", api.agent, methods=["GET", "DELETE"]),
    Route("/api/v1/agents/{id}/config", api.agent_config),
    Route("/api/v1/configs", api.configs),
)


def create_app(view: View) -> ASGIApp:
    """The application over a view, which is asked on the event loop alone."""
    app = Starlette(
        routes=ROUTES,
        exception_handlers=dict.fromkeys(
            (ApiError, HTTPException, Exception), answers.answer_error
        ),
    )
    app.state.view = view
    app.state.registry = metrics.registry_of(view)
    return guards.SecurityHeaders(guards.NoPages(app))
