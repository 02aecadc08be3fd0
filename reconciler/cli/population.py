"""`--agents FILE` and `--server URL`: the agents that a change would reach.

For verbs that say how many agents something hits: `lint`, `explain`, `plan`, `render`.
Without either nothing is known of agents, and the selectors alone speak.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from reconciler.cli.client import Client
from reconciler.errors import ReconcilerError, UsageError
from reconciler.fleet import population
from reconciler.fleet.population import KnownAgent, Population
from reconciler.state.desired import Resolution, Resolver

AgentsOption = Annotated[
    Path | None,
    typer.Option(
        "--agents",
        metavar="FILE",
        help="The agents there are: saved from `reconciler get agents -o json`, a YAML "
        "list of {name, labels}, or CSV with names in the first column.",
    ),
]

# No variable of the environment: a shell that watches a service must not make the
# check of a repository depend on it.
ServerOption = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="Ask this service for its agents."),
]

LabelsOption = Annotated[
    list[str],
    typer.Option(
        "-l",
        "--labels",
        metavar="KEY=VALUE,...",
        help="The labels of the agent; can be given several times.",
    ),
]

NameOption = Annotated[
    str | None,
    typer.Option(
        "--agent",
        metavar="NAME",
        help="An agent that --agents or --server knows, instead of labels.",
    ),
]


def read(agents: Path | None, server: str | None) -> Population:
    """The agents of a file or of a running service; none without either.

    Raises:
        UsageError: Both were given.
        ReconcilerError: The file or the service cannot be read, or is no such thing.
    """
    if agents is not None and server is not None:
        raise UsageError(
            "--agents and --server both name agents", hint="give one of the two"
        )
    if server is not None:
        with Client(server) as service:
            pages = list(service.agents({}))
        document = whole(pages)
        return population.of_documents(
            document["agents"], "agents", builds=document["components"]
        )
    return population.read(_content(agents), agents.name) if agents else ()


def whole(pages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The pages of a list of agents as one document, which `--agents` reads too."""
    agents = [agent for page in pages for agent in page["agents"]]
    builds = {key: one for page in pages for key, one in page["components"].items()}
    return {**pages[0], "agents": agents, "components": builds, "continue": None}


def asked(labels: list[str], name: str | None, known: Population) -> KnownAgent:
    """The agent that is asked about: a known one, or one that carries these labels.

    Raises:
        UsageError: Both were given, or either cannot be used.
    """
    if name is None:
        given = _labels(labels)
        return KnownAgent(population.labels_text(given), given)
    if labels:
        raise UsageError(
            "-l and --agent both say whom it is about", hint="give one of the two"
        )
    return named(known, name)


def resolve(resolver: Resolver, agent: KnownAgent) -> tuple[KnownAgent, Resolution]:
    """The agent as a fleet labels it, and what it should run."""
    vouched = frozenset(agent.labels.keys() - agent.claimed)
    found = resolver.resolve(agent.labels, vouched=vouched)
    labels = {**agent.labels, **found.inventory}
    return replace(
        agent, labels=labels, claimed=agent.claimed - found.inventory.keys()
    ), found


def named(known: Population, name: str) -> KnownAgent:
    """The one agent of a name.

    Raises:
        UsageError: There is none, or there are several, or nobody is known.
    """
    if not known:
        raise UsageError(
            "--agent names one of the agents that are known, and none are",
            hint="give --agents FILE or --server URL, or labels with -l",
        )
    found = [one for one in known if one.name == name]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{len(found) or 'no'} agents are called {name}",
        hint="names are those of `reconciler get agents`",
    )


def _labels(texts: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for pair in filter(None, ",".join(texts).split(",")):
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise UsageError(
                f"`{pair}` is no label", hint="write -l key=value,other=value"
            )
        labels[key.strip()] = value.strip()
    return labels


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise ReconcilerError(
            f"{path} cannot be read: {wrong.strerror}",
            hint="save the agents of a service with `reconciler get agents -o json`",
        ) from None
