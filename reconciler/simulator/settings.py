"""What a simulated fleet is made of.

Filled in by `reconciler simulate`, the demo, the benchmark and the tests; read by
`population.py` and `fleet.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reconciler.errors import UsageError
from reconciler.simulator.personality import ALL_GOOD, Personality
from reconciler.simulator.supervisor import Pace

DEFAULT_LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "role": ("gateway", "node-agent", "node-agent", "node-agent"),
        "deployment.environment.name": ("staging", "production", "production"),
    }
)
"""Attributes and the values agents draw from; a value listed twice is drawn twice as
often."""


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """A fleet to simulate; the same settings make the same agents.

    Attributes:
        server: OpAMP URL, `ws`, `wss`, `http` or `https`; without a path `/v1/opamp`.
        agents: How many.
        http_share: The part of them that polls over plain HTTP instead of a WebSocket,
            from 0 to 1; None for what the scheme of `server` says.
        mix: Shares of the personalities (`personality.parse_mix`).
        seed: Decides who is who, all names and all jitter.
        heartbeat: Seconds between messages of an agent that has nothing to say.
        labels: Over `DEFAULT_LABELS` (`parse_label`).
        pace: How long applying and failing takes.
        connects_per_second: How fast new connections are opened at the start; infinity
            for all at once.
        gzip: Compress the bodies of HTTP requests.
    """

    server: str
    agents: int = 50
    http_share: float | None = None
    mix: Mapping[Personality, float] = field(default_factory=lambda: ALL_GOOD)
    seed: int = 1
    heartbeat: float = 30.0
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    connects_per_second: float = 200.0
    gzip: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that make no fleet.

        Raises:
            UsageError: One is out of range.
        """
        if self.agents < 1:
            raise UsageError("agents must be at least 1")
        if self.heartbeat <= 0:
            raise UsageError("heartbeat must be over 0 seconds")
        if self.connects_per_second <= 0:
            raise UsageError("connects_per_second must be over 0")
        if self.http_share is not None and not 0 <= self.http_share <= 1:
            raise UsageError("http_share must be from 0 to 1")


def parse_label(text: str) -> tuple[str, tuple[str, ...]]:
    """Read `role=gateway` or `role=gateway|node-agent`: a key and its values.

    Raises:
        UsageError: There is no key or no value.
    """
    key, equals, values = text.partition("=")
    chosen = tuple(value for value in values.split("|") if value)
    if not (key and equals and chosen):
        raise UsageError(
            f"{text!r} is no label", hint="write key=value, or key=one|another"
        )
    return key, chosen
