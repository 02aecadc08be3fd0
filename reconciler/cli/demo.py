"""`reconciler demo`: a repository, a service and a fleet, thrown away afterwards."""

import asyncio
import shutil
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from reconciler.cli import output, repository, verbs
from reconciler.cli.client import Client
from reconciler.cli.exits import Exit
from reconciler.cli.narrator import Narrator
from reconciler.cli.process import ServiceProcess, StatusLog
from reconciler.cli.repository import Repository
from reconciler.cli.story import Story
from reconciler.errors import ReconcilerError
from reconciler.simulator.agent import SimulatedAgent
from reconciler.simulator.fleet import SimulatedFleet
from reconciler.simulator.personality import Personality
from reconciler.simulator.settings import SimulationSettings
from reconciler.simulator.supervisor import Pace

FEWEST_AGENTS: Final = 10
HTTP_SHARE: Final = 0.2
HEARTBEAT_SECONDS: Final = 2.0
PACE: Final = Pace(apply=1.0)

app = verbs.new("Watch a fleet of simulated agents follow a Git repository.")


@app.command()
def demo(
    *,
    agents: Annotated[
        int, typer.Option(min=FEWEST_AGENTS, metavar="COUNT", help="How many agents.")
    ] = 50,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave it all running until Ctrl-C.")
    ] = False,
) -> int:
    """Watch a fleet of simulated agents follow a Git repository, in under 90 s.

    Builds a repository from the example, starts a service and agents on free ports of
    this machine, and tells the story. Exit code 1 if anything did not happen.
    """
    folder = Path(tempfile.mkdtemp(prefix="reconciler-demo-"))
    try:
        uvloop.run(_run(folder, agents=agents, keep=keep))
    except ReconcilerError:
        output.talk(f"What is left of it: {folder} (service.log, fleet-repo)")
        raise
    except (KeyboardInterrupt, asyncio.CancelledError):
        shutil.rmtree(folder, ignore_errors=True)
        return Exit.INTERRUPTED
    shutil.rmtree(folder, ignore_errors=True)
    return Exit.OK


async def _run(folder: Path, *, agents: int, keep: bool) -> None:
    _end_politely_on_every_signal()
    repo = Repository.copy(
        repository.example(), folder / "fleet-repo", "Gateways and node agents"
    )
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(ServiceProcess(repo.path, folder))
        client = stack.enter_context(Client(service.http))
        simulated = await stack.enter_async_context(_simulated(service, agents))
        with Narrator(output.stdout()) as narrator:
            narrator.tell(f"a repository, a service that follows it, {agents} agents")
            story = Story(
                repo,
                client=client,
                log=StatusLog(service.log),
                fleet=DemoFleet(simulated),
                narrator=narrator,
            )
            await story.tell()
        output.say(f"\nAll of it happened, in {narrator.seconds:.0f} s.\n")
        if keep:
            output.say(_while_it_runs(repo, service))
            await asyncio.Event().wait()
    output.say(_NEXT)


def _end_politely_on_every_signal() -> None:
    """A service that outlives its demo is nobody's; SIGINT is like this by itself."""
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


class DemoFleet:
    """The simulated agents, as the story wants them."""

    def __init__(self, fleet: SimulatedFleet) -> None:
        self._fleet = fleet

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._fleet.agents)

    def drift(self, group: str) -> str:
        """Let one agent of a group of the example drift; returns its host name."""

        def is_member(agent: SimulatedAgent) -> bool:
            environment = agent.labels["deployment.environment.name"]
            return f"{agent.labels['role']}s-{environment}" == group

        for agent in self._fleet.pick(is_member):
            if self._fleet.drift(agent):
                return agent.labels["host.name"]
        raise ReconcilerError(f"no agent of {group} is up, so none can drift")


def _simulated(service: ServiceProcess, agents: int) -> SimulatedFleet:
    return SimulatedFleet(
        SimulationSettings(
            service.opamp,
            agents=agents,
            http_share=HTTP_SHARE,
            heartbeat=HEARTBEAT_SECONDS,
            pace=PACE,
            # As supervisors by default; else nobody would be sent what is to go wrong.
            mix={Personality.HIDES_COMPONENTS: 1.0},
        )
    )


def _while_it_runs(repo: Repository, service: ServiceProcess) -> str:
    return (
        f"It goes on until Ctrl-C. Commit in {repo.path}, or ask:\n"
        f"  export RECONCILER_SERVER={service.http}\n"
        f"  reconciler get agents -l role=gateway\n"
        f"  reconciler get revisions\n"
        f"  reconciler describe agent NAME\n"
        f"  curl {service.http}/metrics"
    )


_NEXT: Final = (
    "What to try next:\n"
    "  reconciler demo --keep         leave it running and commit to it yourself\n"
    "  reconciler init my-fleet       a fleet repo of your own\n"
    "  reconciler lint my-fleet       check it\n"
    "  reconciler serve --source my-fleet"
)
