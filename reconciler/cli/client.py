"""The JSON API of a running service, as commands and the demo ask it."""

import ipaddress
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Annotated, Any, Final, Self
from urllib.parse import quote

import httpx2
import orjson
import typer

from reconciler.errors import ReconcilerError, UsageError

SERVER: Final = "http://127.0.0.1:8080"
SECONDS: Final = 15.0
PAGE: Final = 1000

ServerOption = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="URL",
        envvar="RECONCILER_SERVER",
        help="The service to ask.",
    ),
]


class Client:
    """One service; use it as a context manager.

    Every method raises `ReconcilerError` when the service cannot be reached, refuses,
    or is no reconciler, with what it said and how to mend it.
    """

    def __init__(self, server: str) -> None:
        self._server = server.rstrip("/")
        try:
            url = httpx2.URL(self._server)
        except httpx2.InvalidURL as wrong:
            raise UsageError(f"{server!r} is no URL: {wrong}") from None
        if url.scheme not in {"http", "https"} or not url.host:
            raise UsageError(
                f"{server!r} is not the URL of a service", hint=f"such as {SERVER}"
            )
        # A proxy of the environment does not know our loopback.
        self._http = httpx2.Client(
            base_url=url, timeout=SECONDS, trust_env=not _is_loopback(url.host)
        )

    def __enter__(self) -> Self:
        """Nothing is sent yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        wrong: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: str | int | None) -> dict[str, Any]:
        """One document of `/api/v1`; parameters that are None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", path, given)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str | int]
    ) -> dict[str, Any]:
        try:
            response = self._http.request(method, f"/api/v1/{path}", params=query)
        except httpx2.TransportError as wrong:
            raise ReconcilerError(
                f"no answer from {self._server}: {_why(wrong)}",
                hint="start a service with `reconciler serve --source ...`, or name "
                "another with --server or RECONCILER_SERVER",
            ) from None
        return self._document(response)

    def agents(self, query: Mapping[str, str | None]) -> Iterator[dict[str, Any]]:
        """Every page of agents that the filters let through."""
        token: str | None = ""
        while token is not None:
            words = {**query, "continue": token or None}
            page = self.get("agents", limit=PAGE, **words)
            yield page
            token = page["continue"]

    def agent(self, name: str) -> dict[str, Any]:
        """One agent by uid, prefix of a uid, or name."""
        return self.get("agents/" + quote(name, safe=""))

    def forget(self, name: str) -> dict[str, Any]:
        """Forget an agent that is away, named as in `agent`; what was known of it."""
        return self._ask("DELETE", "agents/" + quote(name, safe=""), {})

    def agent_config(self, name: str) -> dict[str, Any]:
        """What an agent should run beside what it runs; named as in `agent`."""
        return self.get("agents/" + quote(name, safe="") + "/config")

    def _document(self, response: httpx2.Response) -> dict[str, Any]:
        try:
            document = orjson.loads(response.content)
            if response.is_success and "schemaVersion" in document:
                return dict(document)
            error = document["error"]
            message, hint = str(error["message"]), error["hint"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise ReconcilerError(
                f"{self._server} is no reconciler: it answered {response.status_code} "
                "without a document of ours",
                hint="--server takes the address of --listen, not of --opamp-listen",
            ) from None
        if response.status_code == httpx2.codes.BAD_REQUEST:
            raise UsageError(message, hint=hint)
        raise ReconcilerError(message, hint=hint)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(wrong: httpx2.TransportError) -> str:
    if isinstance(wrong, httpx2.TimeoutException):
        return f"nothing came within {SECONDS:g} s"
    return str(wrong) or type(wrong).__name__
