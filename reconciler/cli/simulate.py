"""`reconciler simulate`: agents over real sockets, with live figures until Ctrl-C."""

import asyncio
import signal
import time
from typing import Annotated, Final

import typer
import uvloop
from rich.live import Live
from rich.table import Table

from reconciler.cli import output, verbs
from reconciler.cli.exits import Exit
from reconciler.errors import UsageError
from reconciler.fleet.syntax import durations
from reconciler.simulator import personality
from reconciler.simulator import settings as simulation
from reconciler.simulator.figures import Figures
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import SimulationSettings

SERVER: Final = "ws://127.0.0.1:4320/v1/opamp"
LIVE_SECONDS: Final = 0.25
LINE_SECONDS: Final = 5.0

app = verbs.new("Connect simulated agents to a service.")


@app.command()
def simulate(
    *,
    server: Annotated[
        str,
        typer.Option(metavar="URL", help="OpAMP endpoint: ws, wss, http or https."),
    ] = SERVER,
    agents: Annotated[int, typer.Option(min=1, metavar="COUNT", help="How many.")] = 50,
    http_share: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="Part of them that polls over plain HTTP. Default: as the URL says.",
        ),
    ] = None,
    mix: Annotated[
        str,
        typer.Option(
            metavar="NAME=SHARE,...",
            help="How they behave; the rest is good. Names: " + ", ".join(Personality),
        ),
    ] = "",
    label: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=VALUE|VALUE",
            help="Attribute that they report, drawn from the values; can be given "
            "several times.",
        ),
    ] = [],  # noqa: B006 - Typer's way to say that there may be several
    heartbeat: Annotated[
        str, typer.Option(metavar="DURATION", help="Time between two heartbeats.")
    ] = "30s",
    rate: Annotated[
        float,
        typer.Option(
            min=1.0, metavar="COUNT", help="New connections a second at the start."
        ),
    ] = 200.0,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="Same seed, same agents.")
    ] = 1,
) -> int:
    """Connect simulated agents to a service, and show how they fare until Ctrl-C.

    Exit code 1 when the service broke the OpAMP specification towards them.
    """
    settings = SimulationSettings(
        server,
        agents=agents,
        http_share=http_share,
        mix=personality.parse_mix(mix),
        seed=seed,
        heartbeat=_seconds(heartbeat),
        labels=dict(map(simulation.parse_label, label)),
        connects_per_second=rate,
    )
    violations = uvloop.run(_run(settings)).violations
    for rule, count in sorted(violations.items()):
        output.error(f"the service broke a rule {count} times: {rule}")
    return Exit.ERROR if violations else Exit.OK


async def _run(settings: SimulationSettings) -> Figures:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with SimulatedFleet(settings) as fleet:
        if output.stdout().is_terminal:
            await _show_live(fleet, stop)
        else:
            await _print_lines(fleet, stop)
        output.talk("saying goodbye")
    return fleet.figures


async def _show_live(fleet: SimulatedFleet, stop: asyncio.Event) -> None:
    before, then = fleet.figures, time.monotonic()
    with Live(console=output.stdout(), auto_refresh=False) as live:
        while not await _stopped(stop, LIVE_SECONDS):
            figures, now = fleet.figures, time.monotonic()
            live.update(_table(figures, before, now - then), refresh=True)
            before, then = figures, now


async def _print_lines(fleet: SimulatedFleet, stop: asyncio.Event) -> None:
    while True:
        stopped = await _stopped(stop, LINE_SECONDS)
        output.say(_line(fleet.figures))
        if stopped:
            return


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _line(now: Figures) -> str:
    return (
        f"connected {now.connected}/{now.agents}, healthy {now.healthy}, "
        f"offers {now.offers}, applied {now.applied}, failed {now.failed}, "
        f"configs {len(now.running)}, lost {now.traffic.lost}, "
        f"refused {now.traffic.refused}"
    )


def _table(now: Figures, before: Figures, seconds: float) -> Table:
    sent = (now.traffic.messages_out - before.traffic.messages_out) / seconds
    received = (now.traffic.messages_in - before.traffic.messages_in) / seconds
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_row("connected", f"{now.connected} of {now.agents}")
    table.add_row("healthy", f"{now.healthy}")
    for outcome, count in sorted(now.outcomes.items(), key=lambda item: item[0].value):
        table.add_row(outcome.value, f"{count}")
    table.add_row("offers", f"{now.offers}, of {len(now.running)} configs that run")
    table.add_row("messages", f"{sent:.0f}/s out, {received:.0f}/s in")
    table.add_row("lost", f"{now.traffic.lost} connections")
    table.add_row("refused", f"{now.traffic.refused}")
    table.add_row("unreachable", f"{now.traffic.unreachable}")
    return table


def _seconds(text: str) -> float:
    try:
        return durations.parse_duration(text)
    except ValueError as wrong:
        raise UsageError(f"--heartbeat: {wrong}", hint="such as 30s") from None
