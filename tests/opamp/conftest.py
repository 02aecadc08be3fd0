import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
import uvloop

from reconciler.opamp.limits import Limits
from reconciler.opamp.server import Address, OpampServer
from tests.opamp.running import Running


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    # The product runs on uvloop where there is one; transports differ in details.
    del config, item
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


Listen = Callable[..., Awaitable[Running]]


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Starts servers with the limits that are named, on free ports."""
    servers: list[OpampServer] = []

    async def start(**limits: float) -> Running:
        running = Running()
        running.server = OpampServer(
            Address("127.0.0.1", 0),
            limits=Limits(**limits),  # type: ignore[arg-type] # ints and floats by name
            report=running.report,
            closed=running.note_closed,
        )
        servers.append(running.server)
        running.port = (await running.server.start()).port
        return running

    yield start
    for server in servers:
        async with asyncio.timeout(10):
            await server.stop()
