"""What the fixtures of this folder hand to a test, as types."""

from collections.abc import Callable
from typing import Protocol

from reconciler.simulator.link import Link
from reconciler.simulator.personality import Personality


class Eventually(Protocol):
    """Waits for a condition, and fails when it does not come in time."""

    async def __call__(
        self, condition: Callable[[], object], *, seconds: float = 5.0
    ) -> None: ...


class MakeLink(Protocol):
    """A link of one agent to a URL, with times that do not try one's patience."""

    async def __call__(
        self,
        url: str,
        personality: Personality = Personality.GOOD,
        *,
        heartbeat: float = 30.0,
        gzip: bool = False,
    ) -> Link: ...
