"""`reconciler get agents|configs|groups|revisions`: lists from a running service."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from reconciler.cli import client, output, population, verbs
from reconciler.cli.client import Client, ServerOption
from reconciler.cli.output import Form, FormOption

SHORT_COMMIT: Final = 7
HASH_DIGITS: Final = 12
ABSENCES: Final = {"disconnected": "away", "missing": "missing"}
"""What stands for the health of an agent that is not there."""

app = verbs.new("List agents, configs, groups or revisions of a running service.")


@app.callback()
def get() -> None:
    """Typer makes a group of nouns out of this."""


@app.command()
def agents(
    *,
    server: ServerOption = client.SERVER,
    selector: Annotated[
        str | None,
        typer.Option(
            "-l",
            "--selector",
            help="Labels as for kubectl: role=gateway,env in (prod,stage),!canary.",
        ),
    ] = None,
    group: Annotated[str | None, typer.Option(help="Only agents of a group.")] = None,
    sync: Annotated[
        str | None, typer.Option(help="Only agents in a state, such as Failed.")
    ] = None,
    form: FormOption = Form.TABLE,
) -> None:
    """List agents, and hosts never heard: where they stand, since when and why."""
    query = {"selector": selector, "group": group, "sync": sync}
    with Client(server) as service:
        pages = list(service.agents(query))
    found = [agent for page in pages for agent in page["agents"]]
    if form is not Form.TABLE:
        output.data(population.whole(pages), form)
        return
    rows = [_agent_row(agent, pages[0]["now"]) for agent in found]
    rows += [_missing_row(host) for host in pages[0].get("missing", ())]
    rows.sort(key=lambda row: (row[1], row[0]))  # by group and name
    output.table(("NAME", "GROUP", "SYNC", "HEALTH", "SINCE", "WHY"), rows)
    if not rows:
        output.talk("no agents" + (" like that" if any(query.values()) else " yet"))


@app.command()
def configs(
    *, server: ServerOption = client.SERVER, form: FormOption = Form.TABLE
) -> None:
    """List the distinct configs that agents should run: made of what, and for whom."""
    with Client(server) as service:
        document = service.get("configs")
    if form is not Form.TABLE:
        output.data(document, form)
        return
    output.table(
        ("HASH", "AGENTS", "SYNCED", "GROUPS", "DOCUMENTS"),
        map(_config_row, document["configs"]),
    )
    if without := document["agentsWithout"]:
        output.talk(f"{without} agents have none: `get agents` says why")


@app.command()
def groups(
    *, server: ServerOption = client.SERVER, form: FormOption = Form.TABLE
) -> None:
    """List groups: whether the commit in force is green for each."""
    with Client(server) as service:
        document = service.get("groups")
    if form is not Form.TABLE:
        output.data(document, form)
        return
    output.table(
        ("GROUP", "STATE", "AGENTS", "DESCRIPTION"),
        [
            (one["name"], one["state"], str(one["agents"]), one["description"])
            for one in document["groups"]
        ],
    )
    if not document["groups"]:
        output.talk("no groups: no revision is in force yet")


@app.command()
def revisions(
    *,
    server: ServerOption = client.SERVER,
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help="How many, newest first.")
    ] = 10,
    form: FormOption = Form.TABLE,
) -> None:
    """List revisions with the commit status of every group."""
    with Client(server) as service:
        document = service.get("revisions", limit=limit)
    if form is not Form.TABLE:
        output.data(document, form)
        return
    output.table(
        ("COMMIT", "SEEN", "REVISION", "CONTEXT", "STATUS", "DESCRIPTION"),
        [
            row
            for one in document["revisions"]
            for row in _revision_rows(one, document["now"])
        ],
    )
    if not document["revisions"]:
        output.talk("no revisions yet")


def _agent_row(agent: dict[str, Any], now: str) -> tuple[str, ...]:
    health = "healthy" if agent["healthy"] else "unhealthy"
    why = agent["reason"] + (f": {agent['detail']}" if agent["detail"] else "")
    until = agent.get("forgottenAt")
    if until is not None:
        away = output.age(agent["disconnectedAt"], now)
        why = f"away {away}, counts {output.age(now, until)} more; {why}"
    return (
        agent["name"],
        agent["group"],
        agent["sync"],
        ABSENCES.get(agent["presence"], health),
        output.age(agent["since"], now),
        why,
    )


def _missing_row(host: dict[str, Any]) -> tuple[str, ...]:
    why = "the inventory names it; never heard"
    return host["name"], host["group"], "Missing", "missing", "-", why


def _config_row(config: dict[str, Any]) -> tuple[str, ...]:
    shares = (f"{name} {count}" for name, count in config["groups"].items())
    return (
        config["hash"][:HASH_DIGITS],
        str(config["agents"]),
        str(config["synced"]),
        ", ".join(shares),
        " < ".join(config["documents"]) or "-",
    )


def _revision_rows(revision: dict[str, Any], now: str) -> Iterator[tuple[str, ...]]:
    """One line a context, each complete, so that grep and awk can take any."""
    commit = revision["commit"].removeprefix("folder:")[:SHORT_COMMIT]
    start = (commit, output.age(revision["seenAt"], now), revision["state"])
    if not revision["statuses"]:
        yield (*start, "-", "-", revision["message"])
    for status in revision["statuses"]:
        yield (*start, status["context"], status["state"], status["description"])
