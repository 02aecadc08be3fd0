"""The entry point: `reconciler VERB …`.

A verb lives in the module of its name, which is imported when the verb is called; so
`reconciler --help` and a typing error cost no database, Git or web library. Everything
that goes wrong ends here, as words on stderr and an exit code.
"""

import keyword
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

import reconciler
from reconciler.cli import output
from reconciler.cli.exits import Exit
from reconciler.errors import ReconcilerError, UsageError

PANELS = {
    "Run": {
        "serve": "Follow a fleet repo and drive the agents that connect.",
        "demo": "Watch a fleet of simulated agents follow a Git repository (90 s).",
        "simulate": "Connect simulated agents to a service.",
    },
    "Write a fleet repo": {
        "init": "Write a fleet repo to start from.",
        "import": "Make a fleet repo of the configs you have.",
        "lint": "Check a fleet repo, or any Collector config; every fault in place.",
        "test": "Run the tests of a fleet repo.",
        "render": "Show the config that an agent with given labels would get.",
        "explain": "Show who set a value of a config, and whom it overrode.",
        "plan": "Show what a change of the fleet repo would do to the agents.",
        "schema": "Print the JSON Schema of a kind of document, for editors.",
    },
    "Ask a running service": {
        "get": "List agents, groups, configs or revisions.",
        "describe": "Show all there is to know about one agent.",
        "forget": "Forget an agent that is away and will not return.",
        "diff": "Show how what an agent runs differs from what it should run.",
    },
}

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    name="reconciler",
    help="GitOps for OpenTelemetry Collector fleets: a commit is green when, and only "
    "when, the fleet runs it.",
    epilog="Exit codes: 0 ok, 1 error, 2 differences (with --exit-code), 3 findings, "
    "64 wrong usage, 130 interrupted.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)


def run() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code."""
    try:
        code = app(list(arguments), prog_name="reconciler", standalone_mode=False)
    except typer.TyperException as wrong:
        output.error(wrong.format_message(), hint=_help_of(wrong))
        return Exit.USAGE
    except ReconcilerError as wrong:
        output.error(str(wrong), hint=wrong.hint)
        return Exit.USAGE if isinstance(wrong, UsageError) else Exit.ERROR
    return int(code or Exit.OK)


@app.callback()
def top(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.")
    ] = False,
) -> None:
    """What comes before the verb."""
    if version:
        print(f"reconciler {reconciler.__version__}")  # noqa: T201 - data goes to stdout
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())  # noqa: T201 - asked for by giving no verb
        raise typer.Exit


def _pass_on(context: typer.Context) -> int:
    """Import the verb's module and let it read the rest of the command line."""
    name = str(context.info_name)
    module = f"{name}_" if keyword.iskeyword(name) else name
    verb = import_module(f"reconciler.cli.{module}")
    code: int | None = verb.app(
        context.args, prog_name=context.command_path, standalone_mode=False
    )
    return code or Exit.OK


def _help_of(wrong: typer.TyperException) -> str:
    context = getattr(wrong, "ctx", None)
    path = context.command_path if context else "reconciler"
    return f"`{path} --help` shows what it takes"


for panel, verbs in PANELS.items():
    for name, summary in verbs.items():
        app.command(
            name,
            help=summary,
            rich_help_panel=panel,
            add_help_option=False,
            context_settings=PASS_ON,
        )(_pass_on)
