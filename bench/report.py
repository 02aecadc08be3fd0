"""What `fleet.py` measured, in lines for people."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench import machine

BOUND_KIB = 3 * 8.6
BOUND_MICROSECONDS = 3 * 39
"""Three times a transport that holds no state of agents at all."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure with."""

    agents: int
    http_share: float
    seed: int


@dataclass(slots=True)
class Measured:
    """What was found; times in seconds, memory in KiB.

    Attributes:
        apply: What every agent takes to apply a config.
        poll: Between two requests of an agent without a WebSocket.
        look: Between two looks of the service at the repository.
    """

    apply: float
    poll: float
    look: float
    connect: float = 0.0
    converge: float = 0.0
    kib_before: int = 0
    kib_after: int = 0
    follow_pushed: float = 0.0
    follow_all: float = 0.0
    follow_green: float = 0.0
    beats: int = 0
    beat_cpu: float = 0.0
    beat_cpu_here: float = 0.0
    down: float = 0.0
    back: float = 0.0
    told_to_wait: int = 0
    offers_after: int = 0


@dataclass(slots=True)
class Churned:
    """What churn costs: seconds from a commit to green.

    Attributes:
        share: Of the agents concerned, those that restart under new uids.
        patience: With an agent over HTTP that does not speak any more.
        calm: Without churn.
        pushed: While agents with a WebSocket restart.
        polling: While agents over HTTP restart.
        back: From listening, when all kinds restarted while the service was down.
    """

    share: float
    patience: float
    calm: float = 0.0
    pushed: float = 0.0
    polling: float = 0.0
    back: float = 0.0


def show(options: Options, found: Measured, churned: Churned) -> None:
    """Print every figure, and what it was measured on."""
    print(
        f"\n{options.agents:,} agents, {options.http_share:.0%} over HTTP, "
        f"seed {options.seed}; every figure checked against the agents\n"
    )
    rows = (*_rows(options.agents, found), *_rows_of_churn(churned))
    for name, value, *details in rows:
        print(f"  {name:<22}{value:>16}   {'; '.join(details)}")
    print("\n" + "\n".join(f"  {line}" for line in machine.describe()))


def _rows(agents: int, found: Measured) -> Iterator[tuple[str, ...]]:
    yield (
        "connect",
        f"{agents / found.connect:,.0f} agents/s",
        f"all connected after {found.connect:.2f} s",
    )
    yield (
        "connect and converge",
        f"{agents / found.converge:,.0f} agents/s",
        f"all Synced after {found.converge:.2f} s",
        f"applying takes {found.apply:g} s of it",
    )
    before, after = found.kib_before / 1024, found.kib_after / 1024
    yield (
        "memory",
        f"{1024 * (after - before) / agents:.1f} KiB an agent",
        f"bound {BOUND_KIB:.1f}",
        f"the service went from {before:.0f} to {after:.0f} MiB",
    )
    yield (
        "heartbeat",
        f"{found.beat_cpu / found.beats * 1e6:.0f} us of CPU",
        f"bound {BOUND_MICROSECONDS}",
        f"over {found.beats:,} beats",
        f"an agent's side costs {found.beat_cpu_here / found.beats * 1e6:.0f} us",
    )
    yield (
        "commit to last agent",
        f"{found.follow_pushed:.2f} s",
        "over WebSockets",
        f"with those that poll every {found.poll:g} s {found.follow_all:.2f} s",
        f"green after {found.follow_green:.2f} s",
        f"the service looks every {found.look:g} s",
    )
    yield (
        "restart",
        f"{found.back:.2f} s",
        "from listening to all Synced",
        f"{found.offers_after} offers",
        f"away for {found.down:.2f} s",
        f"{found.told_to_wait:,} agents told to come back later",
    )


def _rows_of_churn(found: Churned) -> Iterator[tuple[str, ...]]:
    yield (
        "churn amid a commit",
        f"{found.pushed / found.calm:.1f} times",
        f"{found.share:.0%} of the agents with a WebSocket restart under new uids",
        f"green after {found.pushed:.2f} s, without churn after {found.calm:.2f} s",
    )
    yield (
        "churn over HTTP",
        f"{found.polling:.2f} s",
        f"the same of those that poll; {found.patience:g} s of silence tell it",
    )
    yield (
        "churn while down",
        f"{found.back:.2f} s",
        f"from listening to green, {found.share:.0%} of all came under new uids",
    )
