"""`reconciler forget agent NAME`: count an agent no more that will not return."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from reconciler.cli import client, output, verbs
from reconciler.cli.client import Client, ServerOption

HASH_DIGITS: Final = 12

app = verbs.new("Forget something that a running service remembers.")


@app.callback()
def forget() -> None:
    """Typer makes a group of nouns out of this."""


@app.command()
def agent(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Host name, instance_uid, or the start of one."
        ),
    ],
    *,
    server: ServerOption = client.SERVER,
) -> None:
    """Forget an agent that is away: its group counts it no more.

    What it failed and its last good config are forgotten with it. If it returns, it is
    an agent like any new one.
    """
    with Client(server) as service:
        document = service.forget(name)
    for line in _told(document["agent"], document["now"]):
        output.say(line)


def _told(one: dict[str, Any], now: str) -> Iterator[str]:
    away = output.age(one["disconnectedAt"], now)
    yield (
        f"forgot {one['name']} ({one['uid']}): away for {away}, it counted in "
        f"{one['group']} as {one['sync']}"
    )
    for failure in one["failures"]:
        digits = failure["hash"][:HASH_DIGITS]
        yield f"and that it failed {digits}: {failure['reason']}"
    if good := one["lastGoodHash"]:
        yield f"and its last good config, {good[:HASH_DIGITS]}"
