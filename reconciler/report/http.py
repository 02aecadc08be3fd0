"""Carries requests to a forge and brings its answers: the one place with a socket.

Used by `forge.py`. The status line decides: a body that breaks off is kept as far as it
came. Deadlines are absolute, bodies are capped and not decoded, redirects are followed
on the same host alone, and no error holds a header.
"""

import asyncio
from dataclasses import replace

import httpx2

import reconciler
from reconciler.errors import Waiting
from reconciler.report.exchange import Request, Response

DEADLINE = 15.0
"""Seconds for one request and its answer, trickling answers included."""

REDIRECTS = 3
_REDIRECTING = frozenset({301, 302, 307, 308})


class Http:
    """A pool of connections; close it with `aclose`."""

    def __init__(self) -> None:
        self._client = httpx2.AsyncClient(
            timeout=DEADLINE,
            follow_redirects=False,
            headers={
                "User-Agent": f"opamp-reconciler/{reconciler.__version__}",
                "Accept-Encoding": "identity",
            },
        )

    async def send(self, request: Request) -> Response:
        """One exchange, redirects included: forges repeat the request verbatim.

        Raises:
            Waiting: No answer came, and why.
        """
        host = httpx2.URL(request.url).host
        try:
            async with asyncio.timeout(DEADLINE):
                return await self._follow(request)
        except (TimeoutError, httpx2.TimeoutException):
            raise Waiting(f"{host} did not answer in {DEADLINE:.0f} s") from None
        except httpx2.ConnectError as error:
            raise Waiting(f"{host} cannot be reached: {error}") from None
        except httpx2.TransportError as error:
            # Not its text: a protocol error may quote the header it did not like.
            kind = type(error).__name__
            raise Waiting(f"the connection to {host} broke off ({kind})") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _follow(self, request: Request) -> Response:
        for _ in range(REDIRECTS):
            response = await self._exchange(request)
            target = _target(request, response)
            if target is None:
                return response
            request = replace(request, url=target)
        return await self._exchange(request)

    async def _exchange(self, request: Request) -> Response:
        async with self._client.stream(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body,
        ) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Response(
                answer.status_code, headers, await _body(answer, request.most)
            )


async def _body(answer: httpx2.Response, most: int) -> bytes:
    body = b""
    try:
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) >= most:
                break
    except httpx2.TransportError:
        pass
    return body[:most]


def _target(request: Request, response: Response) -> str | None:
    """Where a redirect leads, if it stays on the host that the token is for."""
    location = response.headers.get("location")
    if response.status not in _REDIRECTING or location is None:
        return None
    here = httpx2.URL(request.url)
    try:
        there = here.join(location)
    except httpx2.InvalidURL:
        return None
    same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    return str(there) if same else None
