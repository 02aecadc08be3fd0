"""`reconciler diff AGENT`: what an agent runs against what it should run."""

from typing import Annotated, Any, Final

import typer
from rich.text import Text

from reconciler.cli import client, output, verbs
from reconciler.cli.client import Client, ServerOption
from reconciler.cli.exits import Exit
from reconciler.cli.output import Form, FormOption
from reconciler.errors import ReconcilerError

UNVERIFIABLE: Final = "unverifiable"

app = verbs.new("Show how what an agent runs differs from what it should run.")


@app.command()
def diff(
    name: Annotated[
        str,
        typer.Argument(
            metavar="AGENT", help="Host name, instance_uid, or the start of one."
        ),
    ],
    *,
    server: ServerOption = client.SERVER,
    form: FormOption = Form.TABLE,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 2 if it differs.")
    ] = False,
) -> int:
    """Show how what an agent runs differs from what it should run.

    Every difference comes with the line of the fleet repo that set our value. What an
    agent adds by itself or fills in as a default is no difference. Secrets are hidden.
    """
    with Client(server) as service:
        document = service.agent_config(name)
    if form is not Form.TABLE:
        output.data(document, form)
    else:
        _require_both(document)
        _say(document)
    if not exit_code:
        return Exit.OK
    if document["differs"]:
        return Exit.DIFFERENCES
    return Exit.ERROR if document["unconfirmed"] else Exit.OK


def _require_both(document: dict[str, Any]) -> None:
    """Nobody should take what cannot be told for no difference.

    Raises:
        ReconcilerError: One of the two is missing, or they cannot be compared.
    """
    agent = document["agent"]
    if document["desired"] is None:
        why = agent["detail"] or agent["reason"]
        raise ReconcilerError(
            f"nothing says what {agent['name']} should run: {why}",
            hint=f"`reconciler describe agent {agent['name']}` says more",
        )
    if document["effective"] is None:
        raise ReconcilerError(
            f"{agent['name']} does not report what it runs",
            hint="set `reports_effective_config: true` under `capabilities` of its "
            "supervisor",
        )
    if document["unconfirmed"] and not document["differs"]:
        raise ReconcilerError(
            f"nobody can tell whether {agent['name']} runs what it should run: "
            f"{document['unconfirmed']}",
            hint="`-o json` has both configs, as far as they can be shown",
        )


def _say(document: dict[str, Any]) -> None:
    differences = document["differences"]
    told = [one for one in differences if one["verdict"] != UNVERIFIABLE]
    if told:
        headers = ("VERDICT", "PLACE", "SHOULD RUN", "RUNS", "SET AT")
        output.table(headers, map(_row, told))
    else:
        output.say(Text(f"{document['agent']['name']} runs what it should run"))
    if document["unconfirmed"]:
        output.talk(f"not all could be compared: {document['unconfirmed']}")
    if hidden := len(differences) - len(told):
        output.talk(f"{hidden} values cannot be verified: the Collector fills them in")


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    cells = (one["desired"], one["effective"], one["setAt"])
    return (one["verdict"], one["place"], *(cell or "-" for cell in cells))
